from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety.athlete import Athlete
from shared.safety.training_rules import check_plan
from tests.support.properties import unhurried
from tests.unit.shared.safety.plans import exercise, plan


def test_nothing_known_is_a_beginner() -> None:
    assert Athlete.of(None) == Athlete.of({}) == Athlete()
    assert Athlete().experience == "beginner"


def test_a_profile_is_read() -> None:
    profile = {
        "experience_level": "advanced",
        "equipment": ["Dumbbells", "Bänk"],
        "time_availability": "3x45 minutes a week",
        "injuries": " bad knee ",
        "preferences": {"age": 34, "pregnant": True},
    }
    equipment = frozenset({"dumbbells", "bank"})
    assert Athlete.of(profile) == Athlete("advanced", "bad knee", equipment, 45, 3, 34, True)


@pytest.mark.parametrize(
    "text",
    [
        "I'm 15 and want abs",
        "Ich bin 15 Jahre alt.",
        "Tengo 15 años y quiero definir.",
        "J'ai 15 ans.",
        "Ho 15 anni.",
        "Tenho 15 anos.",
        "Ik ben 15 jaar.",
        "Mam 15 lat.",
        "15 ya\u015f\u0131nday\u0131m.",
        "Мне 15 лет.",
        "我15岁,想减肥。",
        "私は15歳です。",
        "عمري 15 سنة",
        "मैं 15 साल का हूं",
    ],
)
def test_an_age_is_read_in_every_language(text: str) -> None:
    assert Athlete.of(None, [text]).age == 15


@pytest.mark.parametrize(
    "text",
    [
        "Tengo 15 kilos de más",
        "J'ai 15 minutes par jour",
        "Ich bin 15 kg zu schwer",
        "Mein Sohn ist 15 Jahre alt",
        "Mam 15 minut",
    ],
)
def test_another_number_is_no_age(text: str) -> None:
    assert Athlete.of(None, [text]).age is None


ASKED_FOR_A_CHILD = [
    "How much creatine should my 12 year old take?",
    "My son is 12 and I want him to gain muscle. How much creatine should he take?",
    "I coach a girl who is 12. What may she lift?",
    "Darf mein 12-jähriger Sohn schwer heben?",
    "Mi hijo de 12 años quiere tomar creatina",
    "Mon fils a 12 ans, peut-il prendre de la créatine ?",
    "Mia figlia di 12 anni può fare pesi?",
    "O meu filho tem 12 anos, pode fazer dieta?",
    "Mijn dochter is 12 jaar, mag ze creatine?",
    "Moja córka ma 12 lat, ile kalorii?",
    "O\u011flum 12 ya\u015f\u0131nda, kreatin alabilir mi?",
    "Моему сыну 12 лет, можно ему креатин?",
    "我儿子12岁,可以吃肌酸吗?",
    "12歳の息子にクレアチンを飲ませてもいい?",
    "ابني عمره 12 سنة هل يأخذ الكرياتين",
    "मेरे बेटे की उम्र 12 साल है, क्या वह क्रिएटिन ले सकता है",
]


@pytest.mark.parametrize("text", ASKED_FOR_A_CHILD)
def test_who_asks_for_a_child_is_answered_as_the_child(text: str) -> None:
    athlete = Athlete.of({"preferences": {"age": 40}}, [text])
    assert (athlete.age, athlete.young_age, athlete.minor) == (40, 12, True)


def test_who_goes_on_about_the_child_is_still_answered_for_it() -> None:
    assert Athlete.of(None, [ASKED_FOR_A_CHILD[0], "And how much caffeine may he have?"]).young_age == 12


def test_what_is_said_of_another_takes_no_pregnancy_away() -> None:
    said = ["My sister is not pregnant. How much caffeine may she have, and how much may I?"]
    assert Athlete.of({"pregnant": True}, said).pregnant


def test_the_age_of_a_thing_is_no_childs() -> None:
    assert not Athlete.of(None, ["How long does a 10 year old tub of creatine keep?"]).minor


def test_a_child_that_was_asked_for_before_binds_no_later_answer() -> None:
    assert not Athlete.of(None, [ASKED_FOR_A_CHILD[0], "And how much should I eat?"]).minor


@pytest.mark.parametrize(
    "text",
    [
        "My son is 12, so I only have 30 minutes for myself",
        "My daughter is 25, can she squat?",
        "My brother has done 12 years of judo, is he too strong for me?",
        "The boy did 12 reps, can he do more?",
    ],
)
def test_a_child_that_nothing_is_asked_for_is_none(text: str) -> None:
    assert not Athlete.of(None, [text]).minor


@pytest.mark.parametrize(
    ("text", "pregnant"),
    [
        ("Can my pregnant wife keep deadlifting?", True),
        ("Meine Frau ist schwanger, darf sie joggen?", True),
        ("Mi mujer está embarazada, ¿puede correr?", True),
        ("Моя жена беременна, можно ей бегать?", True),
        ("我老婆怀孕了,可以跑步吗", True),
        ("My wife is pregnant, so I only have 20 minutes", False),
        ("My sister was pregnant and gave birth, can she run?", False),
    ],
)
def test_who_asks_for_somebody_pregnant_is_answered_as_she_is(text: str, pregnant: bool) -> None:
    assert Athlete.of(None, [text]).pregnant is pregnant


@pytest.mark.parametrize(
    ("expecting", "not_expecting"),
    [
        ("I'm pregnant", "I'm not pregnant"),
        ("Ich bin im fünften Monat schwanger", "Ich bin nicht mehr schwanger"),
        ("Estoy embarazada de cinco meses", "No estoy embarazada"),
        ("Je suis enceinte", "Je ne suis pas enceinte"),
        ("Sono incinta", "Non sono incinta"),
        ("Estou grávida", "Não estou grávida"),
        ("Ik ben zwanger", "Ik ben niet zwanger"),
        ("Jestem w ciąży", "Nie jestem w ciąży"),
        ("Hamileyim", "Hamile değilim"),
        ("Я беременна", "Я не беременна"),
        ("我怀孕了", "我没有怀孕"),
        ("妊娠中です", "妊娠していません"),
        ("أنا حامل", "لست حاملا"),
        ("मैं गर्भवती हूं", "मैं गर्भवती नहीं हूं"),
    ],
)
def test_pregnancy_is_read_in_every_language(expecting: str, not_expecting: str) -> None:
    assert Athlete.of(None, [expecting]).pregnant
    assert not Athlete.of(None, [not_expecting]).pregnant
    assert not Athlete.of(None, [expecting, not_expecting]).pregnant


@pytest.mark.parametrize(
    ("text", "minutes", "sessions"),
    [
        ("3x45 minutes a week", 45, 3),
        ("three evenings, one hour", 60, 3),
        ("2-3 times a week, 30-40 min", 40, 3),
        ("1.5 hours twice a week", 90, 2),
        ("45 min daily", 45, 7),
        ("4 days/week", None, 4),
        ("whenever I can", None, None),
    ],
)
def test_the_time_there_is_is_read_from_free_text(text: str, minutes: int | None, sessions: int | None) -> None:
    athlete = Athlete.of({"time_availability": text})
    assert (athlete.minutes_per_session, athlete.sessions_per_week) == (minutes, sessions)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("I'm 15", 15),
        ("i am only 16 and want abs", 16),
        ("I\u2019m a 14-year-old swimmer", 14),
        ("17 y/o here", 17),
        ("I just turned 18", 18),
        ("my 12 year old wants to lift", None),
        ("my son is 12 years old", None),
        ("I'm 15 kg overweight", None),
        ("I'm 20 weeks pregnant", None),
        ("I'm 12 reps in", None),
        ("I am 15% body fat", None),
    ],
)
def test_an_age_is_heard_when_it_is_the_users_own(text: str, age: int | None) -> None:
    assert Athlete.of(None, [text]).age == age


@pytest.mark.parametrize(
    ("words", "pregnant"),
    [
        (["I am 20 weeks pregnant"], True),
        (["I'm pregnant!"], True),
        (["I'm pregnant", "no longer pregnant"], False),
        (["I'm not pregnant"], False),
        (["I gave birth in May"], False),
        (["my wife is pregnant", "and what can I do?"], False),
        (["I am in my third trimester"], True),
    ],
)
def test_a_pregnancy_is_heard_and_the_newest_word_counts(words: list[str], pregnant: bool) -> None:
    assert Athlete.of(None, words).pregnant is pregnant


def test_what_the_user_says_outweighs_what_is_stored() -> None:
    assert Athlete.of({"preferences": {"age": 30}}, ["I'm 16"]).age == 16
    assert Athlete.of({"preferences": {"birth_year": 1950}}).minor is False


def test_what_the_profile_says_of_age_and_pregnancy_binds_without_a_word_in_the_conversation() -> None:
    born = datetime.now(UTC).year - 15
    assert Athlete.of({"birth_year": born, "preferences": {"age": 40}}).minor
    assert Athlete.of({"pregnant": True, "preferences": {"pregnant": False}}).pregnant
    assert not Athlete.of({"pregnant": False, "preferences": {"pregnant": True}}).pregnant


def test_conditions_and_medicines_limit_what_is_fine_as_injuries_do() -> None:
    athlete = Athlete.of({"injuries": "knee", "conditions": ["high blood pressure"], "medicines": ["warfarin"]})
    assert athlete.limits == "knee; high blood pressure; warfarin"
    sparring, hiit = plan(exercise("Boxing sparring")), plan(exercise("HIIT intervals"))
    assert "blood_thinners" in [found.rule for found in check_plan(sparring, athlete)]
    assert "heart_or_blood_pressure" in [found.rule for found in check_plan(hiit, athlete)]


@pytest.mark.parametrize(
    "profile",
    [
        {"preferences": None, "equipment": None, "goals": None, "injuries": None, "time_availability": None},
        {"preferences": [], "equipment": "dumbbells", "goals": 5},
        {"preferences": {"age": "old", "birth_year": 3.5, "pregnant": "maybe"}},
        {"preferences": {"age": -3}, "experience_level": "olympic"},
    ],
)
def test_a_strange_profile_is_read_without_fault(profile: dict[str, Any]) -> None:
    assert Athlete.of(profile) == Athlete()


@unhurried
@given(st.integers(6, 99), st.lists(st.sampled_from(["I like rowing", "my son is 12 years old", "3 sets of 10"])))
def test_the_users_own_age_is_heard_whatever_else_is_said(age: int, before: list[str]) -> None:
    assert Athlete.of(None, [*before, f"I\u2019M {age} years old"]).age == age
    assert Athlete.of(None, [f"i am {age}", *before]).age == age


@unhurried
@given(st.text(max_size=60), st.text(max_size=60))
def test_what_was_said_before_does_not_undo_a_pregnancy(before: str, after: str) -> None:
    assert Athlete.of(None, [before, "I am pregnant"]).pregnant
    assert Athlete.of({"injuries": before, "time_availability": after}, ["I am pregnant"]).pregnant
