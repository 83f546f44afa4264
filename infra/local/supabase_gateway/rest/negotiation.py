"""What the headers of a request ask for: media types, schema, preferences."""

from dataclasses import dataclass, field

from starlette.datastructures import Headers

from infra.local.supabase_gateway.rest.errors import RestError, unsupported

JSON = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
UNSUPPORTED_MEDIA = ("text/csv", "application/geo+json", "application/vnd.pgrst.plan")
SCHEMA = "public"

# The values a preference may have; handling and max-affected are read on their own.
PREFERENCES = {
    "return": ("minimal", "representation", "headers-only"),
    "count": ("exact", "planned", "estimated"),
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("default", "null"),
    "handling": ("strict", "lenient"),
    "tx": ("commit", "rollback"),  # known, and as on Supabase without effect: transactions are committed
}


@dataclass(frozen=True)
class Preferences:
    """The Prefer header, as far as it was understood."""

    chosen: dict[str, str] = field(default_factory=dict)
    max_affected: int | None = None

    @property
    def returning(self) -> str:
        """How much a write answers: minimal, representation or headers-only."""
        return self.chosen.get("return", "minimal")

    @property
    def count(self) -> bool:
        """Whether to count. Planned and estimated counts are exact here: an estimate may be."""
        return "count" in self.chosen

    def applied(self, *names: str) -> dict[str, str]:
        """The Preference-Applied header for the preferences that mattered to a request."""
        parts = [f"{name}={self.chosen[name]}" for name in (*names, "count", "handling") if name in self.chosen]
        if self.max_affected is not None:
            parts.append(f"max-affected={self.max_affected}")
        return {"Preference-Applied": ", ".join(parts)} if parts else {}


def parse_preferences(headers: Headers) -> Preferences:
    """Read the Prefer headers. The first of a kind counts; unknown ones are an error only in strict handling."""
    given = [part.strip() for line in headers.getlist("prefer") for part in line.split(",")]
    chosen: dict[str, str] = {}
    others: list[str] = []
    for part in filter(None, given):
        name, _, value = part.partition("=")
        if value in PREFERENCES.get(name, ()):
            chosen.setdefault(name, value)
        else:
            others.append(part)
    return Preferences(chosen, _other_preferences(others, strict=chosen.get("handling") == "strict"))


def _other_preferences(others: list[str], *, strict: bool) -> int | None:
    limits = [part for part in others if part.startswith("max-affected=") and part[13:].isdigit()]
    if any(part.startswith(("timezone=", "params=")) for part in others):
        unsupported(f"The preference {others[0]}")
    if strict and (invalid := [part for part in others if part not in limits]):
        message = "Invalid preferences given with handling=strict"
        raise RestError(400, "PGRST122", message, f"Invalid preferences: {', '.join(invalid)}")
    return int(limits[0][13:]) if strict and limits else None


def wants_object(headers: Headers) -> bool:
    """Whether the answer is to be one object instead of an array; 406 if neither is acceptable."""
    accepted = [part.strip().lower() for part in headers.get("accept", "*/*").split(",")]
    for media in accepted:
        name, _, parameters = media.partition(";")
        if "nulls=stripped" in parameters:
            unsupported("nulls=stripped")
        if name.startswith(UNSUPPORTED_MEDIA):
            unsupported(f"The media type {name}")
        if name in (OBJECT, JSON, ARRAY, "*/*", "application/*"):
            return name == OBJECT
    message = f"None of these media types are available: {', '.join(accepted)}"
    raise RestError(406, "PGRST107", message)


def check_request(headers: Headers, *, has_body: bool) -> None:
    """Refuse another schema than `public`, and a body that is not JSON."""
    schema = headers.get("content-profile" if has_body else "accept-profile", SCHEMA)
    if schema != SCHEMA:
        hint = f"Only the following schemas are exposed: {SCHEMA}"
        raise RestError(406, "PGRST106", f"Invalid schema: {schema}", hint=hint)
    media = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if has_body and media != JSON:
        raise RestError(415, "PGRST102", f"Content-Type not acceptable: {media}")
