import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.errors import InvalidRequestError
from shared.rooms.filenames import MAX_BYTES, TYPES, UPLOAD_TYPES, checked, mime_type

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
    "a" * (MAX_BYTES - 2) + ".md",
    "\u00e9" * 127 + ".md",
]
OTHER_TYPES = ["plan", "plan.exe", "plan.md.sh", "plan.svg", "plan.pdf", "md", "plan.MD.exe"]


@pytest.mark.parametrize("name", ATTACKS, ids=ascii)
def test_a_name_that_is_an_attack_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        checked(name)
    assert (refused.value.status, refused.value.reason) == (422, "filename_invalid")


@pytest.mark.parametrize("name", OTHER_TYPES)
def test_other_types_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        checked(name)
    assert refused.value.reason == "file_type_not_allowed"


@pytest.mark.parametrize(
    "name", ["plan.md", "Über größe.MD", "週計画.csv", "a..b.md", "week-1_v2 (final).json", "🏋️ a.txt"]
)
def test_an_ordinary_name_is_taken_as_it_is(name: str) -> None:
    assert checked(name) == name


def test_a_name_has_one_form() -> None:
    decomposed = unicodedata.normalize("NFD", "Übung é.md")
    assert checked(decomposed) == "Übung é.md"
    assert checked("a" * (MAX_BYTES - 3) + ".md")


def test_a_user_may_give_more_types_than_an_agent_may_write() -> None:
    assert checked("scan.pdf", UPLOAD_TYPES) == "scan.pdf"
    assert TYPES.keys() < UPLOAD_TYPES.keys()
    assert mime_type("Plan.JSON") == "application/json"


@given(st.text(max_size=60))
def test_whatever_is_taken_is_one_plain_component_of_a_path(name: str) -> None:
    try:
        taken = checked(f"{name}.md")
    except InvalidRequestError:
        return
    assert not set(taken) & set('/\\:*?"<>|%\0')
    assert not taken.startswith(".")
    assert len(taken.encode()) <= MAX_BYTES
    assert checked(taken) == taken
