"""Which muscles an exercise trains for the most part, by its name: one set counts for each of them."""

import re
from functools import lru_cache

# The first entry that fits. After the tables of NSCA Essentials of Strength Training and Conditioning, 4th ed. 2016,
# https://openlibrary.org/isbn/9781492501626: prime movers only.
_TRAINS = [
    (r"plank|crunch|sit.?up|leg raise|hollow|dead bug|ab wheel|russian twist|mountain climber|rumpf|core", "core"),
    (r"calf|calves|heel raise|waden", "calves"),
    (r"nordic|leg curl|hamstring", "hamstrings"),
    (r"romanian|rdl|stiff.?leg|good morning|swing", "hamstrings glutes"),
    (r"deadlift|rack pull|kreuzheben|peso muerto", "back hamstrings glutes"),
    (r"hip thrust|glute|bridge|abduct|kickback", "glutes"),
    (r"leg extension", "quads"),
    (r"squat|lunge|leg press|step.?up|pistol|kniebeuge|sentadilla|wall sit|thruster", "quads glutes"),
    (r"upright row|lateral raise|side raise|front raise", "shoulders"),
    (r"face pull|rear delt|reverse fly", "shoulders back"),
    (r"overhead|shoulder press|military|push press|ohp|arnold|pike|handstand|landmine press", "shoulders triceps"),
    (r"skull|tricep|pushdown|kickback|close.?grip", "triceps"),
    (r"bench|push.?up|press.?up|chest|fly|flye|dip|pec|floor press|bankdr|liegest", "chest triceps"),
    (r"pull.?up|chin.?up|pull.?down|\brows?\b|rudern|klimmz|muscle.?up|pullover", "back biceps"),
    (r"curl", "biceps"),
    (r"shrug|carry|farmer", "traps"),
    (r"snatch|clean|jerk", "quads glutes shoulders"),
]
_COMPILED = [(re.compile(pattern), tuple(muscles.split())) for pattern, muscles in _TRAINS]


@lru_cache(maxsize=1000)
def trained(name: str) -> tuple[str, ...]:
    """Nothing for what is not known, such as a run."""
    folded = name.lower()
    return next((muscles for pattern, muscles in _COMPILED if pattern.search(folded)), ())
