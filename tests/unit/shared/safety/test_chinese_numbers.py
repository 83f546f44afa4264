import pytest

from shared.safety.chinese_numbers import in_figures


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("一周瘦六公斤", "一周瘦6公斤"),
        ("跑七十公里", "跑70公里"),
        ("一百二十公斤", "120公斤"),
        ("三百五大卡", "350大卡"),
        ("一千五百大卡", "1500大卡"),
        ("两千卡", "2000卡"),
        ("五万国际单位", "50000国际单位"),
        ("二\u3007\u3007mg", "200mg"),
        ("600千卡", "600千卡"),
        ("十分好", "十分好"),
        ("一天", "一天"),
        ("二リットル", "2リットル"),
    ],
)
def test_a_number_before_a_unit_is_read_in_figures(text: str, read: str) -> None:
    assert in_figures(text) == read
