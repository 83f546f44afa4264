"""Pictures as a phone uploads them."""

import io

import PIL.Image

KINDS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def picture(mime: str, **options: object) -> bytes:
    """40 by 30 pixels of a gradient."""
    drawn = PIL.Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    written = io.BytesIO()
    drawn.save(written, KINDS[mime], **options)
    return written.getvalue()
