"""Which movements a stated injury or condition rules out, and what does instead."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.safety.athlete import Athlete
from shared.safety.findings import Finding, Rule, finding
from shared.safety.movements import asks
from shared.safety.words import fold
from shared.training import Exercise


@dataclass(frozen=True)
class Contraindication:
    rule: Rule
    called: str  # in the message
    stated: str  # pattern in the folded text of the profile
    avoid: tuple[str, ...]  # groups of movements
    when_mild: tuple[str, ...]  # those still avoided when it is called mild
    instead: str


_NSCA = "NSCA Essentials of Strength Training and Conditioning, 4th ed. 2016"
_ACSM = "ACSM Guidelines for Exercise Testing and Prescription, 11th ed. 2021"
_REHAB = "NSCA Essentials of Personal Training, 3rd ed. 2021: clients with orthopedic concerns"

TABLE = (
    Contraindication(
        Rule("injury_knee", _REHAB),
        "your knee",
        r"\b(?:knees?|acl|mcl|pcl|menisc\w+|patell\w+|kneecap)\b",
        ("deep_knee", "jump", "run"),
        ("jump",),
        "glute bridges, sit-to-stand from a chair, cycling or swimming",
    ),
    Contraindication(
        Rule("injury_shoulder", _REHAB),
        "your shoulder",
        r"\b(?:shoulders?|rotator cuff|labrum|impingement|ac "
        r"joint|slap tear)\b",
        ("overhead", "shoulder_end_range"),
        ("overhead",),
        "rows, wall push-ups, or presses below shoulder height with a light band",
    ),
    Contraindication(
        Rule("injury_lower_back", _REHAB),
        "your back",
        r"\b(?:(?:lower|low|bad|sore|upper|mid|injured|hurt) back|back (?:pain|injury|problems?|issues?|strain|"
        r"spasms?)|"
        r"backache|lumbar|slipped dis[ck]|herniated|dis[ck] (?:herniation|bulge|prolapse)|bulging dis[ck]|"
        r"sciatica|spond\w+|my back)\b",
        ("spine_load", "spine_flexion"),
        ("spine_load",),
        "bird dogs, glute bridges, planks, walking, or supported rows",
    ),
    Contraindication(
        Rule("injury_wrist", _REHAB),
        "your wrist",
        r"\b(?:wrists?|carpal tunnel|scaphoid|thumb)\b",
        ("wrist_load",),
        ("wrist_load",),
        "forearm planks, push-ups on handles, or machines with a neutral grip",
    ),
    Contraindication(
        Rule("injury_ankle", _REHAB),
        "your ankle or foot",
        r"\b(?:ankles?|achilles|foot|feet|plantar fasci\w+|"
        r"heel|shin splints?|metatars\w+|calf)\b",
        ("jump", "run", "achilles_load"),
        ("jump",),
        "cycling, swimming, or seated strength work",
    ),
    Contraindication(
        Rule("injury_hip", _REHAB),
        "your hip",
        r"\b(?:hips?|fai|labral|hip flexors?)\b",
        ("hip_load", "jump", "run"),
        ("jump",),
        "glute bridges, clamshells, swimming, or squats to a high box",
    ),
    Contraindication(
        Rule("injury_neck", _REHAB),
        "your neck",
        r"\b(?:neck|cervical|whiplash)\b",
        ("neck_load", "overhead"),
        ("neck_load",),
        "supported rows, leg work without a bar on the back, or walking",
    ),
    Contraindication(
        Rule("injury_elbow", _REHAB),
        "your elbow",
        r"\b(?:elbows?|epicondyl\w+|tennis elbow|golfers? elbow|ucl)\b",
        ("elbow_load",),
        ("elbow_load",),
        "leg and core work, or light rows and presses with a neutral grip",
    ),
    Contraindication(
        Rule("injury_hamstring_or_groin", _REHAB),
        "your hamstring or groin",
        r"\b(?:hamstrings?|groin|adductors?)\b",
        ("hamstring_load", "adductor_load", "jump"),
        ("jump",),
        "glute bridges, easy cycling, or upper-body work",
    ),
    Contraindication(
        Rule("hernia", _NSCA),
        "a hernia",
        r"\b(?:(?:inguinal |umbilical |abdominal |hiatal |femoral )?hernia)\b",
        ("straining", "spine_flexion", "breath_hold"),
        ("straining", "breath_hold"),
        "walking, cycling and light machine work with steady breathing, once a doctor agrees",
    ),
    Contraindication(
        Rule("heart_or_blood_pressure", _ACSM),
        "your heart or blood pressure",
        r"\b(?:heart (?:disease|condition|attack|failure|surgery|problems?|murmur|issues?|valve)|cardiac|"
        r"cardiomyopathy|arrhythmi\w+|angina|"
        r"hypertension|high blood pressure|blood pressure|stents?|bypass|afib|atrial fibrillation|aneurysm|"
        r"stroke|pacemaker)\b",
        ("breath_hold", "maximal", "high_intensity", "inverted", "heat"),
        ("maximal", "heat", "breath_hold"),
        "moderate walking, cycling, and light sets of 10 to 15 with steady breathing, once a doctor agrees",
    ),
    Contraindication(
        Rule(
            "osteoporosis",
            "NOF/Bone Health and Osteoporosis Foundation 2022: no loaded flexion or twisting of the spine",
        ),
        "osteoporosis",
        r"\b(?:osteopor\w+|osteopenia|brittle bones?|low bone density|vertebral fracture)\b",
        ("spine_flexion", "jump", "contact_or_fall"),
        ("spine_flexion",),
        "squats to a chair, supported rows, heel raises, and balance work",
    ),
    Contraindication(
        Rule("recent_surgery", _NSCA),
        "your operation",
        r"\b(?:surgery|operation|post[ -]?op\w*|operated|c[ -]?section|caesarean|cesarean|replacement|arthroscop\w+)\b",
        ("straining", "jump", "high_intensity", "spine_flexion", "maximal"),
        ("maximal", "jump"),
        "what your surgeon or physiotherapist has cleared, such as walking",
    ),
    Contraindication(
        Rule("concussion_history", "Consensus statement on concussion in sport, Amsterdam 2022"),
        "your concussion",
        r"\b(?:concussion|brain injury|tbi)\b",
        ("high_intensity", "contact_or_fall", "jump", "inverted", "maximal"),
        ("contact_or_fall", "inverted"),
        "light walking or cycling that brings back no symptoms",
    ),
    Contraindication(
        Rule("fracture_history", _NSCA),
        "your fracture",
        r"\b(?:stress fracture|broken|fractured?)\b",
        ("jump", "run", "contact_or_fall"),
        ("jump",),
        "work with the limbs that are well, once a doctor agrees",
    ),
    Contraindication(
        Rule("eye_pressure", _ACSM),
        "your eyes",
        r"\b(?:glaucoma|retinal|detached retina|retinopathy)\b",
        ("inverted", "breath_hold", "maximal"),
        ("inverted", "maximal"),
        "upright work with moderate loads and steady breathing",
    ),
    Contraindication(
        Rule("epilepsy", _ACSM),
        "epilepsy",
        r"\b(?:epilep\w+|seizures?)\b",
        ("contact_or_fall",),
        ("contact_or_fall",),
        "machines, mats and walking, with someone near",
    ),
    Contraindication(
        Rule("pelvic_floor", "2019 postnatal return-to-running guideline (Goom, Donnelly, Brockwell)"),
        "your pelvic floor",
        r"\b(?:prolapse|diastasis|pelvic floor|incontinence|postpartum)\b",
        ("jump", "run", "spine_flexion", "maximal"),
        ("jump", "maximal"),
        "walking, breathing and pelvic-floor work, and light squats",
    ),
)

_PART = re.compile(r"[;.\n]|,|\bbut\b|\band\b")
_NONE = re.compile(r"\b(?:no|never|without|not|none|nil|denies)\b")
_HEALED = re.compile(
    r"\b(?:healed|old|fully recovered|recovered|years ago|in the past|resolved|as a (?:kid|child)|cleared|long "
    r"ago|used to)\b"
)
_STILL = re.compile(r"\b(?:not (?:fully )?(?:healed|recovered)|still|sometimes|again|recurring|flares?|yet|chronic)\b")
_MILD = re.compile(r"\b(?:mild|mildly|slight|slightly|minor|light|little|bit|occasional|occasionally|sometimes)\b")


def check_injuries(exercises: Sequence[Exercise], athlete: Athlete) -> Iterable[Finding]:
    for entry in TABLE:
        avoided = _avoided(entry, athlete.injuries)
        names = dict.fromkeys(exercise.name for exercise in exercises if asks(exercise.name, avoided))
        if names:
            message = f"{', '.join(names)} may make {entry.called} worse. What would be fine: {entry.instead}."
            yield finding(entry.rule, message)


def _avoided(entry: Contraindication, injuries: str) -> tuple[str, ...]:
    avoided: dict[str, None] = {}
    for part in _parts(fold(injuries)):
        if re.search(entry.stated, part) and not _past(part):
            avoided.update(dict.fromkeys(entry.when_mild if _MILD.search(part) else entry.avoid))
    return tuple(avoided)


def _past(part: str) -> bool:
    """Healed, or denied: "no knee pain"."""
    return bool((_HEALED.search(part) or _NONE.search(part)) and not _STILL.search(part))


def _parts(injuries: str) -> list[str]:
    """One part an injury; what follows it without naming another belongs to it: "knee surgery, fully healed"."""
    parts: list[str] = []
    for piece in _PART.split(injuries):
        if parts and not any(re.search(entry.stated, piece) for entry in TABLE):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    return parts
