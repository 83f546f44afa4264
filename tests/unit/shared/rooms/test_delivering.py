import pytest

from shared.rooms.delivering import issue, issues

GOOD = {
    "a.md": b"# Plan",
    "a.txt": b"x",
    "a.html": b"<p>Plan</p>",
    "a.json": b'\xef\xbb\xbf{"sets": 3}',
    "a.csv": b'day,what\nMonday,"squat, deep"\n\n',
    "a.py": b"def sets() -> int:\n    return 3\n",
    "b.py": b"print('\\d')",  # a warning to whoever compiles it
    "a.js": b"not even { javascript",
}
BROKEN = {
    "a.json": [b"{", b"NaN", b'{"a": Infinity}', b"[1,]", b"[" * 100_000],
    "a.csv": [b"a,b\n1,2,3\n", b'a,"b\n1,2'],
    "a.py": [b"def sets(:\n", b"return 3)", b"(" * 10_000],
    "a.html": [b"just words", b"<!-- nothing -->"],
}


@pytest.mark.parametrize(("name", "content"), GOOD.items())
def test_a_file_that_is_what_its_name_says_is_delivered(name: str, content: bytes) -> None:
    assert issue(name, content) is None


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_file_that_is_missing_or_empty_or_no_text_is_not(name: str) -> None:
    assert issue(name, None) == f"{name} was not delivered."
    assert issue(name, b"") == issue(name, b" \n\t\xef\xbb\xbf"[:3]) == f"{name} is empty."
    assert issue(name, b"\xff\xfe\x00") == f"{name} is not UTF-8 text."
    assert issue(name, b"a\x00b") == f"{name} is not plain text."


@pytest.mark.parametrize(
    ("name", "content"), [(name, each) for name, all_ in BROKEN.items() for each in all_], ids=ascii
)
def test_a_file_that_does_not_parse_is_not(name: str, content: bytes) -> None:
    assert issue(name, content) == f"{name} cannot be read as {name[2:].upper()}."


def test_code_is_read_and_never_run() -> None:
    assert issue("a.py", b"import os; os._exit(3)") is None


def test_each_deliverable_is_reported_once() -> None:
    files = {"a.md": b"text", "b.json": b"{"}
    assert issues(["a.md", "b.json", "c.md", "c.md"], files.get) == [
        "b.json cannot be read as JSON.",
        "c.md was not delivered.",
    ]
