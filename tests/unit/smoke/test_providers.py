"""Who is asked, in which environment, and what that will cost about."""

from decimal import Decimal

from infra.local.smoke.providers import configured

BOTH = {"OPENAI_API_KEY": "sk-one", "GEMINI_API_KEY": "g-two", "CHAT_MODEL": "gpt-6-sol", "ANSWER_TOKENS": "500"}


def test_each_provider_with_a_key_is_asked_with_its_own_model() -> None:
    assert [(each.name, each.model) for each in configured(BOTH)] == [
        ("OpenAI", "gpt-6-sol"),
        ("Gemini", "gemini-3.8-flash"),
    ]
    assert [each.name for each in configured({"GEMINI_API_KEY": "g-two"})] == ["Gemini"]
    assert [each.name for each in configured({"OPENAI_API_KEY": "sk-one"})] == ["OpenAI"]


def test_without_a_key_nobody_is_asked() -> None:
    assert not list(configured({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}))


def test_no_other_provider_can_stand_in_for_the_one_that_is_asked() -> None:
    openai, gemini = configured(BOTH)
    assert "GEMINI_API_KEY" not in openai.environment
    assert "OPENAI_API_KEY" not in gemini.environment
    assert (openai.environment["COACH_MODEL"], gemini.environment["COACH_MODEL"]) == ("openai", "gemini")


def test_a_real_database_and_bucket_are_left_alone() -> None:
    (openai,) = configured(
        {"OPENAI_API_KEY": "sk-one", "SUPABASE_URL": "https://real.example", "KNOWLEDGE_BUCKET": "real"}
    )
    assert "real" not in str(openai.environment)


def test_what_goes_for_all_models_goes_for_each() -> None:
    assert [each.environment["ANSWER_TOKENS"] for each in configured(BOTH)] == ["500", "500"]


def test_a_dearer_model_is_announced_as_dearer() -> None:
    cheap, dear = (next(configured(BOTH | {"CHAT_MODEL": model})) for model in ("gpt-6-luna", "gpt-6-sol"))
    assert Decimal(0) < cheap.dollars < dear.dollars


def test_a_key_is_not_shown_with_its_provider() -> None:
    assert "sk-one" not in repr(next(configured(BOTH)))


def test_a_room_of_a_dear_model_may_cost_more_than_the_usual_one_and_ends_nevertheless() -> None:
    cheap, dear = (next(configured(BOTH | {"CHAT_MODEL": model})) for model in ("gpt-6-luna", "gpt-6-astra"))
    assert cheap.max_room_dollars == 0.20
    assert dear.dollars < dear.max_room_dollars < 10
