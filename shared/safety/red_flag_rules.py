"""The red flags: which symptoms together, in one sentence, mean that no training advice is given."""

from dataclasses import dataclass

from shared.safety import advice
from shared.safety.advice import Advice


@dataclass(frozen=True)
class FlagRule:
    """All of `needs` within `window` words of the first of them, and none of `unless` within `window` of it.

    A `wall` between two of them means that they belong to different things: "trained chest, my knee hurts".
    """

    id: str
    kind: str
    advice: Advice
    needs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    walls: tuple[str, ...] = ()
    window: int = 9


# Only used to rule a red flag out.
CONTEXTS = {
    "muscle": """doms, soreness, sore, pec|pecs|pectoral, muscle|muscles, from bench|benching|pushups|dips|flyes|
        yesterdays|push|lifting, pressups, hypertrophy, stretch|stretches|stretching, mobility, posture, foam|roll|
        roller|rolling, shirt, bra, strap, band, cable, flyes, contraction, compression, vest""",
    "other_part": """knee|knees|elbow|elbows|wrist|wrists|ankle|ankles|hip|hips|leg|legs|hamstring|hamstrings|quad|
        quads|glute|glutes|foot|feet|toe|toes|shin|shins|triceps|biceps|thumb|finger|fingers|knuckles|heel|calf|
        calves|lats|head|tooth|teeth|ego|rotator|cuff|forearm|forearms|eyes""",
    "weather": "outside|weather|sunny|summer|room|pool|water|oven, degrees in, hot yoga",
    "dull": "boredom|bored|saddle|seat|dentist|cold|ice|icy|snow|alanine|cream|winter|freezing|novocaine, pre workout",
    "stimulated": "coffee|caffeine|preworkout|espresso|excited|nervous|date|crush, pre workout",
    "effort": """sprint|sprints|sprinting|sprinted|burpees|interval|intervals|hiit, after running, hard set, mask|
        swim|swimming|underwater|bracing|brace|nose|mask|during|amrap|wod|rower|airdyke|stairs|hills|hill|race|fast""",
    "beet": "beet|beets|beetroot|rhubarb|vitamins|multivitamin|b12, colour chart, color chart",
    "constipated": "constipated|constipation|effect|prescribed|colonoscopy|natural|magnesium",
    "pumped": "pump|pumped",
    "prescribed": """trt|prescribed|prescription|endocrinologist|cortisone|inhaler|asthma|doctor|cream|
        corticosteroid|natural|tested""",
    "insulin_fine": """sensitivity|resistance|resistant|response|spike|spikes|prescribed|pump|endocrinologist|type|
        diabetic""",
    "wound": """stop|stopped|stopping bleeding, bleeding ~ not|hasnt|isnt stop|stopped|stopping, accident|
        accidentally""",
    "not_body": "car|phone|treadmill|machine|bike|bar|barbell|watch|record|heart|window|english|shoe|laces|cable",
}
_E = advice.EMERGENCY
_S = advice.STROKE

# The most urgent first: one advice is given.
RULES = (
    FlagRule("suicide_or_self_harm", "self_harm", advice.CRISIS, ("self_harm",)),
    FlagRule("cutting", "self_harm", advice.CRISIS, ("cut_myself",), ("wound",)),
    FlagRule("overdose", "overdose", advice.OVERDOSE, ("overdose",)),
    FlagRule("stimulant_overdose", "overdose", advice.OVERDOSE, ("stimulant", "too_much", "took")),
    FlagRule("stimulant_reaction", "overdose", advice.OVERDOSE, ("too_much", "stimulant", "reaction"), window=12),
    FlagRule(
        "insulin_or_dnp", "overdose", advice.OVERDOSE, ("insulin", "misuse", "for_muscle"), ("insulin_fine",), (), 12
    ),
    FlagRule("steroid_symptoms", "overdose", advice.OVERDOSE, ("steroid", "symptom"), ("prescribed",), (), 14),
    FlagRule("steroid_injection", "overdose", advice.OVERDOSE, ("steroid", "injecting"), ("prescribed",), (), 6),
    FlagRule("heart_attack", "chest_pain", _E, ("heart_attack",)),
    FlagRule("chest_pain_phrase", "chest_pain", _E, ("chest_pain",)),
    FlagRule("chest_pain", "chest_pain", _E, ("chest", "pain"), ("muscle",), ("other_part",)),
    FlagRule("chest_pressure", "chest_pain", _E, ("chest", "pressure"), ("muscle",), ("other_part",), 8),
    FlagRule("chest_pain_with_alarm", "chest_pain", _E, ("chest", "pain", "alarm"), (), (), 14),
    FlagRule("pain_radiating", "chest_pain", _E, ("pain", "radiating", "arm_or_jaw"), (), ("other_part",), 8),
    FlagRule("left_arm_on_effort", "chest_pain", _E, ("left_arm", "pain", "cardio"), (), ("other_part",)),
    FlagRule("anaphylaxis", "allergy", advice.ALLERGY, ("allergy",)),
    FlagRule("airway_swelling", "allergy", advice.ALLERGY, ("airway", "swelling"), (), (), 5),
    FlagRule("hives_and_breath", "allergy", advice.ALLERGY, ("hives", "breathless"), (), (), 12),
    FlagRule("vomiting_blood", "bleeding", _E, ("bring_up", "blood"), (), (), 6),
    FlagRule("blood_in_stool", "bleeding", _E, ("stool", "blood"), (), (), 4),
    FlagRule("bleeding", "bleeding", _E, ("bleeding",)),
    FlagRule("stroke", "stroke", _S, ("stroke",)),
    FlagRule("face_droop", "stroke", _S, ("face", "weak"), (), (), 5),
    FlagRule("slurred_speech", "stroke", _S, ("speech",)),
    FlagRule("one_sided_weakness", "stroke", _S, ("one_side", "weak"), (), (), 7),
    FlagRule("sudden_weakness", "stroke", _S, ("sudden", "weak"), (), (), 8),
    FlagRule("seizure", "seizure", _E, ("seizure",)),
    FlagRule("cauda_equina", "cauda_equina", _S, ("back", "bladder"), (), (), 14),
    FlagRule("saddle_numbness", "cauda_equina", _S, ("saddle", "numb"), ("dull",), (), 7),
    FlagRule("numbness", "numbness", _S, ("numb", "limb"), ("dull",), (), 8),
    FlagRule("numbness_named", "numbness", _S, ("numb", "training"), ("dull",), (), 10),
    FlagRule("worst_headache", "headache", _E, ("headache", "worst"), (), (), 9),
    FlagRule("headache_and_fever", "headache", _E, ("headache", "meningism"), (), (), 10),
    FlagRule("vision_loss", "vision", _S, ("vision",)),
    FlagRule("head_blow", "head_injury", advice.HEAD, ("head", "struck"), (), (), 6),
    FlagRule("concussion", "head_injury", advice.HEAD, ("concussion",)),
    FlagRule("pregnancy", "pregnancy", advice.PREGNANCY, ("pregnant", "pregnancy_sign"), (), (), 16),
    FlagRule("fainting", "fainting", _E, ("faint",), (), (), 6),
    FlagRule("palpitations_and_dizziness", "palpitations", _E, ("palpitations", "dizzy"), (), (), 14),
    FlagRule("palpitations_at_rest", "palpitations", _E, ("palpitations", "at_rest"), ("stimulated",), (), 12),
    FlagRule("palpitations_and_breath", "palpitations", _E, ("palpitations", "breathless"), (), (), 14),
    FlagRule("breathless_at_rest", "breathlessness", _E, ("breathless", "at_rest"), (), (), 10),
    FlagRule("cannot_breathe", "breathlessness", _E, ("cant_breathe",), ("effort",), (), 10),
    FlagRule("sugar_emergency", "diabetes", advice.SUGAR, ("sugar_emergency",)),
    FlagRule("sugar_crisis", "diabetes", advice.SUGAR, ("diabetic", "sugar_crisis"), (), (), 12),
    FlagRule("rhabdomyolysis", "rhabdomyolysis", advice.KIDNEYS, ("rhabdo",)),
    FlagRule("dark_urine", "rhabdomyolysis", advice.KIDNEYS, ("urine", "dark"), ("beet",), (), 7),
    FlagRule("heat_stroke", "heat", advice.HEAT, ("heat_stroke",)),
    FlagRule("dehydration", "heat", advice.HEAT, ("dehydrated", "severe"), (), (), 12),
    FlagRule("heat_confusion", "heat", advice.HEAT, ("heat", "confused"), (), (), 14),
    FlagRule("blood_clot", "clot", advice.CLOT, ("clot",)),
    FlagRule("calf_swelling", "clot", advice.CLOT, ("calf", "clot_sign"), ("pumped",), (), 7),
    FlagRule("bone_out", "fracture", advice.INJURY, ("bone_out",)),
    FlagRule("fracture", "fracture", advice.INJURY, ("bone", "broken"), ("not_body",), (), 6),
    FlagRule("fever", "fever", advice.ILLNESS, ("hot_body",), ("weather",), (), 8),
    FlagRule("infection_and_training", "fever", advice.ILLNESS, ("infection", "training"), (), (), 14),
    FlagRule("purging", "eating_disorder", advice.EATING, ("purge",)),
    FlagRule("starving", "eating_disorder", advice.EATING, ("starve_myself",)),
    FlagRule("eating_disorder", "eating_disorder", advice.EATING, ("disorder",)),
    FlagRule("laxatives", "eating_disorder", advice.EATING, ("laxative", "to_lose"), ("constipated",), (), 10),
)
