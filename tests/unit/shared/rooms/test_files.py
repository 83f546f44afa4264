import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.errors import InvalidRequestError
from shared.rooms.files import MAX_NAME_BYTES, TYPES, UPLOAD_TYPES, check_name, issue, issues, mime_type

ATTACKS = [
    "",
    " ",
    ".md",
    "..",
    "../plan.md",
    "..\\plan.md",
    "a/../../plan.md",
    "/etc/passwd.md",
    "//server/share.md",
    "\\\\server\\share.md",
    "C:plan.md",
    "C:\\plan.md",
    "plan.md:stream.md",
    "plan\x00.md",
    "plan.md\x00",
    "plan\n.md",
    "plan\x7f.md",
    "plan\u202egpj.md",  # right-to-left override: shown as another type
    "plan\u200b.md",
    "plan\ufeff.md",
    "plan\ud800.md",
    "plan\u2028.md",
    "\uff0e\uff0e\uff0fplan.md",  # full-width dots and slash
    "..\u2215plan.md",
    "..\u2044plan.md",
    "\u2024\u2024\u2215plan.md",  # one dot leaders
    "..%2fplan.md",
    "%2e%2e%2fplan.md",
    "plan*.md",
    "plan?.md",
    'plan".md',
    "<plan>.md",
    "plan|x.md",
    "CON.md",
    "con.txt",
    "Nul.json",
    "COM1.md",
    "com\u00b9.md",
    "LPT9.tar.md",
    "aux .md",
    "CONIN$.md",
    "plan.md.",
    "plan.md ",
    " plan.md",
    "\u00a0plan.md",
    ".hidden.md",
    "~/plan.md",
    "a" * (MAX_NAME_BYTES - 2) + ".md",
    "\u00e9" * 127 + ".md",
]
OTHER_TYPES = ["plan", "plan.exe", "plan.md.sh", "plan.svg", "plan.pdf", "md", "plan.MD.exe"]


@pytest.mark.parametrize("name", ATTACKS, ids=ascii)
def test_a_name_that_is_an_attack_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_name(name)
    assert (refused.value.status, refused.value.reason) == (422, "filename_invalid")


@pytest.mark.parametrize("name", OTHER_TYPES)
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_name(name)
    assert refused.value.reason == "file_type_not_allowed"


@pytest.mark.parametrize(
    "name", ["plan.md", "Über größe.MD", "週計画.csv", "a..b.md", "week-1_v2 (final).json", "🏋️ a.txt"]
)
def test_an_ordinary_name_is_taken_as_it_is(name: str) -> None:
    assert check_name(name) == name


def test_a_name_has_one_form() -> None:
    decomposed = unicodedata.normalize("NFD", "Übung é.md")
    assert check_name(decomposed) == "Übung é.md"
    assert check_name("a" * (MAX_NAME_BYTES - 3) + ".md")


def test_a_user_may_give_more_types_than_an_agent_may_write() -> None:
    assert check_name("scan.pdf", UPLOAD_TYPES) == "scan.pdf"
    assert TYPES.keys() < UPLOAD_TYPES.keys()
    assert mime_type("Plan.JSON") == "application/json"


@given(st.text(max_size=60))
def test_whatever_is_taken_is_one_plain_component_of_a_path(name: str) -> None:
    try:
        taken = check_name(f"{name}.md")
    except InvalidRequestError:
        return
    assert not set(taken) & set('/\\:*?"<>|%\0')
    assert not taken.startswith(".")
    assert len(taken.encode()) <= MAX_NAME_BYTES
    assert check_name(taken) == taken


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
