import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety.athlete import Athlete
from shared.safety.nutrition import Substance, check_text, substances
from shared.safety.quantities import number, quantities
from shared.safety.rulebook import rule
from shared.safety.words import fold
from tests.support.properties import unhurried

ADULT = Athlete()
MINOR = Athlete(age=15)
PREGNANT = Athlete(pregnant=True)


def rules(text: str, athlete: Athlete = ADULT) -> set[str]:
    return {finding.rule for finding in check_text(text, athlete)}


def dose(substance: Substance, milligrams: float) -> str:
    return f"Take {milligrams:.3f} mg of {substance.name.replace(' in supplements', ' supplements')}."


def kinds(text: str, athlete: Athlete) -> set[str]:
    """What a finding is about, whoever it is for: "caffeine_minor" is of caffeine."""
    return {each.removesuffix("_minor").removesuffix("_pregnancy") for each in rules(text, athlete)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Eat 800-900 kcal/day.", "calories_too_low"),
        ("Aim for 1.000 kcal a day.", "calories_too_low"),
        ("Stay under 1,000 calories per day.", "calories_too_low"),
        ("Your daily intake should be 3,500 kJ.", "calories_too_low"),
        ("You could lose 3 kg a week.", "weight_loss_too_fast"),
        ("Lose 10 pounds in two weeks!", "weight_loss_too_fast"),
        ("Aim to lose 2% of body weight per week.", "weight_loss_too_fast"),
        ("Use a deficit of 1500 kcal.", "deficit_too_large"),
        ("Fast for 48 hours every week.", "fast_too_long"),
        ("A 3 day fast will help.", "fast_too_long"),
        ("Drink 10 litres of water a day.", "too_much_water"),
        ("Stop drinking water 24 hours before the weigh-in.", "water_cut"),
        ("Take 5g caffeine before training.", "caffeine"),
        ("600 mg of caffeine is a good dose.", "caffeine"),
        ("Load with 40 g of creatine a day.", "creatine"),
        ("Take 10,000 IU of vitamin D daily.", "vitamin_d"),
        ("Add 100 mg of iron.", "iron"),
        ("Try dry scooping your pre-workout.", "dry_scooping"),
        ("Take DNP to burn fat.", "dnp"),
        ("A cycle of trenbolone helps.", "anabolics"),
        ("Use diuretics before the show.", "diuretics"),
        ("Run in a sauna suit.", "sauna_suit"),
    ],
)
def test_unsafe_advice_is_found(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "Never go below 1,200 kcal a day.",
        "Eating 800 kcal a day is dangerous.",
        "Avoid DNP.",
        "Don't take more than 400 mg caffeine a day.",
        "Up to 400 mg of caffeine a day is fine.",
        "Take 3 g of creatine and 300 mg of caffeine.",
        "Eat 2,200 kcal a day, with 400 kcal at breakfast.",
        "A deficit of 300 to 500 kcal is a good start.",
        "Lose 0.5 kg a week.",
        "Lose 5 kg in 10 weeks.",
        "An overnight fast of 12 hours is fine.",
        "Fasting for 48 hours is not recommended.",
        "Drink 2 to 3 litres of water a day.",
        "Steroids are banned and dangerous.",
        "Skip dry scooping: mix it with water.",
        "You burn about 500 calories in an hour.",
        "A bar has 250 calories.",
        "Vitamin D of 1,000 IU a day is common.",
        "Squat 100 kg for 5 reps with a 20 kg barbell.",
        "Eat 1.6 g of protein per kg a day.",
    ],
)
def test_a_warning_and_a_sensible_amount_are_fine(text: str) -> None:
    assert rules(text) == set()


def test_the_young_and_the_pregnant_have_bounds_of_their_own() -> None:
    assert rules("Take 200 mg of caffeine.", MINOR) == {"caffeine_minor"}
    assert rules("Take 300 mg of caffeine.", PREGNANT) == {"caffeine_pregnancy"}
    assert rules("Take 5 g of creatine a day.", MINOR) == {"creatine_minor"}
    assert "minor_deficit" in rules("A small calorie deficit helps.", MINOR)
    assert "pregnancy_deficit" in rules("A small calorie deficit helps.", PREGNANT)
    assert rules("Fast for 16 hours.", MINOR) == {"fast_too_long"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.000", 1000), ("1,200", 1200), ("1 200", 1200), ("0.500", 0.5), ("1.5", 1.5), ("2,5", 2.5), ("900", 900)],
)
def test_numbers_are_read_as_they_are_written(text: str, value: float) -> None:
    assert number(text) == value


# Milligrams a day, and the words of the cited source that say so.
SOURCES = [
    ("caffeine", ADULT, 400, "400 mg a day"),
    ("caffeine_minor", MINOR, 100, "about 100 mg"),
    ("caffeine_pregnancy", PREGNANT, 200, "up to 200 mg a day"),
    ("creatine", ADULT, 25_000, "20 to 25 g a day"),
    ("creatine_minor", MINOR, 0, "not under 18"),
    ("creatine_pregnancy", PREGNANT, 0, "safety in pregnancy not established"),
    ("vitamin_d", ADULT, 0.1, "100 \u00b5g (4,000 IU) a day"),
    ("iron", ADULT, 45, "upper level 45 mg a day"),
    ("vitamin_a", ADULT, 3, "upper level 3,000 \u00b5g a day"),
    ("vitamin_a_pregnancy", PREGNANT, 3, "birth defects above 3,000 \u00b5g"),
    ("potassium", ADULT, 99, "above 99 mg a dose"),
    ("zinc", ADULT, 40, "upper level 40 mg a day"),
    ("magnesium", ADULT, 350, "upper level 350 mg a day from supplements"),
    ("vitamin_b6", ADULT, 100, "upper level 100 mg a day"),
    ("niacin", ADULT, 35, "above 35 mg"),
    ("selenium", ADULT, 0.4, "upper level 400 \u00b5g a day"),
]
BOUNDED = {
    rule_id: substance
    for substance in substances()
    for rule_id in (substance.adult, substance.minor, substance.pregnant)
    if rule_id
}


def test_each_bound_of_a_substance_is_checked_against_its_source() -> None:
    assert {rule_id for rule_id, *_ in SOURCES} == set(BOUNDED)


@pytest.mark.parametrize(("rule_id", "athlete", "milligrams", "said"), SOURCES)
def test_a_substance_is_bounded_by_the_number_of_its_source(
    rule_id: str, athlete: Athlete, milligrams: float, said: str
) -> None:
    substance, most = BOUNDED[rule_id], rule(rule_id).bounds["mg"]
    assert said in rule(rule_id).source
    assert most == milligrams
    stated = [q.high * {"g": 1000, "mg": 1, "ug": 0.001}[q.unit] for q in quantities(fold(said)) if q.unit in "gmgug"]
    assert stated in ([most], [])
    name = substance.name.replace(" in supplements", " supplements")
    assert rules(f"Take {milligrams:g} mg of {name} a day.", athlete) == set()
    assert rules(f"Take {milligrams * 1.02 + 0.01:g} mg of {name} a day.", athlete) == {rule_id}


def test_units_of_a_vitamin_are_bounded_as_its_milligrams_are() -> None:
    assert rules("Take 4,000 IU of vitamin D a day, 10,000 IU of vitamin A a day.") == set()
    assert rules("Take 4,100 IU of vitamin D a day.") == {"vitamin_d"}
    assert rules("Take 10,100 IU of vitamin A a day.") == {"vitamin_a"}


def test_food_may_hold_more_magnesium_than_supplements_should() -> None:
    assert rules("Aim for 400 mg of magnesium a day from food.") == set()
    assert rules("The recommended daily intake of magnesium is 420 mg for men.") == set()
    assert rules("Take 380 mg of magnesium glycinate every evening.") == {"magnesium"}
    assert rules("Besides what is in your food take a supplement of 380 mg of magnesium.") == {"magnesium"}


@unhurried
@given(st.integers(401, 5000))
def test_any_amount_beyond_the_bound_is_found(milligrams: int) -> None:
    assert rules(f"Take {milligrams} mg of caffeine.") == {"caffeine"}


@unhurried
@given(st.integers(200, 5000))
def test_a_day_is_too_little_exactly_below_the_bound(kcal: int) -> None:
    assert rules(f"Eat {kcal} kcal a day.") == ({"calories_too_low"} if kcal < 1200 else set())
    assert rules(f"Aim for a deficit of {kcal} kcal a day.") == ({"deficit_too_large"} if kcal > 1000 else set())


@unhurried
@given(st.sampled_from(substances()), st.floats(0.3, 3), st.floats(1, 100))
def test_more_of_a_substance_is_never_safer(substance: Substance, share: float, times: float) -> None:
    milligrams = rule(substance.adult).bounds["mg"] * share
    assert rules(dose(substance, milligrams)) <= rules(dose(substance, milligrams * times))


@unhurried
@given(st.sampled_from([MINOR, PREGNANT]), st.sampled_from(substances()), st.floats(0.3, 3))
def test_the_young_and_the_pregnant_get_no_fewer_findings(athlete: Athlete, substance: Substance, share: float) -> None:
    text = dose(substance, rule(substance.adult).bounds["mg"] * share)
    assert kinds(text, ADULT) <= kinds(text, athlete)


@pytest.mark.parametrize("limit", ["Up to {}", "At most {}", "A maximum of {}"])
def test_a_limit_that_is_too_high_is_an_allowance(limit: str) -> None:
    said = limit.format("1,000 mg of caffeine a day is fine.")
    assert {finding.rule for finding in check_text(said, Athlete())} == {"caffeine"}
    assert not list(check_text(limit.format("400 mg of caffeine a day is fine."), Athlete()))
