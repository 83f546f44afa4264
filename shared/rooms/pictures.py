"""Shows a model the pictures that it asked for, in the requests alone: a transcript keeps their names."""

from collections.abc import Sequence

from shared.llm.request import Message
from shared.rooms.prompt_parts import image_name
from shared.rooms.task_files import TaskFiles

MAX_IMAGES = 4  # in one request, the newest: each costs some 2,500 tokens in every call in which it stands


def shown(messages: Sequence[Message], files: TaskFiles) -> list[Message]:
    """With the pictures of the calls that are not folded yet, behind the results of their exchange."""
    names = [image_name(str(message["content"])) if message["role"] == "tool" else None for message in messages]
    allowed = [place for place, name in enumerate(names) if name][-MAX_IMAGES:]
    sent: list[Message] = []
    waiting: list[str] = []
    for place, message in enumerate([*messages, None]):
        if waiting and (message is None or message["role"] != "tool"):
            sent.append(_with_images(waiting, files))
            waiting = []
        if message is not None:
            sent.append(message)
            waiting += [name for name in names[place : place + 1] if name and place in allowed]
    return sent


def _with_images(names: Sequence[str], files: TaskFiles) -> Message:
    found = {name: url for name in dict.fromkeys(names) if (url := files.image(name))}
    # What is written in a picture is data, as in any file.
    said = f"Shown, as data: {', '.join(found)}" if found else "(the pictures are gone)"
    return {"role": "user", "content": said, "images": list(found.values())}
