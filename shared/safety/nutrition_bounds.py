"""How much is safe to eat, drink and take, and what is never."""

from dataclasses import dataclass

from shared.safety.findings import Rule

KJ_PER_KCAL = 4.184
LB_PER_KG = 2.205
LEAST_MEANT = 200  # kcal; less is a portion, not a day
LEAST_KCAL = 1200
DEFICIT_KCAL = 1000
LOSS_KG = 1.0  # a week
LOSS_SHARE = 1.0  # % of body weight a week
FAST_HOURS = 24
FAST_HOURS_YOUNG = 13  # minors and pregnancy: a night
WATER_LITRES_DAY = 7.0  # above what even hard training in heat needs by thirst
WATER_LITRES_HOUR = 1.5
NEAR = 45  # characters between a substance and its amount

CALORIES = Rule(
    "calories_too_low", "NHLBI/NIH Practical Guide on obesity, 2000: 1,200 kcal or more for women, 1,500 for men"
)
DEFICIT = Rule("deficit_too_large", "NHLBI/NIH Practical Guide on obesity, 2000: deficit of 500 to 1,000 kcal a day")
MINOR_DEFICIT = Rule("minor_deficit", "AAP clinical report on preventing obesity and eating disorders, 2016")
PREGNANT_DEFICIT = Rule("pregnancy_deficit", "ACOG Committee Opinion 548 on weight gain in pregnancy, 2013")
LOSS = Rule(
    "weight_loss_too_fast", "ACSM position stand on weight loss, 2009; NHLBI/NIH 2000: up to 2 lb (1 kg) a week"
)
FASTING = Rule("fast_too_long", "IOC consensus statement on RED-S, 2023: low energy availability; caution beyond a day")
WATER = Rule("too_much_water", "International exercise-associated hyponatremia consensus, 2015: drink to thirst")
WATER_CUT = Rule("water_cut", "ACSM position stand on exercise and fluid replacement, 2007")
CAFFEINE = Rule("caffeine", "EFSA scientific opinion on the safety of caffeine, 2015; FDA: 400 mg a day")
CAFFEINE_MINOR = Rule("caffeine_minor", "AAP 2011 on caffeine for adolescents; EFSA 2015: 3 mg/kg, about 100 mg")
CAFFEINE_PREGNANT = Rule(
    "caffeine_pregnancy", "EFSA scientific opinion on the safety of caffeine, 2015: up to 200 mg a day; ACOG 462, 2010"
)
CREATINE = Rule("creatine", "ISSN position stand on creatine, 2017: loading with 20 to 25 g a day")
CREATINE_MINOR = Rule("creatine_minor", "AAP policy on performance-enhancing substances, 2016: not under 18")
CREATINE_PREGNANT = Rule(
    "creatine_pregnancy", "ISSN position stand on creatine, 2017: safety in pregnancy not established"
)
VITAMIN_D = Rule("vitamin_d", "NIH ODS fact sheet on vitamin D: upper level 100 µg (4,000 IU) a day")
IRON = Rule("iron", "NIH ODS fact sheet on iron: upper level 45 mg a day")
VITAMIN_A = Rule("vitamin_a", "NIH ODS fact sheet on vitamin A: upper level 3,000 µg a day")
VITAMIN_A_PREGNANT = Rule(
    "vitamin_a_pregnancy", "WHO guideline on vitamin A in pregnancy, 2011; NIH ODS: birth defects above 3,000 µg"
)
POTASSIUM = Rule("potassium", "FDA: supplements above 99 mg a dose carry warnings; NIH ODS fact sheet on potassium")
ZINC = Rule("zinc", "NIH ODS fact sheet on zinc: upper level 40 mg a day")
MAGNESIUM = Rule("magnesium", "NIH ODS fact sheet on magnesium: upper level 350 mg a day from supplements, not food")
VITAMIN_B6 = Rule("vitamin_b6", "NIH ODS fact sheet on vitamin B6: upper level 100 mg a day")
NIACIN = Rule("niacin", "NIH ODS fact sheet on niacin: above 35 mg flushes; high doses harm the liver")
SELENIUM = Rule("selenium", "NIH ODS fact sheet on selenium: upper level 400 µg a day")
NICOTINE = Rule("nicotine", "WHO report on the global tobacco epidemic, 2023: addictive, no safe use in sport")
STIMULANTS = Rule("banned_stimulants", "FDA ban of ephedra, 2004; FDA on DMAA, 2013")
DNP = Rule("dnp", "FDA and UK FSA warnings: DNP kills; not fit for human use")
ANABOLICS = Rule("anabolics", "WADA Prohibited List 2024; ACSM 2021 on anabolic-androgenic steroids")
SARMS = Rule("sarms", "FDA warning on SARMs, 2017 and 2023")
DIURETICS = Rule("diuretics", "WADA Prohibited List 2024; ACSM position stand on fluid replacement, 2007")
CLENBUTEROL = Rule("clenbuterol", "WADA Prohibited List 2024; not approved for people by the FDA")
INSULIN = Rule("insulin_misuse", "WADA Prohibited List 2024: insulins")
LAXATIVES = Rule("laxatives_for_weight", "IOC consensus statement on RED-S, 2023")
PURGING = Rule("vomiting_for_weight", "IOC consensus statement on RED-S, 2023")
DRY_SCOOP = Rule(
    "dry_scooping", "AAP Pediatrics 2021 and JAMA letters on highly concentrated powder: choking, arrhythmia"
)
SAUNA_SUIT = Rule("sauna_suit", "NCAA ban of rubber suits after deaths of wrestlers, 1998; CDC MMWR 1998")


@dataclass(frozen=True)
class Substance:
    """Bounds in mg a day with the rule each comes from; `iu` is how many units make one mg."""

    name: str
    pattern: str
    adult: tuple[Rule, float]
    minor: tuple[Rule, float] | None = None
    pregnant: tuple[Rule, float] | None = None
    units: tuple[str, ...] = ("g", "mg", "ug")
    iu: float = 1.0
    from_food: bool = False  # whether food may hold more, since the bound is of supplements


SUBSTANCES = (
    Substance("caffeine", r"\bcaffeine\b", (CAFFEINE, 400), (CAFFEINE_MINOR, 100), (CAFFEINE_PREGNANT, 200)),
    Substance("creatine", r"\bcreatine\b", (CREATINE, 25_000), (CREATINE_MINOR, 0), (CREATINE_PREGNANT, 0)),
    Substance(
        "vitamin D",
        r"\bvitamin[ -]?d[23]?\b|"
        r"\bcholecalciferol\b",
        (VITAMIN_D, 0.1),
        units=("g", "mg", "ug", "iu"),
        iu=40_000,
    ),
    Substance("iron", r"\biron\b(?! (?:man|plates?|bar))", (IRON, 45)),
    Substance(
        "vitamin A",
        r"\bvitamin[ -]?a\b|\bretinol\b",
        (VITAMIN_A, 3.0),
        None,
        (VITAMIN_A_PREGNANT, 3.0),
        ("g", "mg", "ug", "iu"),
        10_000 / 3,
    ),
    Substance(
        "potassium in supplements",
        r"\bpotassium (?:supplements?|pills?|tablets?|chloride|citrate|"
        r"capsules?|powder)\b",
        (POTASSIUM, 99),
    ),
    Substance("zinc", r"\bzinc\b", (ZINC, 40)),
    Substance("magnesium in supplements", r"\bmagnesium\b", (MAGNESIUM, 350), from_food=True),
    Substance("vitamin B6", r"\bvitamin[ -]?b6\b|\bpyridoxine\b", (VITAMIN_B6, 100)),
    Substance("niacin", r"\bniacin\b|\bnicotinic acid\b", (NIACIN, 35)),
    Substance("selenium", r"\bselenium\b", (SELENIUM, 0.4)),
)
OTHER_NUTRIENTS = (
    r"\b(?:protein|carb\w*|fat|fats|fib(?:er|re)|sugar|salt|sodium|calcium|omega|ashwagandha|beta[ -]alanine|"
    r"citrulline|taurine|"
    r"coffee|food|vitamin c|turmeric|melatonin|glycine|collagen|whey|l-theanine|theanine|beef|spinach|steak|"
    r"lentils|oats)\b"
)


@dataclass(frozen=True)
class Never:
    rule: Rule
    pattern: str
    message: str
    taken_by: str = r"(?!)"  # what is said before it of those who have it from a doctor


ADVISING = (
    r"\b(?:take|taking|use|using|try|trying|add|adding|stack|consider|recommend\w*|suggest\w*|helps?|start|"
    r"cycle|inject\w*|pin|dose|dosing|mg|"
    r"ml|buy|get|wear\w*|do|with|on|run|drink|works?|boosts?|good|great|effective|safe|pop|you can|you could|"
    r"should|week|day|before|chew|pouch\w*)\b"
)
MEDICAL = r"\b(?:diseases?|conditions?|doctors?|pharmacists?|clinicians?|medic\w+|prescri\w+|blood pressure)\b"
FOOD = (
    r"\b(?:from (?:your |the )?(?:foods?|diet|meals)|in (?:your |the |their |a )?(?:food|diet)|dietary|rda|"
    r"recommended (?:daily |dietary )?(?:intake|allowance|amount))\b"
)
SUPPLEMENT = r"\b(?:supplement\w*|pills?|tablets?|capsules?|powder|glycinate|citrate|oxide|chloride|malate|threonate)\b"
_DOCTOR = "Please talk to a doctor about it; sleep, food and steady training are what works and is fine."
NEVER = (
    Never(
        STIMULANTS,
        r"\b(?:ephedra|ephedrine|ma huang|dmaa|dmha|yohimbine|sibutramine|amphetamines?|"
        r"adderall)\b",
        f"Such stimulants can stop a heart and are banned. {_DOCTOR}",
    ),
    Never(DNP, r"\b(?:dnp|dinitrophenol)\b", "DNP kills; no dose is safe. A moderate calorie deficit is fine."),
    Never(CLENBUTEROL, r"\b(?:clenbuterol|clen)\b", f"Clenbuterol harms the heart and is not for people. {_DOCTOR}"),
    Never(
        ANABOLICS,
        r"\b(?:anabolic steroids?|steroids|steroid cycle|trenbolone|tren|dianabol|dbol|anavar|winstrol|deca[ "
        r"-]durabolin|stanozolol|nandrolone|testosterone (?:enanthate|cypionate|injections?|cycle)|growth "
        r"hormone|hgh)\b",
        f"Anabolic drugs harm heart, liver and mind. {_DOCTOR}",
    ),
    Never(
        SARMS,
        r"\b(?:sarms?|ostarine|ligandrol|rad-?140|mk-?677|cardarine|"
        r"gw-?501516)\b",
        f"SARMs are not approved and can harm liver and heart. {_DOCTOR}",
    ),
    Never(
        DIURETICS,
        r"\b(?:diuretics?|furosemide|lasix|water "
        r"pills?)\b",
        "Diuretics for weight or looks are dangerous; drinking to thirst is fine.",
        r"\b(?:people|anyone|those|patients|adults|if you)\b[^.!?;]{0,70}\b(?:on|takes?|taking|prescribed) (?:\w+ )?$",
    ),
    Never(
        INSULIN,
        r"\binsulin\b(?=[^.]{0,40}\b(?:muscle|bulk|growth|gains|anabolic|mass|"
        r"pump)\b)",
        "Insulin without diabetes can kill within an hour. Carbohydrates and protein after training are fine.",
    ),
    Never(
        LAXATIVES,
        r"\b(?:laxatives?|enemas?|diet "
        r"pills?)\b",
        "Laxatives and diet pills take water, not fat, and harm. Regular meals with fibre are fine.",
    ),
    Never(
        PURGING,
        r"\b(?:purg(?:e|ing)|throw(?:ing)? up|vomit(?:ing)?|make yourself "
        r"sick)\b(?=[^.]{0,40}\b(?:meal|meals|eating|food|weight|calories|"
        r"binge)\b)",
        "Vomiting after meals is dangerous. Regular meals are fine, and a doctor can help.",
    ),
    Never(
        NICOTINE,
        r"\b(?:nicotine|snus|vap(?:e|ing))\b(?! (?:addiction|withdrawal|"
        r"replacement))",
        "Nicotine is addictive and does not help training. A coffee, within the usual bounds, is fine.",
    ),
    Never(
        DRY_SCOOP,
        r"\bdry[ -]?scoop\w*\b",
        "Swallowing powder dry can choke you and shock the heart; mixed with water as the label says is fine.",
    ),
    Never(
        SAUNA_SUIT,
        r"\b(?:sauna|rubber|sweat|plastic|trash ?bag|bin ?bag)[ -]?(?:suits?|"
        r"wrap)\b",
        "Sauna suits cost water, not fat, and can cause heat stroke; light, airy clothes are fine.",
    ),
)
RULES = tuple(value for value in list(globals().values()) if isinstance(value, Rule))
