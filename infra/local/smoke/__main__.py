"""`make smoke`: what the product asks of a model, asked of each real provider whose key is in the environment.

Exit code 0 if all came as it should, 1 if not, 2 if there is nobody to ask.
"""

import os
import signal
import sys
from collections.abc import Iterator, Mapping

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.local.cloud.place import SettingsError
from infra.local.cloud.running import check_models, running_cloud
from infra.local.demo.checks import StepError
from infra.local.smoke.asking import WHAT, Outcome, ask_everything
from infra.local.smoke.providers import KEYS, Provider, configured
from infra.packaging.osls import OslsError

WIDTH = 150  # characters, where no terminal says how wide it is
NOBODY = """\
There is nobody to ask. Set the key of one provider, or of both:
  OPENAI_API_KEY   its model is CHAT_MODEL (gpt-6-luna); OPENAI_BASE_URL asks another server of its kind
  GEMINI_API_KEY   its model is GEMINI_MODEL (gemini-3.8-flash)"""


def main(environment: Mapping[str, str]) -> int:
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    providers = list(configured(environment))
    if not providers:
        console.print(escape(NOBODY))
        return 2
    try:
        for provider in providers:
            check_models(provider.environment)
    except SettingsError as fault:
        console.print(escape(str(fault)))
        return 1
    console.print(escape(_announced(providers)))
    table = Table("provider", "model", "what", "ok", "seconds", "first token", "tokens", "dollars", "what was wrong")
    outcomes: list[Outcome] = []
    for provider in providers:
        for outcome in _asked(provider):
            wrong = _without_keys(outcome.wrong, environment)
            console.print(escape(f"  {provider.name}, {outcome.what}: {wrong or 'ok'}"))
            table.add_row(provider.name, provider.model, *_cells(outcome), escape(wrong))
            outcomes.append(outcome)
    console.print(table)
    console.print(f"{sum(outcome.dollars for outcome in outcomes):.4f} dollars in all")
    return int(any(outcome.wrong for outcome in outcomes))


def _announced(providers: list[Provider]) -> str:
    what = f"{', '.join(WHAT[:-1])} and {WHAT[-1]} of two agents"
    announced = f"This asks for {what}, on a laptop cloud of its own, and costs money, by the catalogue's prices:"
    price = "  {0.name}, {0.model}: about {1:.1f} cents; its room ends at {0.max_room_dollars:.2f} dollars"
    return "\n".join([announced, *(price.format(each, 100 * each.dollars) for each in providers)])


def _asked(provider: Provider) -> Iterator[Outcome]:
    try:
        with running_cloud(environment=provider.environment) as cloud:
            yield from ask_everything(cloud, provider)
    except (StepError, OslsError, TimeoutError, RuntimeError, httpx.HTTPError) as fault:
        yield Outcome("the laptop cloud", str(fault) or type(fault).__name__)


def _cells(outcome: Outcome) -> list[str]:
    ok = "[red]no[/red]" if outcome.wrong else "[green]yes[/green]"
    first_token = "" if outcome.first_token is None else f"{outcome.first_token:.1f}"
    return [outcome.what, ok, f"{outcome.seconds:.1f}", first_token, f"{outcome.tokens:,}", f"{outcome.dollars:.4f}"]


def _without_keys(text: str, environment: Mapping[str, str]) -> str:
    """Whatever a server says of a key that it was sent."""
    for variable in KEYS.values():
        if key := environment.get(variable):
            text = text.replace(key, f"({variable})")
    return text


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(os.environ))
    except KeyboardInterrupt:
        sys.exit(130)
