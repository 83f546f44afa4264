"""What schemathesis finds and is right as it is, each with the reason; loaded by it (schemathesis.toml)."""

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse

# A schema says of each member what it may be. It cannot say that two members fit each other, or to a list that is not
# in it. By code, or by the message of a field: why a request that fits the schema is refused.
REFUSED_RIGHTLY = {
    "bad_cursor": "A cursor is opaque: its pattern says its outer form alone, and only the API makes one.",
    "bad_period": "Two days that are too far from each other, or one from today.",
    "budget_lowered": "What a room's budget is now stands in the room.",
    "format_unavailable": "What a file can be had as goes by its ending.",
    "nobody is born yet": "This year.",
    "time_zone_needed": "A schedule may leave it out where the profile has one.",
    "unknown_plan": "Plans are rows of the database.",
    "filename_invalid": "Its length is of bytes, and what may be in it goes by Unicode's categories.",
    "file_type_not_allowed": "Which ending.",
    "unsupported": "Whether a text is one, only reading it says.",
    "no_text": "A document of control characters alone has none; which those are goes by Unicode.",
    "a range of repetitions ends above": "JSON Schema compares no two members.",
    "impossible_workout": "As many sets take longer than the minutes that are said.",
    "at least 1 character": "`minLength` counts white space, which around a text is no part of it.",
    "differ: send one of them": "The same amount may be said in two units; JSON Schema compares no two members.",
    "input_id needs an answer": "`dependentRequired` says so of what is there, not of what is null.",
    "say at least one of": "`minProperties` says so of what is there, not of what is null or empty.",
    "say either a brief or removed": "A brief that is null beside `removed: false` says nothing.",
    "a name from the IANA time zone database is needed": "Its 600 names are a table that changes, not a schema.",
}


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """A key of its own for each request: with the same one, another body is refused, and the same not carried out."""
    if case.meta and case.meta.generation.mode.is_positive and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether it is one."""
    if isinstance(failure, UnsupportedMethodResponse):
        return not _is_of_the_gateway(response)
    if isinstance(failure, RejectedPositiveData):
        return not (_has_null_in_its_path(case) or _is_refused_rightly(response))
    return True


def _is_of_the_gateway(response: Response) -> bool:
    """API Gateway knows no 405: for a method without a route it answers 404 itself, and no function is asked."""
    return response.status_code == 404 and response.json() == {"message": "Not Found"}


def _has_null_in_its_path(case: Case[Any]) -> bool:
    """The tool takes an id from an earlier answer, also where it is null there, and writes it as `None`."""
    return not {None, "None"}.isdisjoint((case.path_parameters or {}).values())


def _is_refused_rightly(response: Response) -> bool:
    """Its code is one of those, or each thing that is said against a field."""
    problem = response.json()
    said = [error["message"] for error in problem.get("errors", ())]
    by_field = said and all(any(reason in each for reason in REFUSED_RIGHTLY) for each in said)
    return response.status_code == 422 and (problem["code"] in REFUSED_RIGHTLY or bool(by_field))
