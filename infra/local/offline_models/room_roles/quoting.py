"""Finds what is to be quoted: in passages that a search gave, and in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.local.offline_models import extractive
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.prompt_reading import Passage, Prompt, passages_of
from infra.local.offline_models.room_roles.room_document import TAIL, Section, Sourced, sections_of
from infra.local.offline_models.room_roles.room_prompt import Done, file_texts

MOST_QUOTES = 3  # on one question
SEARCH = "search_knowledge"
_IN_WORDS = (".md", ".txt", ".html")


async def found(searches: Sequence[Done], embedder: Embedder) -> list[Section]:
    """A section for each search: what the passages say on its query, each quote once."""
    sections: list[Section] = []
    for search in searches:
        query = str(search.arguments.get("query", ""))
        passages = passages_of(search.result)
        quotes = await _relevant(query, passages, embedder)
        known = {each.quote for section in sections for each in section.quotes}
        new = [each for each in quotes if each.quote not in known]
        sections.append(Section(query, new, [] if new else [_nothing(search, passages, quotes)]))
    return sections


async def of_files(reads: Sequence[Done], question: str, embedder: Embedder) -> list[Section]:
    """What stands in files that were read: quotes with their sources are taken over, other texts are quoted."""
    sections: list[Section] = []
    texts: Mapping[str, str] = {name: text for read in reads for name, text in file_texts(read.result).items()}
    for name, text in texts.items():
        if kept := sections_of(text):
            sections += kept
        elif name.endswith(_IN_WORDS) and TAIL not in text:  # notes without a quote have nothing to offer
            quotes = await _relevant(question, (Passage("1", name, "", text),), embedder)
            sections += [Section(f"From {name}", quotes)] if quotes else []
    return _merged(sections)


async def _relevant(question: str, passages: Sequence[Passage], embedder: Embedder) -> list[Sourced]:
    titles = {passage.id: _source(passage) for passage in passages}
    quotes = await extractive.survey(Prompt(question, tuple(passages)), embedder, MOST_QUOTES)
    return [Sourced(_unindented(quote.text), titles[quote.passage_id]) for quote in quotes]


def _source(passage: Passage) -> str:
    """The title and the heading, which begins with the title where the document was cut by headings."""
    if passage.heading.startswith(passage.title):
        return passage.heading
    return ", ".join(filter(None, (passage.title, passage.heading)))


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _nothing(search: Done, passages: Sequence[Passage], quotes: Sequence[Sourced]) -> str:
    if quotes:
        return "What was found on this is quoted above already."
    if passages:
        return f"Nothing was found on this: none of the {len(passages)} passages nearest to it answers it."
    return f"Nothing was found on this. The search said: {search.result}"


def _merged(sections: Sequence[Section]) -> list[Section]:
    """One section for each heading, each quote once."""
    merged: dict[str, list[Sourced]] = {}
    known: set[str] = set()
    for section in sections:
        new = [each for each in section.quotes if each.quote not in known]
        known |= {each.quote for each in new}
        merged.setdefault(section.heading, []).extend(new)
    return [Section(heading, quotes) for heading, quotes in merged.items() if quotes]
