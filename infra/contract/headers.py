"""The headers of answers, and links from an answer to the requests that go on from it."""

from infra.contract.shape import Json

HEADERS: Json = {
    "RequestId": {
        "description": "Names the request in the logs: the client's own `X-Request-Id`, or a new one.",
        "required": True,
        "schema": {"type": "string"},
    },
    "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "Location": {"description": "The path of what was made, or is at work.", "schema": {"type": "string"}},
    "IdempotentReplayed": {
        "description": "`true`: this is the answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RateLimit": {
        "description": 'What is left of the week, and its seconds: `"messages";r=6;t=86400, "tokens";r=9;t=86400`.',
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": 'The week\'s limits: `"messages";q=7;w=604800, "tokens";q=100;w=604800`.',
        "schema": {"type": "string"},
    },
    "PreferenceApplied": {"schema": {"type": "string", "enum": ["respond-async"]}},
    "WwwAuthenticate": {"required": True, "schema": {"type": "string", "enum": ["Bearer"]}},
}
NAMES = {
    "RequestId": "X-Request-Id",
    "RetryAfter": "Retry-After",
    "IdempotentReplayed": "Idempotent-Replayed",
    "RateLimitPolicy": "RateLimit-Policy",
    "PreferenceApplied": "Preference-Applied",
    "WwwAuthenticate": "WWW-Authenticate",
}
BY_STATUS = {
    "401": ("WwwAuthenticate",),
    "409": ("RetryAfter",),
    "429": ("RetryAfter", "RateLimit", "RateLimitPolicy"),
    "503": ("RetryAfter",),
}
# Of one operation and status.
SPECIAL = {
    ("createSession", "201"): ("Location",),
    ("createRoom", "201"): ("Location",),
    ("sendMessage", "200"): ("RateLimit", "RateLimitPolicy"),
    ("sendMessage", "202"): ("Location", "PreferenceApplied"),
    ("sendMessage", "409"): ("Location",),
    ("getUsage", "200"): ("RateLimit", "RateLimitPolicy"),
    ("deleteAccount", "202"): ("RetryAfter",),
}
# By operation and status: the parameters that an answer gives, and the operations that go on with them.
LINKS: dict[tuple[str, str], tuple[tuple[dict[str, str], str], ...]] = {
    ("createSession", "201"): (
        (
            {"session_id": "$response.body#/id"},
            "getSession updateSession deleteSession sendMessage listMessages listSessionEvents exportSession",
        ),
    ),
    ("sendMessage", "200"): (({"message_id": "$response.body#/message/id"}, "rateMessage removeRating"),),
    ("sendMessage", "202"): (
        (
            {"session_id": "$response.body#/turn/session_id", "turn_id": "$response.body#/turn/id"},
            "getTurn cancelTurn",
        ),
    ),
    ("createRoom", "201"): (
        (
            {"room_id": "$response.body#/id"},
            "getRoom answerRoom cancelRoom retryRoom shareRoom listRoomFiles listRoomEvents",
        ),
    ),
    ("logWorkout", "201"): (({"workout_id": "$response.body#/id"}, "changeWorkout deleteWorkout"),),
}
NEXT_PAGE = {"cursor": "$response.body#/next_cursor"}


def add_headers(document: Json) -> None:
    """Say of each answer which headers it has, and what goes on from it."""
    document["components"]["headers"] = HEADERS
    for item in document["paths"].values():
        for operation in item.values():
            parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
            for status, response in operation["responses"].items():
                response["headers"] = {
                    NAMES.get(name, name): {"$ref": f"#/components/headers/{name}"}
                    for name in _names(operation["operationId"], status, parameters)
                }
                if links := _links(operation["operationId"], status, parameters):
                    response["links"] = links


def _names(operation: str, status: str, parameters: set[str]) -> list[str]:
    replayed = ("IdempotentReplayed",) if "Idempotency-Key" in parameters and status[0] == "2" else ()
    return ["RequestId", *replayed, *BY_STATUS.get(status, ()), *SPECIAL.get((operation, status), ())]


def _links(operation: str, status: str, parameters: set[str]) -> Json:
    targets = list(LINKS.get((operation, status), ()))
    if "cursor" in parameters and status == "200":
        targets.append((NEXT_PAGE, operation))
    return {name: {"operationId": name, "parameters": given} for given, names in targets for name in names.split()}
