"""Is an answer of the model safe to show?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.safety.athlete import Athlete
from shared.safety.clauses import clauses, warned
from shared.safety.findings import Finding, Rule, finding
from shared.safety.nutrition import check_text

_SYMPTOM = (
    r"(?:(?:chest|sharp|stabbing|severe|joint|radiating|shooting|heart) (?:\w+ )?(?:pains?|pressure|tightness|"
    r"discomfort)|"
    r"(?:pain|pressure|tightness) in (?:your|the) chest|numb(?:ness)?|tingling|dizz(?:y|iness)|"
    r"light-?headed(?:ness)?|faint(?:ing|ness)?|"
    r"black(?:ing)? ?outs?|concussions?|fevers?|palpitations|short(?:ness)? of breath|breathlessness|dark urine|"
    r"bleeding|fractures?|broken (?:bone|wrist|ankle|arm|leg|foot|toe|finger|rib)s?|dislocat\w+|heat ?stroke|"
    r"vision loss|blurred vision|"
    r"torn (?:ligament|tendon|muscle|acl|meniscus)|head injur(?:y|ies)|contractions|slurred speech|irregular "
    r"heartbeat|infection)"
)
_WORDS = r"(?:\W+[\w'-]+){0,5}?\W+"  # up to five words between
# As many, none of which denies what follows: "train, but not with sharp pain".
_ON = r"(?:\W+(?!(?:not|never|without|unless|avoid\w*|stop\w*)\b)[\w'-]+){0,5}?\W+"
# As many, none of which denies the symptom or is what one goes through: "push through your heels to spare the joint".
_THROUGH = (
    r"(?:\W+(?!(?:not|never|without|unless|avoid\w*|stop\w*|no|zero|free)\b|to (?:reduce|avoid|prevent|limit|ease)\b|"
    r"(?:range|motion|warm|session|sets?|reps?|weeks?|phases?|heels?|hips?|floor|foot|feet|hands?)\b(?! of))"
    r"[\w'-]+){0,5}?\W+"
)
# As many, none of which leads to something else: "go slow with the eccentric to spare the joint".
_WITH = (
    r"(?:\W+no (?:regard|fear|thought) (?:for|of))?"
    r"(?:\W+(?!(?:not|never|without|unless|no|zero|free|to|if|when|because|since|for|so|in|on|but|against|then|which|"
    r"while|before|after|during)\b)[\w'-]+){0,5}?\W+"
)


@dataclass(frozen=True)
class Advice:
    """What matches `pattern` is dangerous, but not where `fine` matches too; `unless_said` in the answer ends that."""

    rule: Rule
    pattern: str
    message: str
    fine: str = r"(?!)"
    unless_said: str = r"(?!)"


_ACSM = "ACSM Guidelines for Exercise Testing and Prescription, 11th ed. 2021: signs to stop exercise"
DANGEROUS = (
    Advice(
        Rule("train_through_symptom", _ACSM),
        r"\b(?:train|push|work|power|fight|run|lift|play|go|keep (?:going|training|running|lifting|moving|"
        r"pushing)|continue|exercise|carry on|"
        rf"squat|race|compete|grind|muscle|breathe|workout|press on|soldier on)\b{_ON}?(?:(?:through|despite|"
        rf"regardless of|even with|in spite of|past)\b{_THROUGH}?|with\b{_WITH}?){_SYMPTOM}\b",
        "Training through a symptom like this is dangerous. Stopping and seeing a doctor is what is fine.",
    ),
    Advice(
        Rule("ignore_symptom", _ACSM),
        rf"\b(?:ignore|shake off|walk off|brush off|dismiss|disregard|sleep off|tough out|forget(?: about)?|"
        rf"mask|sweat out|block out)\b{_WORDS}?{_SYMPTOM}\b"
        rf"|\b(?:don't|dont|do not|no need to|needn't|never) (?:worry|stop|panic|care|see a doctor|rest|be "
        rf"afraid|mind)\b{_WORDS}?{_SYMPTOM}\b",
        "A symptom like this must not be ignored. Stopping and seeing a doctor is what is fine.",
    ),
    Advice(
        Rule("symptom_is_normal", _ACSM),
        rf"{_SYMPTOM}\b[^.!?]{{0,40}}?\b(?:(?:is|are) (?:just |only |completely |totally |perfectly |quite "
        rf")?(?:normal|harmless|nothing to worry|weakness leaving|a good sign|part of|fine)|"
        r"(?:means|shows) (?:it's|it is|you're|you are|that) (?:working|getting))",
        "A symptom like this is not normal. Stopping and seeing a doctor is what is fine.",
        fine=r"\b(?:(?:a (?:bit|little)|slightly|somewhat|mildly) (?:more )?short of breath|(?:some|mild|slight) "
        r"shortness of breath (?:during|while|when|after|with|on) (?:\w+ )?(?:effort|exercis\w+|exertion|hills?|run\w*|"
        r"intervals?|training|workouts?))\b(?![^.!?]*\b(?:at rest|resting|lying|sitting|sleep|night|chest|"
        r"dizz\w+|faint))",
    ),
    Advice(
        Rule(
            "no_doctor_needed", "AMA Code of Medical Ethics on health information, 2016; ACSM 2021: medical clearance"
        ),
        r"\b(?:(?:don't|dont|do not|no) need (?:to (?:see|call|ask|consult|visit)|for|of)?\s?(?:a |your |any "
        r")?(?:doctor(?!'s (?:note|letter))|physician|ambulance|medical)|"
        r"(?:skip|ignore|don't listen to|against) (?:the |your )?(?:doctor|physio\w*|surgeon|doctor's)|no need "
        r"(?:to (?:see|call)|for) (?:a |your )?doctor)",
        "Whether a doctor is needed is for a doctor to say; asking one is fine.",
    ),
    Advice(
        Rule("stop_medication", "FDA and NHS advice on medicines: change doses only with the prescriber"),
        r"\b(?:stop(?:ping)? taking|quit(?:ting)?|skip(?:ping)?|come off|double|halve|throw away|ditch|"
        r"replace)\b(?:\W+\w+){0,3}?\W+"
        r"(?:medications?|meds|insulin|blood pressure (?:pills|tablets)|beta[- ]blockers?|antidepressants?|"
        r"blood thinners?|inhaler|prescriptions?)\b",
        "Medicines are changed only with the doctor who prescribed them; asking there is fine.",
    ),
    Advice(
        Rule("train_to_collapse", _ACSM),
        r"\b(?:until|till|to the point (?:of|where)) (?:you |your )?(?:\w+ )?(?:vomit|puke|throw(?:ing)? up|"
        r"faint|pass(?:ing)? out|collapse|black(?:ing)? out|drop)\w*\b",
        "Training is to end well before that; two or three repetitions in reserve are fine.",
    ),
    Advice(
        Rule("self_reduction", "International consensus on first aid (ILCOR), 2020"),
        r"\b(?:pop|push|put|snap|pull|force) (?:it|your (?:shoulder|knee|finger|kneecap|elbow|joint)|the "
        r"(?:joint|shoulder|bone)) back (?:in|into)\b",
        "A dislocated joint is put back by professionals only; keeping it still and going there is fine.",
        # A bar or a pelvis is pushed back in place too; only where no joint is spoken of is it that.
        fine=r"\b(?:push|put|pull) it back (?:in|into) (?:place|position|line|the (?:rack|start\w*|holder))\b",
        unless_said=r"\b(?:dislocat\w*|sublux\w*|socket|popped|pops|slipped out|came out|comes out|kneecap|bone|"
        r"out of (?:its )?place|fractur\w*)\b",
    ),
)
RULES = tuple(advice.rule for advice in DANGEROUS)
_NEGATED = re.compile(
    r"\b(?:never|don't|dont|do not|not|avoid|shouldn't|should not|must not|mustn't|no one|nobody|cannot|can't|"
    r"dangerous to|unsafe to|stop|"
    r"isn't|is not|aren't|rather than|instead of|without|won't|refuse to|wouldn't|risky to|not to|nor|before "
    r"you|myth)\b[^.!?;:]{0,50}$"
    r"|\b(?:if|when|whether|why|that) (?:you|people|someone)\s*$"
)


def check_answer(text: str, athlete: Athlete) -> list[Finding]:
    """What an answer advises that is unsafe; empty when it is fine."""
    found = dict.fromkeys(check_text(text, athlete))
    sentences = list(clauses(text))
    applied = [(advice, _exempt(advice, sentences)) for advice in DANGEROUS]
    for sentence in sentences:
        found.update(dict.fromkeys(_dangerous(sentence, applied)))
    return list(found)


def _exempt(advice: Advice, sentences: Iterable[str]) -> str:
    """What of the advice is fine in this answer."""
    return r"(?!)" if any(re.search(advice.unless_said, each) for each in sentences) else advice.fine


def _dangerous(sentence: str, applied: Iterable[tuple[Advice, str]]) -> Iterable[Finding]:
    for advice, fine in applied:
        for match in re.finditer(advice.pattern, sentence):
            if any(each.start() < match.end() and match.start() < each.end() for each in re.finditer(fine, sentence)):
                continue
            if not _NEGATED.search(sentence[: match.start()]) and not _stops(sentence, match.start(), match.end()):
                yield finding(advice.rule, advice.message)
                break


def _stops(sentence: str, start: int, end: int) -> bool:
    """ "If you feel chest pain, stop and call a doctor" tells to end it, whatever else it names."""
    rest = sentence[:start] + sentence[end:]
    return bool(
        re.search(r"\b(?:stop|see a doctor|seek|emergency|call (?:your|a|112|911)|get (?:help|checked))\b", rest)
    ) or warned(sentence, start, start)
