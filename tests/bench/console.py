"""What the console's first page costs a phone: bytes, and in a real Chromium when it is painted and how long it blocks.

Beside it an empty page of the same server, in turns. The processor is slowed down and the network is a phone's, both
as Lighthouse has them for mobile pages.
"""

import gzip
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

from infra.local.console.serving import FOLDER
from infra.local.processes import running
from tests.bench.harness.run import Run
from tests.support.browser import chromium

RUNS = 5
MOST_BYTES = 200_000  # of the first load, as it is sent
SLOWER = 4  # times: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 675_000 / 8}
OBSERVE = """
    window.seen = { paints: [], tasks: [] };
    const keep = (type, into) =>
      new PerformanceObserver((list) => into.push(...list.getEntries())).observe({ type, buffered: true });
    keep("largest-contentful-paint", seen.paints);
    keep("longtask", seen.tasks);
"""
# Total blocking time: of each task what is beyond 50 ms, https://web.dev/articles/tbt.
READ = """
    () => ({
      lcp: Math.max(0, ...seen.paints.map((paint) => paint.startTime)),
      tbt: seen.tasks.reduce((sum, task) => sum + Math.max(0, task.duration - 50), 0),
    })
"""
EMPTY = '<!doctype html><html lang="en"><title>Empty</title><h1>Sign in</h1></html>'
Address = Literal["/", "/empty.html"]


def built(folder: Path) -> None:
    """The console's files, and beside them an empty page."""
    options = ["--", "--logLevel", "warn", "--emptyOutDir", "--outDir", str(folder)]
    subprocess.run(["npm", "run", "--silent", "build", *options], cwd=FOLDER, check=True)
    (folder / "empty.html").write_text(EMPTY)


def sizes(folder: Path) -> dict[str, int]:
    """Of each script and style its bytes with gzip."""
    files = sorted((folder / "assets").glob("*.*s"))
    return {path.name: len(gzip.compress(path.read_bytes())) for path in files if path.suffix in (".js", ".css")}


def visit(browser: Browser, url: str, address: Address) -> dict[str, Any]:
    """LCP and TBT in milliseconds of a first visit, the bytes that came, and which files."""
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        arrived = files_of(page)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(OBSERVE)
        page.goto(url + address)
        page.get_by_role("heading", name="Sign in").wait_for()
        page.wait_for_load_state("networkidle")
        found: dict[str, Any] = page.evaluate(READ)
        return found | {"bytes": sum(arrived.values()), "files": sorted(arrived)}


def files_of(page: Page) -> dict[str, int]:
    """What comes from now on, with its bytes as they were sent."""
    arrived: dict[str, int] = {}

    def note(request: Any) -> None:
        arrived[request.url.rpartition("/")[2] or "index.html"] = request.sizes()["responseBodySize"]

    page.on("requestfinished", note)
    return arrived


def main(run: Run) -> None:
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        dist = Path(place) / "dist"
        built(dist)
        config = '{"apiUrl": "http://127.0.0.1:9", "supabaseUrl": "http://127.0.0.1:9", "supabaseAnonKey": "none"}'
        options = ("--dist", str(dist), "--config", config)
        with running("infra.local.console", *options, ready="/config.json", log=Path(place) / "console.log") as url:
            rounds = run.sized(RUNS, 1)
            pairs = [(visit(browser, url, "/"), visit(browser, url, "/empty.html")) for _ in range(rounds)]
        chunks = sizes(dist)
    console, empty = ([pair[at] for pair in pairs] for at in (0, 1))
    first = console[0]
    figures = {
        "first_load_bytes": first["bytes"],
        "first_load_files": first["files"],
        "chunks_gzip_bytes": chunks,
        **{f"{name}_ms": statistics.median(each[name] for each in console) for name in ("lcp", "tbt")},
        **{f"empty_{name}_ms": statistics.median(each[name] for each in empty) for name in ("lcp", "tbt")},
        "lcp_to_empty": statistics.median(one["lcp"] / other["lcp"] for one, other in pairs),
    }
    run.write("console", figures)
    rows = [(name, size / 1000, "yes" if name in first["files"] else "") for name, size in chunks.items()]
    run.show("The console's files", ("file", "kB gzipped", "first load"), rows)
    shown = [(name, figures[name]) for name in figures if name not in ("chunks_gzip_bytes", "first_load_files")]
    run.show("The first page, on a processor four times slower and a phone's network", ("", "figure"), shown)
    if figures["first_load_bytes"] > MOST_BYTES:
        raise SystemExit(f"the first load has more than {MOST_BYTES:,} bytes")
