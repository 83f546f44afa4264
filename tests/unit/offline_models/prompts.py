"""Prompts as Hercules writes them."""

from html import escape

from openai.types.chat import ChatCompletionUserMessageParam

PASSAGES = {
    "Deloads": "A deload is a planned easier week, usually every four to eight weeks. Keep the exercises, cut the "
    "sets by about half and lower the load by ten percent. It lets fatigue fall so that performance can rise.",
    "Protein": "For building muscle aim for 1.6 to 2.2 grams of protein per kilogram of body weight each day. "
    "Spread it over three to five meals.",
    "Sleep": "Adults who train need seven to nine hours of sleep. A cool dark room and a fixed wake time help most.",
    "Easy runs": "About eighty percent of running should be at an easy pace, e.g. one at which you can speak in "
    "whole sentences. Going too fast on easy days is the most common mistake.",
    "Heart rate": "Recovery heart rate should fall by > 12 beats in the first minute & keep falling. "
    "Values < 12 are worth a check-up.",
}
DELOAD = "How often should I take a deload week?"
UNRELATED = ("What is the capital of France?", "how do I fix my router")


def prompt(question: str, passages: dict[str, str] = PASSAGES) -> str:
    tags = [
        f'<passage id="p{number}" title="{escape(title)}" heading="">\n{escape(text)}\n</passage>'
        for number, (title, text) in enumerate(passages.items(), start=1)
    ]
    profile = '<profile>\n{"goals": ["strength"]}\n</profile>'
    question = f"<question>\n{escape(question)}\n</question>"
    return "\n".join(["<passages>", *tags, "</passages>", profile, question])


def asked(question: str, passages: dict[str, str] = PASSAGES) -> list[ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": prompt(question, passages)}]
