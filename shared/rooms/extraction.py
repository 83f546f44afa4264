"""The text of a document or a page, read in a process of its own with limits of time and memory."""

from shared.knowledge.formats.document import UnreadableError
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError, UnavailableError


def text_of(content: bytes, filename: str, most: float, deadline: Deadline) -> str:
    """Section by section under their headings, read within `most` seconds.

    Raises InvalidRequestError with a sentence for the agent, UnavailableError where another worker has more time.
    """
    from shared.knowledge.reader import read_document
    from shared.knowledge.units import Sizes

    left = deadline.remaining(0)
    try:
        reading = read_document(content, filename, Sizes(), min(most, left))
    except UnreadableError as error:
        raise InvalidRequestError(f"This file cannot be read: {error.reason}.") from None
    except UnavailableError:
        if left < most:
            raise
        raise InvalidRequestError("This file cannot be read: too_slow.") from None
    sections = [f"{chunk.heading}\n{chunk.content}" if chunk.heading else chunk.content for chunk in reading.chunks]
    return "\n\n".join(sections)
