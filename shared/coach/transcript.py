"""A conversation as a text to keep or to send on."""

from shared.coach.schemas import Transcript
from shared.platform.text import JsonObject


def markdown(transcript: Transcript) -> str:
    """Who said what and when (UTC), with the sources of each answer below it."""
    return "\n\n".join([f"# {transcript.title}", *map(_said, transcript.messages)]) + "\n"


def _said(message: JsonObject) -> str:
    who = "You" if message["role"] == "user" else "Coach"
    sources = [f"> {' '.join(each['quote'].split())}\n> — {each['title']}" for each in message["citations"]]
    return "\n\n".join([f"## {who}, {message['created_at'][:16].replace('T', ' ')} UTC", message["content"], *sources])
