"""Names of exercises, grouped by what they ask of the body; found as whole words, plural or not."""

import re
from collections.abc import Iterable
from functools import cache

from shared.safety.words import fold

GROUPS: dict[str, str] = {
    "deep_knee": """squat, pistol, lunge, split squat, step up, leg extension, sissy squat, hack squat, thruster,
        wall sit, duck walk, kneeling jump""",
    "jump": """jump, hop, bound, burpee, plyometric, plyo, box jump, skipping, jumping jack, double under, depth
        drop, tuck jump, sprint, bounding, jump rope, skater""",
    "run": """run, running, jog, jogging, sprint, interval run, treadmill run, marathon""",
    "overhead": """overhead, shoulder press, military press, push press, jerk, snatch, arnold press, handstand,
        behind the neck, thruster, strict press, wall ball, pike push up, landmine press, ohp""",
    "shoulder_end_range": """dip, upright row, behind the neck, bench press, kipping, muscle up, chest fly, pec fly,
        pullover, pull up, chin up, ring""",
    "spine_load": """deadlift, good morning, back squat, barbell row, bent over row, snatch, clean, jefferson curl,
        atlas stone, barbell squat, front squat, power clean, kettlebell swing, tire flip, tyre flip, pendlay row""",
    "spine_flexion": """sit up, crunch, russian twist, v up, toe touch, toes to bar, jackknife, rollup, roll up, leg
        raise, windmill, jefferson curl, cable twist, roman chair, ghd""",
    "wrist_load": """push up, pushup, press up, handstand, planche, front squat, clean, snatch, burpee, bear crawl,
        bench press, barbell curl, wrist curl, plank, crow, mountain climber""",
    "elbow_load": """skull crusher, triceps extension, tricep extension, dip, chin up, pull up, barbell curl,
        preacher curl, french press, close grip, rope climb, muscle up""",
    "neck_load": """headstand, neck bridge, wrestler bridge, shoulder stand, behind the neck, plow, plough, back
        squat, shrug, neck curl, neck harness, handstand, barbell squat, sit up""",
    "hip_load": """deep squat, sumo, pistol, leg press, hip thrust, lunge, high knee, pigeon, bulgarian split squat,
        kick, leg raise, hurdle, deadlift""",
    "straining": """deadlift, squat, bench press, leg press, power clean, snatch, jerk, clean and jerk, overhead
        press, hip thrust, atlas stone, yoke, tire flip, tyre flip, barbell row, clean, farmer""",
    "breath_hold": """valsalva, 1rm, one rep max, max effort, maximal, isometric hold, wall sit, plank hold, dead
        hang""",
    "high_intensity": """hiit, tabata, sprint, burpee, interval, amrap, metcon, all out, crossfit, assault bike""",
    "supine": """bench press, floor press, crunch, sit up, glute bridge, hip bridge, lying, supine, dead bug, skull
        crusher, hollow, leg raise, bicycle crunch, v up""",
    "contact_or_fall": """boxing, sparring, kickboxing, judo, wrestling, rugby, football match, soccer match,
        basketball match, hockey, martial art, skiing, snowboard, horse, riding, climbing, bouldering, gymnastic,
        trampoline, scuba, diving, mountain bike, surf, box jump, rope climb, handstand, headstand, pistol, jiu
        jitsu, bjj, mma, muay thai, skydive""",
    "heat": """hot yoga, bikram, hot pilates, sauna, steam room, hot tub, hot vinyasa, sauna suit, heat training""",
    "inverted": """headstand, handstand, shoulder stand, inversion, inverted, decline, wheel pose""",
    "maximal": """1rm, 1 rm, one rep max, 1 rep max, max out, max effort, maximal, max single, heavy single, max
        test, max attempt, rep max, pr attempt, max lift, 3rm, 2rm""",
    "achilles_load": """calf raise, jump rope, box jump, sprint, hop, double under, hill run, skipping, bounding,
        depth jump""",
    "hamstring_load": """nordic, deadlift, sprint, good morning, leg curl, glute ham raise, kettlebell swing, rdl,
        high kick""",
    "adductor_load": """sumo, copenhagen, cossack, adductor, side lunge, lateral lunge, wide stance""",
}
# Easier kinds of the same movement, which the groups above do not mean.
GENTLE = """wall push up, incline push up, box squat to chair, sit to stand, chair squat, assisted, partial, band,
        banded, water, aqua, isometric quad, supported, machine chest, seated march, walk run, half kneeling, wall
        slide, mini squat, jump rope handle, shallow, terminal knee, low step, push up plus, stretch, mobility, pain
        free"""


def singular(text: str) -> str:
    words = re.findall(r"[^\W_]+", fold(text))
    return " ".join(
        word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word for word in words
    )


@cache
def _pattern(names: str) -> re.Pattern[str]:
    spelt = (re.escape(singular(word)).replace(r"\ ", r"\ ?") for word in names.split(","))
    return re.compile(rf"\b(?:{'|'.join(spelt)})\b")


def asks(name: str, groups: Iterable[str]) -> bool:
    """Whether an exercise of this name belongs to one of the groups."""
    plain = singular(name)
    return not _pattern(GENTLE).search(plain) and any(_pattern(GROUPS[group]).search(plain) for group in groups)
