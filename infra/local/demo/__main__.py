"""`make demo`: the whole product on a laptop cloud of its own. Exit code 0 only if every step did what it says."""

import signal
import sys

import httpx
from rich.markup import escape

from infra.local.cloud.place import SettingsError
from infra.local.cloud.running import running_cloud
from infra.local.demo.checks import StepError
from infra.local.demo.stage import Stage
from infra.local.demo.story import tell
from infra.packaging.osls import OslsError

CLOSING = """
That cloud is gone again. To keep one:

  make up
  curl -s $(make -s url)/health      # other addresses and keys: build/cloud.json
  make down
"""


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stage = Stage()
    try:
        with running_cloud(lambda done, seconds: _report(stage, done, seconds)) as cloud:
            stage.note(f"API        {cloud.api_url}")
            stage.note(f"WebSocket  {cloud.ws_url}")
            stage.note(f"Supabase   {cloud.supabase_url}")
            stage.note(f"Models     {cloud.openai_base_url}")
            first_answer_at = tell(stage, cloud)
    except (SettingsError, StepError, OslsError, TimeoutError, RuntimeError, httpx.HTTPError) as failure:
        stage.console.print("[red]failed[/red]:", escape(str(failure)), soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    stage.phase_table(first_answer_at)
    stage.console.print(CLOSING, soft_wrap=True)
    return 0


def _report(stage: Stage, done: str, seconds: float) -> None:
    stage.record(done, seconds)
    stage.console.print(f"[bold]>[/bold] {done}\n  [green]done[/green] in {seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
