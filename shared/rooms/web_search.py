"""Searches the web for agents by Brave's API, within the hosts that the operator allowed, where there is a key for it.

https://api-dashboard.search.brave.com/documentation: a question has at most 400 characters and 50 words, an answer at
most 20 results, and `site:` names a host. What an agent asks for leaves to Brave: docs/settings.md tells the operator.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import unescape

import httpx
from pydantic import BaseModel, ValidationError

from shared.llm.catalogue import Cost
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.process import keep
from shared.platform.secrets import forget_secret, read_secret
from shared.platform.tls import trusted
from shared.rooms.tools import WebSettings
from shared.rooms.web_pages import may_read
from shared.safety.markup import strip_markup

MAX_CHARACTERS, MAX_WORDS = 400, 50
ASKED_FOR = 20  # results, of which others than those of the hosts go
MAX_RESULTS = 8  # that an agent is told
MAX_TEXT = 400  # characters of a title, or of what stands in a page
MAX_WAIT = 2  # seconds for which an agent waits where too many ask at once
TIMEOUT = httpx.Timeout(5.0, connect=2.0)


class Result(BaseModel, frozen=True):
    url: str
    title: str = ""
    description: str = ""

    @property
    def lines(self) -> str:
        said = (unescape(strip_markup(text))[:MAX_TEXT] for text in (self.title, self.description))
        return "\n".join([self.url, *said])


class _Results(BaseModel):
    results: list[Result] = []


class _Answer(BaseModel):
    web: _Results | None = None  # left out where nothing was found


@dataclass(frozen=True)
class Found:
    """What was found. `cost` is that of the question, whatever came of it."""

    results: list[Result]
    cost: Cost


def search(query: str, hosts: Sequence[str]) -> Found:
    """Pages of these hosts that an agent may read; none in an answer that nobody understands, which is paid as well.

    Raises UnavailableError where Brave does not answer.
    """
    asked = {"q": asked_within(query, hosts), "count": str(ASKED_FOR), "result_filter": "web"}
    response = _asked(asked)
    if response.status_code == 429 and (wait := _wait(response.headers)) is not None:
        time.sleep(wait)
        response = _asked(asked)
    if not response.is_success:
        _note(response.status_code, settings.load(WebSettings).web_search_key_parameter)
        raise UnavailableError
    return Found([each for each in _read(response) if may_read(each.url, hosts)][:MAX_RESULTS], price())


def _asked(asked: Mapping[str, str]) -> httpx.Response:
    configured = settings.load(WebSettings)
    try:
        key = read_secret(configured.web_search_key_parameter)
        headers = {"accept": "application/json", "x-subscription-token": key}
        return _client().get(configured.web_search_url, params=asked, headers=headers)
    except httpx.HTTPError as fault:
        log_fault("the search of the web did not answer", fault)
        raise UnavailableError from None


def _wait(headers: httpx.Headers) -> float | None:
    """Seconds until it may be asked again; None where that is too long. Brave counts by the second, and by the month.

    https://api-dashboard.search.brave.com/documentation/guides/rate-limiting; a limit of 0 is none.
    """
    limits, remaining, resets = (
        [int(number) for number in re.findall(r"\d+", headers.get(f"x-ratelimit-{name}", ""))]
        for name in ("limit", "remaining", "reset")
    )
    windows = zip(limits, remaining, resets, strict=False)
    longest = max((reset for limit, left, reset in windows if limit and not left), default=1)
    return float(longest) if longest <= MAX_WAIT else None


def asked_within(query: str, hosts: Sequence[str]) -> str:
    """The question for these hosts alone, as far as Brave takes so many; what is of others is left out in any case."""
    words = query.split()
    sites = f"({' OR '.join(f'site:{host}' for host in hosts)})".split()
    if len(words) + len(sites) <= MAX_WORDS and len(" ".join([*words, *sites])) <= MAX_CHARACTERS:
        words += sites
    return " ".join(words[:MAX_WORDS])[:MAX_CHARACTERS]


def price() -> Cost:
    """Of one question, where the operator has said what a thousand cost."""
    dollars = settings.load(WebSettings).web_search_dollars
    return Cost((dollars or Decimal(0)) / 1000, complete=dollars is not None)


def _read(response: httpx.Response) -> list[Result]:
    try:
        found = _Answer.model_validate_json(response.content).web
    except ValidationError as fault:
        log_fault("the search of the web said what nobody understands", fault)
        return []
    return found.results if found else []


def _note(status: int, key_parameter: str) -> None:
    logger.warning("the search of the web refused a question", status=status)
    if status in (401, 403, 422):  # the last one is also what Brave says of a key that it does not know
        forget_secret(key_parameter)  # perhaps it has been replaced


@keep
def _client() -> httpx.Client:
    return httpx.Client(verify=trusted(), timeout=TIMEOUT)
