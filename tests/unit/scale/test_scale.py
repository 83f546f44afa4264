"""The model of what Hercules costs and needs."""

from decimal import Decimal

import pytest

from infra.scale import DOCUMENT, SECRET_SECONDS, SIZES, SSM_CALLS, Load, rendered, room, turn
from shared.platform.secrets import TIME_TO_LIVE


def test_the_document_is_what_the_model_says() -> None:
    assert DOCUMENT.read_text() == rendered()


@pytest.mark.parametrize("of", ["turns", "functions", "database_calls", "stored_gb", "dollars"])
def test_everything_grows_with_the_users(of: str) -> None:
    small, large = (getattr(Load(users), of) for users in (SIZES[0], 10 * SIZES[0]))

    assert large == pytest.approx(10 * small)


def test_models_are_priced_by_the_catalogue() -> None:
    assert Decimal(str(turn()["model"])) == Decimal("0.00053")
    assert room()["model"] > turn()["model"]


def test_a_function_reads_its_secrets_as_often_as_the_code_does() -> None:
    assert SECRET_SECONDS == TIME_TO_LIVE
    assert Load(SIZES[-1]).secret_calls < SSM_CALLS
