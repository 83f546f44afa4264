"""/v1/moderations: what a client may send, and what it gets.

The shapes are those of openai 3.54 (types/moderation.py, moderation_create_params.py) and of OpenAI's own example:
https://community.openai.com/t/upgrading-the-moderation-api-with-a-new-multimodal-moderation-model/958187
"""

from collections.abc import Mapping
from typing import Literal
from uuid import uuid4

from pydantic import model_validator

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.delivery import Reply, encoded
from infra.local.offline_models.protocol.fields import Strict

SNAPSHOT = "omni-moderation-2024-09-26"
FLAGGED = 0.5  # ours; OpenAI does not say from which score on it flags
SILENCE = 1e-6  # no score is ever nothing
OF_IMAGES_TOO = ("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic")
OF_TEXT_ALONE = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening"),
    *("illicit", "illicit/violent", "sexual/minors"),
)
CATEGORIES = OF_IMAGES_TOO + OF_TEXT_ALONE


class TextInput(Strict):
    type: Literal["text"]
    text: str


class ModerationRequest(Strict):
    """Images are not served. The older models are refused, as by OpenAI itself by now."""

    input: str | list[str] | list[TextInput]
    model: Literal["omni-moderation-latest", "omni-moderation-2024-09-26"] = "omni-moderation-latest"

    @model_validator(mode="after")
    def _of_something(self) -> "ModerationRequest":
        if not self.input or not all(self.input):
            raise ValueError("'input' cannot be empty.")
        return self

    @property
    def results(self) -> int:
        """One for each text; parts are one input together."""
        texts = isinstance(self.input, list) and isinstance(self.input[0], str)
        return len(self.input) if texts else 1


def answer(request: ModerationRequest, scores: Mapping[str, float]) -> Reply:
    """Nothing is found but what a test's script says."""
    found = {category: scores.get(category, SILENCE) for category in CATEGORIES}
    flagged = {category: score >= FLAGGED for category, score in found.items()}
    result: Json = {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": found,
        "category_applied_input_types": {category: ["text"] for category in CATEGORIES},
    }
    body = {"id": f"modr-{uuid4().hex[:24]}", "model": SNAPSHOT, "results": [result] * request.results}
    return Reply((encoded(body),))
