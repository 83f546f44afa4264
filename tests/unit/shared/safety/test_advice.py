"""What is said to somebody in need: in their language, with the numbers of their country."""

import re
from typing import Any

import pytest

from infra.safety import LANGUAGES
from infra.safety_advice import COUNTRIES, read, rendered
from shared.safety.advice import COMPILED, Reader, advice_for, languages, notice
from shared.safety.language import language_of
from shared.safety.red_flags import find_red_flag
from shared.safety.rulebook import advice_kinds

NUMBERS: dict[str, dict[str, str]] = read(COUNTRIES)["countries"]
WHERE_SPOKEN = {
    "en": "US GB IE AU NZ CA ZA IN NG KE SG",
    "de": "DE AT CH LI LU",
    "es": "ES MX AR CO CL PE EC VE UY CR DO CU",
    "fr": "FR BE CH CA LU SN CI",
    "it": "IT CH",
    "pt": "PT BR AO",
    "nl": "NL BE",
    "pl": "PL",
    "tr": "TR CY",
    "ru": "RU BY KZ KG",
    "zh": "CN TW HK MO SG",
    "ja": "JP",
    "ar": "SA AE EG MA DZ TN IQ JO LB KW QA BH OM PS",
    "hi": "IN NP",
}
PLANS = re.compile(r"\b\d+\s*(?:x|reps|sets|km)\b")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", advice_kinds())
def test_each_advice_is_urgent_short_and_no_training_plan(kind: str, language: str) -> None:
    for country in (None, "JP", "US", "FR"):
        advice = advice_for(kind, language, country)
        assert advice.source
        assert "{" not in advice.text
        assert not PLANS.search(advice.text)
        assert "  " not in advice.text
        assert 80 <= len(advice.text) <= 900


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_words_of_its_own(language: str) -> None:
    english = {advice_for(kind, "en").text for kind in advice_kinds()} | {notice("refusal"), notice("left_out")}
    own = {advice_for(kind, language).text for kind in advice_kinds()} | {notice("refusal", language)}
    assert language == "en" or not english & own
    assert all(language_of(text) == language for text in own)


@pytest.mark.parametrize("kind", [kind for kind in advice_kinds() if kind != "crisis"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_advice_names_the_number_of_the_users_country_and_no_other(kind: str, language: str) -> None:
    for country, numbers in NUMBERS.items():
        text = advice_for(kind, language, country).text
        assert numbers["ambulance"] in text
        others = {"911", "999", "112", "119", "000"} - set(re.findall(r"\d+", numbers["ambulance"]))
        assert (
            not others & set(re.findall(r"\b\d{3}\b", text.replace(numbers.get("poison", "?"), "")))
            or kind == "overdose"
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_the_country_is_not_known_a_number_stands_with_its_place(language: str) -> None:
    said = languages()[language]["said"]
    for name in ("call_unknown", "poison_unknown", "line_unknown"):
        assert "{" not in said[name]
        for number in re.findall(r"\d+", said[name]):
            before = said[name][: said[name].index(number)]
            after = said[name][said[name].index(number) + len(number) :]
            assert len(before + after) > len(number) + 8, "a number alone would be asserted"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_crisis_is_answered_with_a_line_to_talk_to(language: str) -> None:
    assert "findahelpline.com" in advice_for("crisis", language).text
    assert "Samaritans 116 123" in advice_for("crisis", language, "GB").text
    assert "14416" in advice_for("crisis", language, "IN").text
    assert "findahelpline.com" in advice_for("crisis", language, "AL").text  # whose line is not sure


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("JP", "119"),
        ("CN", "120"),
        ("IN", "112"),
        ("BR", "192"),
        ("AU", "000"),
        ("GB", "999"),
        ("CH", "144"),
        ("US", "911"),
    ],
)
def test_the_number_is_that_which_brings_an_ambulance(country: str, number: str) -> None:
    assert NUMBERS[country]["ambulance"] == number
    assert number in advice_for("stroke", "en", country.lower()).text


def test_the_countries_where_the_languages_are_spoken_are_known() -> None:
    assert len(NUMBERS) >= 40
    assert {country for countries in WHERE_SPOKEN.values() for country in countries.split()} <= NUMBERS.keys()
    assert all(re.fullmatch(r"[A-Z]{2}", country) for country in NUMBERS)
    assert all(re.fullmatch(r"\d{2,5}(?: / \d{2,5})?", each["ambulance"]) for each in NUMBERS.values())
    assert all(url.startswith("https://") for urls in read(COUNTRIES)["sources"].values() for url in urls)


def test_a_language_that_is_none_of_ours_gets_english_and_an_unknown_kind_the_general_advice() -> None:
    assert advice_for("heat", "el") == advice_for("heat", None) == advice_for("heat", "en-GB") == advice_for("heat")
    assert advice_for("unheard_of", "pt-BR") == advice_for("emergency", "pt")
    assert advice_for("heat", "de", "XX") == advice_for("heat", "de")


@pytest.mark.parametrize(
    ("profile", "reader"),
    [
        (None, Reader()),
        ({}, Reader()),
        ({"preferences": {"language": "de", "country": "ch"}}, Reader("de", "CH")),
        ({"preferences": {"locale": "pt_BR"}}, Reader("pt", "BR")),
        ({"language": "es-MX"}, Reader("es", "MX")),
        ({"language": "zh-Hant-TW"}, Reader("zh", None)),
        ({"country": "JP", "preferences": {"country": "US"}}, Reader(None, "JP")),
        ({"preferences": {"language": 7, "country": ["US"], "locale": None}}, Reader()),
        ({"preferences": {"country": "Deutschland"}}, Reader()),
        ({"preferences": "de"}, Reader()),
    ],
)
def test_who_reads_is_known_from_the_profile_whatever_stands_in_it(profile: Any, reader: Reader) -> None:
    assert Reader.of(profile) == reader


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my chest hurts when I run", "en"),
        ("Ich habe seit heute Schmerzen in der Brust", "de"),
        ("me duele el pecho cuando corro", "es"),
        ("j'ai mal à la poitrine quand je cours", "fr"),
        ("ho un forte dolore al petto da ieri", "it"),
        ("estou com dor no peito e não consigo respirar", "pt"),
        ("ik heb pijn op de borst", "nl"),
        ("boli mnie w klatce po treningu", "pl"),
        ("göğsümde bir ağrı var ve kolum uyuştu", "tr"),  # noqa: RUF001 - Turkish
        ("у меня болит грудь", "ru"),  # noqa: RUF001 - Russian
        ("胸口疼得厉害", "zh"),
        ("胸が痛いです", "ja"),
        ("عندي ألم في صدري", "ar"),
        ("मेरे सीने में दर्द है", "hi"),
        ("胸口疼 after bench press", "zh"),
    ],
)
def test_a_message_shows_its_language(text: str, language: str) -> None:
    assert language_of(text) == language
    assert language_of(text, "it") == language


def test_where_a_message_does_not_show_its_language_the_profile_does() -> None:
    assert language_of("Infarkt?") == "en"
    assert language_of("Infarkt?", "de") == "de"
    assert language_of("Πονάει το στήθος μου", "el") == "en"
    assert language_of("В мене болить серце і німіє рука", "pl") == "pl"  # noqa: RUF001 - Ukrainian
    assert language_of("", None) == "en"


def test_a_red_flag_is_answered_in_the_language_of_the_message_for_the_country_of_the_profile() -> None:
    flag = find_red_flag("Mir tut die Brust weh und ich habe Atemnot. Brustschmerzen beim Training, was tun")
    assert flag is not None
    assert flag.advice(Reader("en", "AT")) == advice_for("emergency", "de", "AT")
    assert flag.advice() == advice_for("emergency", "de")


def test_the_compiled_advice_is_complete_or_is_not_compiled() -> None:
    assert COMPILED.read_text(encoding="utf-8") == rendered(LANGUAGES, advice_kinds())
    with pytest.raises(ValueError, match="differ in frostbite"):
        rendered(LANGUAGES, [*advice_kinds(), "frostbite"])
