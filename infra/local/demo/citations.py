"""What an answer cites, held against the documents."""

from typing import Any

from infra.local.demo.knowledge import DOCUMENTS
from infra.local.demo.phone import StepError


def checked_citations(message: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer's citations. Raises StepError unless each quote stands, word for word, in the document it names."""
    citations: list[dict[str, Any]] = message["metadata"]["citations"]
    for citation in citations:
        text = (DOCUMENTS / citation["source"]).read_text()
        if " ".join(citation["quote"].split()) not in " ".join(text.split()):
            raise StepError(f"not in {citation['source']}: {citation['quote']}")
    return citations
