"""Every problem that a client may be told: one schema for all, and docs/errors.md. The table is problems.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from infra.contract.actions import Action
from shared.api.problems import TYPE_PREFIX
from shared.database.errors import DETAILS
from shared.quotas import Usage

TABLE = Path(__file__).with_name("problems.toml")


@dataclass(frozen=True)
class Known:
    """One code. `meaning` is for developers, `app` what an app does, `members` what the problem says besides."""

    code: str
    status: tuple[int, ...]
    meaning: str
    app: str
    members: tuple[str, ...] = ()


def read() -> Mapping[str, Known]:
    """By the code, in the order of the table."""
    table = tomllib.loads(TABLE.read_text())
    return {code: _known(code, row) for code, row in table.items()}


def _known(code: str, row: Mapping[str, Any]) -> Known:
    meaning = row["meaning"] if "meaning" in row else DETAILS[code]
    return Known(code, tuple(row["status"]), meaning, row["app"], tuple(row.get("members", ())))


KNOWN = read()


class FieldProblem(BaseModel):
    field: str = Field(examples=["body.content"])
    message: str


class UnsafeFinding(BaseModel):
    """What a rule of safety has against something."""

    rule: str
    message: str = Field(description="For the user.")
    source: str = Field(description="Of the rule: guideline or study.")


def _of(member: str) -> str:
    return "Of " + ", ".join(code for code, known in KNOWN.items() if member in known.members) + "."


class Problem(BaseModel):
    """Every error of this API has this form (RFC 9457); `code` is the one to act on, and docs/errors.md says how."""

    type: str = Field(examples=[f"{TYPE_PREFIX}session_not_found"])
    title: str
    status: int
    detail: str = Field(description="For the user, in English; advice in the user's language.")
    code: str = Field(
        description="There may be more in a later version: act on one that is not known by its status.",
        examples=["session_not_found"],
        json_schema_extra={"x-extensible-enum": list(KNOWN)},
    )
    request_id: str = Field(description="Names the request in the logs.")
    errors: list[FieldProblem] | None = Field(None, description=f"Each field and what is wrong. {_of('errors')}")
    turn_id: UUID | None = Field(None, description=f"The turn that is at work. {_of('turn_id')}")
    action: Action | None = Field(None, description=f"As it is now. {_of('action')}")
    findings: list[UnsafeFinding] | None = Field(None, description=_of("findings"))
    input_ids: list[UUID] | None = Field(None, description=f"The questions that are open. {_of('input_ids')}")
    usage: Usage | None = Field(None, description=_of("usage"))
    limit: int | str | None = Field(
        None,
        description=f"How often, how many; of quota_exceeded `messages`, `tokens` or `cost`. {_of('limit')}",
    )
    seconds: int | None = Field(None, description="In which `limit` holds; of those that are too many in a period.")
    what: str | None = Field(None, description=f"Of what there is too much. {_of('what')}")


HEAD = """# Errors

Made from the code by `make openapi`. An error is a problem document (RFC 9457, `application/problem+json`): `status`,
`title`, `detail` (for the user), `request_id`, and `code`, which is the member to act on. 429 and 503 say
`Retry-After`, and so does a 409 that is over by itself. A code that an app does not know is one of a later version:
act on its status.

Repeat a request with the same `Idempotency-Key` after 500, 503 and a lost connection; nothing happens twice.
"""
TITLES = {
    401: "401: who asks?",
    403: "403: not for this account",
    404: "404: no such thing, or somebody else's",
    409: "409: lost a race, or out of date",
    410: "410: too late",
    422: "422: not valid",
    429: "429: too often, or the week's limit",
    500: "500: a fault of ours, or of a setting",
    503: "503: something behind the API is down",
}
TAIL = """## Errors without a code

API Gateway answers some requests itself, with `{"message": …}` as `application/json`. 404: no such path or method.
413: more than Lambda takes, which is 6 MB with each quote, backslash and line break of the body counted as two; larger
documents are uploaded. 429: the whole stage is asked too often; try again in a second. 503: a request took longer than
30 seconds; its work goes on, so ask for a turn with `Prefer: respond-async`, or repeat the request with its
`Idempotency-Key`: `request_in_progress` names the turn.

## Why a turn, a task or a room failed

`error_code` of a turn is one of the codes of 500 and 503 above, `content_refused`, `context_too_long`, or
`worker_lost`: what worked on it died. A task's may besides be `stuck`, `too_many_calls`, `too_many_tokens`,
`cut_off`, `refused`, `timed_out`, `service_unavailable`, `cancelled` or `room_ended`. `status_reason` of a room is in
[the states of a room](rooms-states.md).
"""


def page() -> str:
    """docs/errors.md."""
    parts = [HEAD]
    for status, title in TITLES.items():
        rows = [known for known in KNOWN.values() if known.status[-1] == status]
        lines = [f"| `{row.code}` | {row.meaning} | {row.app} | {_members(row)} |" for row in rows]
        head = ["| code | what it means | what an app does | members |", "| --- | --- | --- | --- |"]
        parts += [f"## {title}\n", "\n".join([*head, *lines]) + "\n"]
    return "\n".join([*parts, TAIL])


def _members(known: Known) -> str:
    return ", ".join(f"`{member}`" for member in known.members)
