"""OpenAI's free moderation of what a user says, asked beside the model: does it speak of self-harm?

https://developers.openai.com/api/docs/guides/moderation
"""

import threading
import time

from shared.llm.client import as_object
from shared.llm.providers import Model, client_of, is_openai_itself, timeout
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import logger

MODEL = "omni-moderation-latest"
# Of the categories that are about the speaker. Their scores are calibrated to the likelihood of a match
# (https://openai.com/index/upgrading-the-moderation-api-with-our-new-multimodal-moderation-model/): from here on it is
# likelier meant than not. `self-harm` alone also names what is only talked about.
CATEGORIES = ("self-harm/intent", "self-harm/instructions")
THRESHOLD = 0.5
GRACE = 1.0  # seconds that an answer's first word waits for it; a model's first sentence takes as long
MAX_SECONDS = 10.0  # after which nobody listens


class Moderation:
    """One question's. Whatever fails in it, nothing is said; what comes late still counts while the turn runs.

    As long as nobody is asked, there is nothing to wait for.
    """

    def __init__(self) -> None:
        self.says_self_harm = False
        self._is_asked = False
        self._over = threading.Event()
        self._over.set()
        self._until = 0.0

    def ask(self, text: str, models: list[Model], deadline: Deadline, keep: float) -> None:
        """Once, where OpenAI itself is asked first, in a thread of its own."""
        if self._is_asked or not is_wanted(models):
            return
        self._is_asked = True
        self._over.clear()
        self._until = time.monotonic() + GRACE
        seconds = min(MAX_SECONDS, deadline.remaining(keep))
        threading.Thread(target=self._ask, args=(text, seconds), daemon=True).start()

    @property
    def is_awaited(self) -> bool:
        """Whether something must not be shown yet."""
        return not self._over.is_set() and time.monotonic() < self._until

    def wait(self) -> None:
        """As long as it is awaited."""
        self._over.wait(max(0.0, self._until - time.monotonic()))

    def _ask(self, text: str, seconds: float) -> None:
        try:
            self.says_self_harm = _scores(text, seconds) >= THRESHOLD
        except Exception as fault:  # noqa: BLE001 - it is one witness of three
            reason = fault.reason if isinstance(fault, DomainError) else type(fault).__name__
            logger.warning("the moderation could not answer", reason=reason)
        self._over.set()


def is_wanted(models: list[Model]) -> bool:
    """No other server, and no other provider, is sent anything unless the operator says so."""
    stated = settings.load(settings.ModelSettings).openai_moderation
    if stated:
        return stated == "on"
    return is_openai_itself() and bool(models) and models[0].provider == "OpenAI"


def _scores(text: str, seconds: float) -> float:
    """The highest of the two. Raises what the client raises, and ValueError for an answer without scores."""
    body = {"model": MODEL, "input": text}
    answer = client_of("OpenAI").ask("/moderations", body, timeout(max(0.1, seconds)))
    (result,) = as_object(answer).get("results") or [None]
    scores = as_object(as_object(result).get("category_scores"))
    return max(float(scores[category]) for category in CATEGORIES)
