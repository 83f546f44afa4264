"""Parts of a room's files for the coach to read: by lines or by words, in so many tokens, the user's own only."""

from uuid import UUID

from shared.database.client import Database
from shared.llm import tokens
from shared.rooms import file_queries, prompt_parts, storage
from shared.rooms.files import TYPES

MAX_BYTES = 1024 * 1024  # of a file: an agent writes half of that at most, and a turn waits while it is fetched
TEXTS = frozenset(TYPES.values())


def excerpt(database: Database, user_id: UUID, room_id: UUID, filename: str, first: int, words: str, most: int) -> str:
    """The newest version from line `first` on, or its lines that have all of the words; else a sentence that says why
    not. In at most so many tokens.

    Raises NotFoundError, UnavailableError.
    """
    stored = [each for each in file_queries.room_files(database, user_id, str(room_id)) if each.is_own]
    named = next((each for each in stored if each.file.filename.casefold() == filename.casefold()), None)
    if named is None:
        names = ", ".join(each.file.filename for each in stored) or "none"
        return prompt_parts.tag("files", f"There is no such file. Those of the room: {names}")
    if named.file.mime not in TEXTS or named.file.size > MAX_BYTES:
        return "This file cannot be read as text here. The user can open it in the room."
    content = storage.get(named.keys[named.file.id])
    if content is None:
        return "This file is not there any more."
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    name, budget = named.file.filename, most
    while tokens.count(part := _part(name, lines, first, words, budget)) > most:
        budget = budget * 3 // 4  # its letters are escaped, and it stands within a tag
    return part


def _part(name: str, lines: list[str], first: int, words: str, budget: int) -> str:
    if words:
        return prompt_parts.found_lines(name, prompt_parts.lines_with(lines, words), len(lines), budget)
    return prompt_parts.file_part(name, lines, max(1, first), budget)
