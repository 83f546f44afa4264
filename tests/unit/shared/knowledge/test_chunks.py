import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from infra.local.demo.knowledge import documents, text_of
from infra.local.offline_models.embeddings import MAX_PIECES, tokenizer_path
from shared.knowledge.chunks import Chunk, chunk_markdown
from shared.knowledge.units import Sizes
from shared.llm import tokens
from tests.support.properties import few, unhurried

SIZES = Sizes()
MAX_TOKENS = SIZES.most
EMBEDDING_LIMIT = 8192  # tokens that OpenAI takes for one text
SQUAT = """# Squat depth

How deep you squat is up to your hips.

## Why depth matters

Deeper squats train the glutes more.

### At the hip

The hip bends further.

## When to stop

Stop where the back rounds.

## Sources

- A meta-analysis of squats, 2019.
"""

sentences = st.builds(
    lambda subject, number: f"{subject} number {number} takes its time.",
    st.sampled_from(["Set", "Rest", "Week", "Lift"]),
    st.integers(0, 10_000),
)
paragraphs = st.lists(sentences, min_size=1, max_size=40).map(" ".join)
headings = st.builds(
    lambda level, text: f"{'#' * level} {text}", st.integers(1, 6), st.sampled_from(["Rest", "Load", "Why"])
)
texts = st.lists(paragraphs | headings, max_size=25).map("\n\n".join)


def chunked(text: str) -> list[Chunk]:
    return chunk_markdown(text, "untitled.md", SIZES)[1]


def title_of(text: str) -> str:
    return chunk_markdown(text, "untitled.md", SIZES)[0]


def whole(chunks: list[Chunk]) -> str:
    return "\n\n".join(chunk.content for chunk in chunks)


def numbered(count: int) -> list[str]:
    return [f"Sentence {number} says something about rest and load." for number in range(count)]


def paths(text: str) -> list[str]:
    """The heading of each section, where every section fills a chunk of its own."""
    filled = text.replace("TEXT", " ".join(numbered(50)))
    return [chunk.heading for chunk in chunked(filled)]


def test_a_short_document_is_one_chunk_under_its_title() -> None:
    (chunk,) = chunked(SQUAT)
    assert (title_of(SQUAT), chunk.heading) == ("Squat depth", "Squat depth")
    assert chunk.token_count == tokens.count(chunk.content)
    for words in ("up to your hips", "Why depth matters", "train the glutes", "At the hip", "Stop where"):
        assert words in chunk.content


@pytest.mark.parametrize("heading", ["Sources", "References:", "Quellen", "Bibliography", "Sources and links"])
def test_a_list_of_references_at_the_end_is_left_out(heading: str) -> None:
    text = SQUAT.replace("Sources", heading)
    assert "meta-analysis" not in whole(chunked(text))


@pytest.mark.parametrize(
    "text",
    [
        "# Protein\n\nEat enough.\n\n## Sources\n\nGood sources are tofu, lentils and milk.",
        "# Protein\n\nEat enough.\n\n## Sources\n\n- Lentils, see the table of 2019\n- Tofu\n- Milk",
        "# Protein\n\n## Sources\n\n- Miller 2019\n\n## After\n\nLentils and milk.",
    ],
    ids=["prose", "foods", "not the last"],
)
def test_a_section_that_is_only_called_sources_is_kept(text: str) -> None:
    assert "Sources" in whole(chunked(text))


def test_headings_without_a_body_are_kept() -> None:
    text = whole(chunked("# Plan\n\n## Week 1\n\n### Squat 5 x 5\n\n### Rest\n\n## Week 2\n\nTwo sets."))
    for heading in ("Plan", "Week 1", "Squat 5 x 5", "Rest", "Week 2"):
        assert heading in text


def test_each_section_that_says_something_is_a_chunk() -> None:
    text = "# Rest\n\n" + "\n\n".join(f"## Part {number}\n\n{' '.join(numbered(9))}" for number in range(4))
    assert [chunk.heading for chunk in chunked(text)] == [f"Rest › Part {number}" for number in range(4)]


def test_a_section_that_is_cut_has_no_stub_at_its_end() -> None:
    sizes = [chunk.token_count for chunk in chunked("# Rest\n\n" + " ".join(numbered(42)))]
    assert len(sizes) == 2
    assert min(sizes) > 0.6 * max(sizes)


def test_the_embedder_of_a_laptop_reads_the_last_section_of_each_document_to_its_end() -> None:
    model = Tokenizer.from_file(str(tokenizer_path()))
    model.no_truncation()
    model.no_padding()
    for path in documents():
        text = text_of(path)
        chunks = chunk_markdown(text, path.name, Sizes.for_model("minilm-l6-int8"))[1]
        last = " ".join(text.split())[-80:]
        assert last in " ".join(chunks[-1].content.split())
        assert max(len(model.encode(chunk.content).ids) for chunk in chunks) <= MAX_PIECES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\nTEXT\n\n## B\n\nTEXT\n\n### C\n\nTEXT\n\n## D\n\nTEXT", ["A", "A › B", "A › B › C", "A › D"]),
        ("# A\n\nTEXT\n\n# B\n\nTEXT", ["A", "B"]),
        ("## A\n\nTEXT\n\n## B\n\nTEXT", ["A", "B"]),
        ("# A\n\n### B\n\nTEXT\n\n### C\n\nTEXT\n\n## D\n\nTEXT", ["A › B", "A › C", "A › D"]),
        ("# A ##\n\nTEXT", ["A"]),
        ("TEXT\n\n# A\n\nTEXT", ["", "A"]),
    ],
)
def test_a_chunk_names_the_path_to_its_section(text: str, expected: list[str]) -> None:
    assert list(dict.fromkeys(paths(text))) == expected


def test_a_section_that_is_cut_goes_on_under_its_heading_with_some_overlap() -> None:
    chunks = chunked("# Rest\n\n## How long\n\n" + " ".join(numbered(150)))
    assert len(chunks) > 2
    for before, after in pairwise(chunks):
        assert after.heading == "Rest › How long"
        shared = set(re.findall(r"Sentence \d+", before.content)) & set(re.findall(r"Sentence \d+", after.content))
        assert 1 <= len(shared) < 15


@few
@given(texts)
def test_no_sentence_is_lost(text: str) -> None:
    chunks = [chunk.content for chunk in chunked(text)]
    for sentence in re.findall(r"[A-Z]\w+ number \d+ takes its time\.", text):
        assert any(sentence in content for content in chunks)


@few
@given(texts)
def test_a_chunk_holds_one_thought_and_not_a_chapter(text: str) -> None:
    for chunk in chunked(text):
        assert 0 < chunk.token_count == tokens.count(chunk.content)
        assert chunk.token_count <= 1.2 * MAX_TOKENS + tokens.count(chunk.heading)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"Word {number}" for number in range(1000)),
        "\n\n".join(f"### {'A rather long term of the glossary ' * 5}{number}\n\nYes." for number in range(200)),
        f"# {'A heading as long as a chapter ' * 100}\n\n" + "\n\n".join(numbered(50)),
    ],
    ids=["lines", "glossary", "heading"],
)
def test_many_small_parts_do_not_add_up_to_a_chapter(text: str) -> None:
    for chunk in chunked(text):
        assert chunk.token_count <= 1.5 * MAX_TOKENS + tokens.count(chunk.heading)
        assert chunk.token_count < EMBEDDING_LIMIT


@pytest.mark.parametrize("word", ["x" * 20_000, "深" * 5000, "🏋️" * 1000, "\ufffd" * 20_000], ids=lambda word: word[:2])
def test_one_giant_word_is_cut_and_not_lost(word: str) -> None:
    chunks = chunked(word)
    assert len(chunks) > 1
    assert all(chunk.token_count <= 1.2 * MAX_TOKENS for chunk in chunks)
    assert sum(chunk.content.count(word[0]) for chunk in chunks) >= word.count(word[0])


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_comment_in_code_is_no_heading(fence: str) -> None:
    text = f"# Plan\n\n{fence}python\n# not a heading\nsets = 5\n{fence}\n\n## After\n\nRest."
    assert title_of(text) == "Plan"
    assert "# not a heading\nsets = 5" in whole(chunked(text))
    assert "## After" in whole(chunked(text))


def test_a_hash_without_a_space_is_no_heading() -> None:
    assert title_of("#fitness is a hashtag.") == "untitled.md"


def test_a_plain_text_has_the_title_it_is_given() -> None:
    title, chunks = chunk_markdown("Sleep eight hours.\n\nDrink water.", "untitled.md", SIZES)
    assert (title, [chunk.heading for chunk in chunks]) == ("untitled.md", [""])
    assert whole(chunks) == "Sleep eight hours.\n\nDrink water."


@pytest.mark.parametrize("text", ["", "  \n\n\t", "\n# \n", "---\n\n***"])
def test_a_text_without_words_has_no_chunks(text: str) -> None:
    assert chunked(text) == []


@pytest.mark.parametrize("text", ["# Only a heading", "# A\n\n## B\n", "# A\n\n# B"])
def test_headings_that_stand_alone_are_what_a_document_says(text: str) -> None:
    assert all(line.strip("# ") in whole(chunked(text)) for line in text.splitlines())


def test_the_lines_of_any_system_are_lines() -> None:
    assert chunked(SQUAT.replace("\n", "\r\n")) == chunked(SQUAT)


@unhurried
@given(st.text())
def test_any_text_can_be_chunked(text: str) -> None:
    assert all(chunk.content.strip() for chunk in chunked(text))
