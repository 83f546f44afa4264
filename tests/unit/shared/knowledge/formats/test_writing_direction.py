import pytest

from shared.knowledge.formats.writing_direction import read_order

# As it is read, and as it stands on the page, from the left.
LINES = {
    "Hebrew": ("קח 500 מג ליום", "םויל גמ 500 חק"),
    "a thousand": ("לא 1,000 מג", "גמ 1,000 אל"),
    "a range in Hebrew": ("חזור 3-5 פעמים", "םימעפ 3-5 רוזח"),
    "a range in Arabic": ("كرر 3-5 مرات", "تارم 5-3 ررك"),
    "Arabic digits": ("خذ ٥٠٠ ملغ", "غلم ٥٠٠ ذخ"),
    "Latin in Hebrew": ("ויטמין D3 במינון 10 µg ליום", "םויל 10 µg ןונימב D3 ןימטיו"),
    "brackets": ("מנוחה (2 דקות)", "(תוקד 2) החונמ"),
    "Hebrew in English": ("The word שלום means peace.", "The word םולש means peace."),
    "letters by their place": ("السلام", "\ufee1\ufefc\ufeb4\ufedf\ufe8d"),
    "English alone": ("Take 3-5 g (or less).", "Take 3-5 g (or less)."),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_told_in_the_order_of_reading(name: str) -> None:
    read, placed = LINES[name]

    assert read_order(placed) == read
