"""What Hercules costs and needs by the number of its users: `python -m infra.scale [--check]` writes docs/scale.md.

Every assumption is a constant here. AWS prices are list prices of eu-central-1, arm64, without the free tier, as
remembered in November 2026: look them up before you rely on them. Models' prices are the catalogue's.
"""

import argparse
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.llm.catalogue import cost

DOCUMENT = Path(__file__).parents[1] / "docs" / "scale.md"
FRAME = Path(__file__).with_suffix(".md")  # the words around the figures
PRICED_ON = date(2026, 11, 29)  # prices of models change by date; the document must not by itself

# US dollars
LAMBDA_GB_SECOND = 0.0000133334  # https://aws.amazon.com/lambda/pricing/
LAMBDA_REQUEST = 0.20e-6
HTTP_API_REQUEST = 1.11e-6  # https://aws.amazon.com/api-gateway/pricing/
SOCKET_MESSAGE = 1.14e-6
TRANSITION = 25e-6  # https://aws.amazon.com/step-functions/pricing/
LOG_GB = 0.63  # https://aws.amazon.com/cloudwatch/pricing/

# A turn and a room, as the benches and the evals have them
MODEL = "gpt-6-luna"
TURN_SECONDS = 6.0
TURN_PROMPT, TURN_CACHED, TURN_ANSWER = 6_000, 3_000, 400  # tokens
FRAMES = 50  # pushed to one listener: ten a second
TURN_LOG_KB = 3.0
TURN_ROWS_KB = 9.0  # messages, receipt, ledger, and events for a week; `make bench NAME=quota` measures what is written
TURN_CALLS = 12  # of the database: check, begin, finish, and a look every 0.7 s whether to go on
REQUESTS_BESIDE = 6  # of a user per turn: lists, usage, tickets, events
ROOM_AGENTS, AGENT_SECONDS, ROOM_TRANSITIONS = 5, 120.0, 60
ROOM_PROMPT, ROOM_ANSWER = 90_000, 12_000  # tokens

SECRET_CALLS = 1  # of SSM, for each function that starts: GetParameters, with all that it may read
SECRET_SECONDS = 15 * 60  # after which it makes one again: TIME_TO_LIVE of shared/platform/secrets.py
SSM_CALLS = 40  # a second that SSM takes of an account: https://docs.aws.amazon.com/general/latest/gr/ssm.html

# Users
ACTIVE_A_DAY = 0.25
TURNS_A_DAY = 4.0  # of an active user
ROOMS_A_DAY = 0.05
PEAK = 4.0  # times the mean of a day
SIZES = (1_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Load:
    """What so many users do."""

    users: int

    @property
    def turns(self) -> float:
        """In a day."""
        return self.users * ACTIVE_A_DAY * TURNS_A_DAY

    @property
    def rooms(self) -> float:
        return self.users * ACTIVE_A_DAY * ROOMS_A_DAY

    @property
    def turns_a_second(self) -> float:
        """At the peak."""
        return self.turns / 86_400 * PEAK

    @property
    def functions(self) -> float:
        """That run at once at the peak: turns, requests of 0.1 s beside them, agents."""
        agents = self.rooms / 86_400 * PEAK * ROOM_AGENTS * AGENT_SECONDS
        return self.turns_a_second * (TURN_SECONDS + REQUESTS_BESIDE * 0.1) + agents

    @property
    def secret_calls(self) -> float:
        """Of SSM, a second at the peak, where no function starts or ends."""
        return self.functions * SECRET_CALLS / SECRET_SECONDS

    @property
    def database_calls(self) -> float:
        """A second at the peak."""
        return self.turns_a_second * (TURN_CALLS + REQUESTS_BESIDE)

    @property
    def stored_gb(self) -> float:
        """That a year adds."""
        return self.turns * 365 * TURN_ROWS_KB / 1e6

    @property
    def dollars(self) -> float:
        """A month, of models and AWS; Supabase's plan and computer come on top."""
        return 30 * (self.turns * sum(turn().values()) + self.rooms * sum(room().values()))


def turn() -> dict[str, float]:
    """What one turn costs, in US dollars."""
    asked = cost(MODEL, TURN_PROMPT, TURN_ANSWER, cached_tokens=TURN_CACHED, on=PRICED_ON)
    beside = REQUESTS_BESIDE * (HTTP_API_REQUEST + LAMBDA_REQUEST + 0.1 * 0.5 * LAMBDA_GB_SECOND)
    return {
        "model": float(asked.dollars),
        "function": TURN_SECONDS * LAMBDA_GB_SECOND + 2 * LAMBDA_REQUEST + HTTP_API_REQUEST,
        "frames": FRAMES * SOCKET_MESSAGE,
        "other requests": beside,
        "logs": TURN_LOG_KB / 1e6 * LOG_GB,
    }


def room() -> dict[str, float]:
    """What one room costs, in US dollars."""
    asked = cost(MODEL, ROOM_PROMPT, ROOM_ANSWER, on=PRICED_ON)
    return {
        "model": float(asked.dollars),
        "functions": (ROOM_AGENTS * AGENT_SECONDS + 60) * LAMBDA_GB_SECOND,
        "workflow": ROOM_TRANSITIONS * TRANSITION,
    }


def rendered() -> str:
    """The document."""
    loads = [Load(users) for users in SIZES]
    thousand = "\n".join(f"| {name} | {1000 * dollars:.3f} |" for name, dollars in turn().items())
    one = "\n".join(f"| {name} | {dollars:.4f} |" for name, dollars in room().items())
    rows = [
        ("turns a day", [f"{load.turns:,.0f}" for load in loads]),
        ("turns a second at the peak", [f"{load.turns_a_second:.2f}" for load in loads]),
        ("functions at once at the peak", [f"{load.functions:,.0f}" for load in loads]),
        ("calls of the database a second at the peak", [f"{load.database_calls:,.1f}" for load in loads]),
        ("GB that a year adds to the database", [f"{load.stored_gb:,.1f}" for load in loads]),
        ("dollars a month, models and AWS", [f"{load.dollars:,.0f}" for load in loads]),
    ]
    table = "\n".join(f"| {name} | {' | '.join(values)} |" for name, values in rows)
    heads = " | ".join(f"{size:,} users" for size in SIZES)
    tokens = f"{loads[-1].turns_a_second * 60 * (TURN_PROMPT + TURN_ANSWER) / 1e6:.0f}"
    told = {"thousand": thousand, "room": one, "table": table, "heads": heads, "tokens": tokens}
    told |= {"starts": f"{SSM_CALLS / SECRET_CALLS:g}", "secrets": f"{loads[-1].secret_calls:.1f}"}
    return FRAME.read_text().format(**told, model=MODEL, peak=f"{PEAK:g}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when docs/scale.md is not what would be written")
    if not parser.parse_args().check:
        DOCUMENT.write_text(rendered())
    elif DOCUMENT.read_text() != rendered():
        sys.stderr.write("docs/scale.md is not what infra/scale.py says: run `python -m infra.scale`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
