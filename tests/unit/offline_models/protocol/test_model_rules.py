"""The figures by which the double refuses, beside those by which the product asks."""

import pytest

from infra.local.offline_models.protocol.model_rules import rules_of
from shared.llm.catalogue import Figures, catalogue

KNOWN = [figures for name, figures in catalogue().items() if rules_of(name)]


@pytest.mark.parametrize("figures", KNOWN, ids=lambda figures: figures.name)
def test_no_effort_of_the_catalogue_is_refused_and_no_context_is_larger_than_the_catalogues(figures: Figures) -> None:
    rules = rules_of(figures.name)
    assert rules is not None
    assert set(figures.efforts) <= set(rules.efforts)
    assert rules.input_tokens <= figures.context


def test_a_name_of_nobodys_has_no_rules() -> None:
    assert rules_of("hercules-extractive-1") is None
