"""Documents that a client saves as a file."""

import gzip

from fastapi import Response
from pydantic import BaseModel


def download(document: BaseModel, filename: str, accept_encoding: str) -> Response:
    """JSON as an attachment, compressed for who takes it: a function's answer may have 6 MB at most."""
    content = document.model_dump_json().encode()
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding.lower():
        content = gzip.compress(content)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type="application/json", headers=headers)
