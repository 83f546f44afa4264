"""What the command says before anybody is asked."""

import pytest

from infra.local.smoke.__main__ import main


def test_without_a_key_it_says_which_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({}) == 2
    said = capsys.readouterr().out
    assert "OPENAI_API_KEY" in said
    assert "GEMINI_API_KEY" in said


def test_a_model_of_unknown_cost_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"OPENAI_API_KEY": "sk-one", "CHAT_MODEL": "unheard-of"}) == 1
    said = capsys.readouterr().out
    assert "MODEL_FIGURES" in said
    assert "cents" not in said
    assert "sk-one" not in said
