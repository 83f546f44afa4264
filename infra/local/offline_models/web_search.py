"""Brave's search of the web, as far as the product asks it, with two pages of each host that a question names.

It refuses what Brave refuses (parameters and operators: https://api-dashboard.search.brave.com/documentation), in the
form that https://github.com/egoist/chatwise-releases/issues/936 and nearai/ironclaw/issues/2780 quote.
"""

import re
import time
import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse

PATH = "/brave/res/v1/web/search"
PARAMETERS = {"q", "count", "result_filter"}
_SITE = re.compile(r"site:([a-z0-9.-]+)")


async def search(request: Request) -> JSONResponse:
    if not request.headers.get("x-subscription-token"):
        return _refused("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
    asked = request.query_params
    question, count = asked.get("q", ""), asked.get("count", "20")
    fits = 1 <= len(question) <= 400 and len(question.split()) <= 50
    if not fits or not count.isdigit() or not 1 <= int(count) <= 20 or set(asked) - PARAMETERS:
        return _refused("VALIDATION", "Unable to validate request parameter(s)")
    hosts = _SITE.findall(question)
    # As a search engine has it: what was not asked for comes, too.
    pages = [
        _page(f"https://{host}/{path}") for host in [*hosts, "elsewhere.example"] for path in ("guide", "list?page=2")
    ]
    return JSONResponse({"type": "search", "web": {"type": "search", "results": pages[: int(count)]}})


def _page(url: str) -> dict[str, object]:
    title, description = "A page <strong>found</strong>", "What stands in it &amp; where."
    return {"type": "search_result", "url": url, "title": title, "description": description, "family_friendly": True}


def _refused(code: str, detail: str) -> JSONResponse:
    error = {"id": str(uuid.uuid4()), "status": 422, "code": code, "detail": detail, "meta": {}}
    return JSONResponse({"type": "ErrorResponse", "error": error, "time": int(time.time())}, 422)
