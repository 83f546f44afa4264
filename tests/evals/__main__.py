"""`make eval MODEL=…`: graded conversations with the real coach, on a laptop cloud of its own.

Exit code 0 if every category reached its threshold, 1 if not, or the budget was spent before the end, 2 if there is
nobody to ask.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape

from infra.local.cloud.description import Cloud
from infra.local.cloud.place import SettingsError
from infra.local.cloud.running import check_models, running_cloud
from infra.local.cloud.services import OFFLINE_CHAT_MODEL
from infra.local.smoke.providers import Provider, configured
from tests.evals.asking import Budget, Result, grade, put_documents, side_by_side
from tests.evals.cases import Brief, Case, briefs, cases, categories
from tests.evals.judging import Judge
from tests.evals.report import Report, last_run
from tests.evals.rooms import CATEGORY as ROOMS
from tests.evals.rooms import grade_room

OFFLINE = "offline"
WIDTH = 150  # characters, where no terminal says how wide it is


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    wanted = _wanted(arguments)
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    try:
        provider = _provider(wanted, environment)
        if provider is None:
            console.print(escape(f"Nobody can be asked for {wanted.model}: set the key of its provider."))
            return 2
        check_models(provider.environment)
        is_offline = provider.model == OFFLINE_CHAT_MODEL
        judge = None if is_offline else Judge(provider, wanted.judge or provider.model)
    except SettingsError as fault:
        console.print(escape(str(fault)))
        return 1
    budget = Budget(wanted.budget)
    asked, rooms = _selected(wanted.cases, is_offline=is_offline)
    with running_cloud(environment=provider.environment) as cloud:
        results = run(cloud, asked, rooms, judge, budget)
    effort = wanted.effort or environment.get("CHAT_REASONING_EFFORT", "")
    missing = len(asked) + len(rooms) - len(results)
    report = Report(provider.model, effort, judge.model if judge else "", results, missing)
    return _told(console, report, budget)


def run(cloud: Cloud, asked: list[Case], rooms: list[Brief], judge: Judge | None, budget: Budget) -> list[Result]:
    """As far as the budget goes."""
    put_documents(cloud, asked)
    results = list(side_by_side(lambda case: grade(cloud, case, judge, budget), asked, budget))
    return results + list(side_by_side(lambda brief: grade_room(cloud, brief, judge, budget), rooms, budget))


def _told(console: Console, report: Report, budget: Budget) -> int:
    last = last_run(report.model)
    if not report.results:
        console.print("Nothing was asked.")
        return 1
    report.show(console, last)
    console.print(f"{budget.spent:.4f} of {budget.dollars:.2f} dollars; {report.write()}")
    if report.not_asked:
        console.print(f"The budget was spent before {report.not_asked} of them were asked.")
    short = report.below()
    for each in short:
        console.print(escape(f"below its threshold: {each}"))
    return int(bool(short or report.not_asked))


def _wanted(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make eval", description=__doc__)
    parser.add_argument("--model", required=True, help=f"the coach's model, of OpenAI or Gemini, or {OFFLINE}")
    parser.add_argument("--effort", default="", help="how hard it thinks")
    parser.add_argument("--budget", type=float, default=1.0, help="dollars, judge included")
    parser.add_argument("--cases", default="", help=f"of {', '.join([*categories(), ROOMS])}; all if left out")
    parser.add_argument("--judge", default="", help="a model of the same provider; the graded one if left out")
    wanted = parser.parse_args(arguments)
    wanted.cases = [each for each in wanted.cases.split(",") if each]
    if unknown := set(wanted.cases) - {*categories(), ROOMS}:
        parser.error(f"no cases {', '.join(sorted(unknown))}")
    return wanted


def _provider(wanted: argparse.Namespace, environment: Mapping[str, str]) -> Provider | None:
    if wanted.model == OFFLINE:
        return Provider("OpenAI", OFFLINE_CHAT_MODEL, {})
    name = "GEMINI_MODEL" if wanted.model.startswith("gemini") else "CHAT_MODEL"
    chosen = {**environment, name: wanted.model}
    if wanted.effort:
        chosen["CHAT_REASONING_EFFORT"] = wanted.effort
    return next((each for each in configured(chosen) if each.model == wanted.model), None)


def _selected(wanted: list[str], *, is_offline: bool) -> tuple[list[Case], list[Brief]]:
    """Of the laptop's own model, which only quotes, just what it can pass is asked."""
    names = [name for name in wanted or categories() if name != ROOMS]
    found = cases(*names) if names else []
    if is_offline:
        return [case for case in found if case.offline], []
    return found, briefs() if not wanted or ROOMS in wanted else []


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except KeyboardInterrupt:
        sys.exit(130)
