"""Run in the environment of peers: each file of a folder, read by a peer, as JSON by its name.

`python peer_readers.py PEER FOLDER`
"""

import contextlib
import importlib
import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def markitdown() -> Callable[[Path], str]:
    reader: Any = importlib.import_module("markitdown").MarkItDown(enable_plugins=False)
    return lambda path: str(reader.convert(str(path)).text_content)


def trafilatura() -> Callable[[Path], str]:
    extract: Any = importlib.import_module("trafilatura").extract
    return lambda path: extract(path.read_bytes(), output_format="markdown", include_tables=True) or ""


def pypdf() -> Callable[[Path], str]:
    reader: Any = importlib.import_module("pypdf").PdfReader
    return lambda path: "\n\n".join(page.extract_text() for page in reader(str(path)).pages)


KINDS = {"trafilatura": {".html"}, "pypdf": {".pdf"}}


def main() -> None:
    logging.disable()
    name, folder = sys.argv[1], Path(sys.argv[2])
    read = {"markitdown": markitdown, "trafilatura": trafilatura, "pypdf": pypdf}[name]()
    found = {}
    for path in sorted(folder.iterdir()):
        if name in KINDS and path.suffix not in KINDS[name]:
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                found[path.name] = read(path)
            except Exception as fault:  # noqa: BLE001 - what a peer cannot read is lost
                found[path.name] = f"(fault of {type(fault).__name__})"
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
