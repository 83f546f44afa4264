"""What of documents with known content arrives as it was written: read by us, and by well-known readers.

Each document holds facts, with numbers drawn anew. A fact is wrong where the text says something else in its place (a
power as a number, a dose that was struck, a cell under another column), kept where it is there, else lost. The peers
are installed when this runs in full.
"""

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from infra.local.locked_environment import interpreter
from shared.knowledge.reader import answered
from shared.knowledge.units import Sizes
from tests.bench.harness.run import Run
from tests.support.documents import WORD, docx, paragraph
from tests.support.office_files import Placed, book, deck, lines, printed, shape, slide_table, workbook

PEERS = ("markitdown", "trafilatura", "pypdf")
READER = Path(__file__).parent / "harness" / "peer_readers.py"
GAP = r"[^\w\n]{1,12}"  # whatever a reader puts between two cells or signs
CELL = r"[^\w\n]{1,30}"
WIDE, TALL, ON = (f"<w:{tag}/>" for tag in ('gridSpan w:val="2"', 'vMerge w:val="restart"', "vMerge"))
RUSSIAN = "Отдыхайте {} минуты между подходами. Не задерживайте дыхание, когда поднимаете вес."
JAPANESE = "スクワットは{}回です。休憩は二分間です。毎日の練習を続けましょう。"
GERMAN = "Für Anfänger: {} Kniebeugen – langsam. Übungen für später; größere Gewichte meiden."


@dataclass(frozen=True)
class Fact:
    topic: str
    kept: str  # patterns
    wrong: str = r"(?!)"


@dataclass(frozen=True)
class Sample:
    kind: str
    data: bytes
    facts: tuple[Fact, ...]


def samples(seed: int) -> Iterator[Sample]:
    draw = Random(seed).randint  # noqa: S311 - nothing secret
    a, b, c, d = draw(2, 9), draw(10, 19), draw(20, 29), draw(30, 99)
    yield from _word(a, b, c, d)
    yield from _slides_and_sheets(a, b, c, d)
    yield from _pages(a, b, c, d)
    yield from _texts(a, b, c, d)
    yield from _prints(a, b, c, d)


def _run(text: object, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _cell(text: object, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(str(text))}</w:tc>"


def _word(a: int, b: int, c: int, d: int) -> Iterator[Sample]:
    raised = '<w:vertAlign w:val="superscript"/>'
    body = (
        f"<w:p>{_run(f'Do {a}')}<w:r><w:noBreakHyphen/><w:t>{b} reps</w:t></w:r></w:p>"
        f"<w:p>{_run(f'Take {b}')}{_run(a, raised)}{_run(' IU of it.')}</w:p>"
        f"<w:p>{_run('Eat ')}<w:del><w:r><w:delText>{c} g</w:delText></w:r></w:del><w:ins>{_run(f'{d} g')}</w:ins></w:p>"
        f"<w:p>{_run('Drink ')}{_run(f'{c} ml', '<w:strike/>')}{_run(f'{d} ml')}</w:p>"
        f"<w:p>{_run(f'Hold {a} s.')}{_run(f'Swallow {d} pills.', '<w:vanish/>')}</w:p>"
        f"<w:p><w:moveFrom>{_run(f'Moved {d} up.')}</w:moveFrom></w:p><w:p><w:moveTo>{_run(f'Moved {d} up.')}</w:moveTo></w:p>"
        f"<w:p>{_run('Press')}<w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
        f"<w:tbl><w:tr>{_cell('Lift')}{_cell('Week 1', WIDE)}{_cell('Week 2')}</w:tr>"
        f"<w:tr>{_cell('Squat', TALL)}{_cell(a)}{_cell(b)}{_cell(c)}</w:tr>"
        f"<w:tr>{_cell('', ON)}{_cell(b)}{_cell(c)}{_cell(d)}</w:tr></w:tbl>"
    )
    notes = f"<w:footnotes {WORD}><w:footnote w:id='2'>{paragraph(f'Not above {d} years.')}</w:footnote></w:footnotes>"
    yield Sample(
        "docx",
        docx(body, parts={"word/footnotes.xml": notes}),
        (
            Fact("hyphens", rf"Do {a}\W{{1,3}}{b} reps", rf"Do {a}{b}"),
            Fact("scripts", rf"{b}\W{{1,9}}{a}\W{{1,9}}IU|{b}<sup>{a}", rf"{b}{a}"),
            Fact("revisions", rf"Eat {d} g", rf"{c} g"),
            Fact("struck", rf"{d} ml", rf"Drink {c} ml"),
            Fact("hidden", rf"Hold {a} s", rf"{d} pills"),
            Fact("moved", rf"Moved {d} up", rf"(?s)Moved {d} up.*Moved {d} up"),
            Fact("notes", rf"Not above {d} years"),
            Fact("spans", rf"Week 1{CELL}(Week 1)?{CELL}Week 2", rf"Lift{GAP}Week 1{GAP}Week 2{GAP}$"),
            Fact("spans", rf"(Squat|\|\s+\|){CELL}{b}{CELL}{c}{CELL}{d}", rf"^\|? ?{b}{CELL}{c}{CELL}{d}"),
        ),
    )


def _slides_and_sheets(a: int, b: int, c: int, d: int) -> Iterator[Sample]:
    power = f'<a:p><a:r><a:t>Take {b}</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>{a}</a:t></a:r><a:r><a:t> IU</a:t></a:r></a:p>'
    struck = f'<a:p><a:r><a:rPr strike="sngStrike"/><a:t>{c} ml</a:t></a:r><a:r><a:t> {d} ml of it</a:t></a:r></a:p>'
    rows = [["Lift", "2>Week 1", "Week 2"], ["Squat", str(a), str(b), str(c)]]
    shown = shape(f"Plan {d}", "title") + shape(power, "", 9) + shape(struck, "", 99) + slide_table(rows)
    yield Sample(
        "pptx",
        deck([shown, shape(f"Hidden {d} words")], {1: f"Say it {a} times."}, hidden=[2]),
        (
            Fact("headings", rf"Plan {d}"),
            Fact("scripts", rf"{b}\W{{1,9}}{a}\W{{1,9}}IU", rf"{b}{a}"),
            Fact("struck", rf"{d} ml", rf"(?<!~){c} ml"),
            Fact("spans", rf"Week 1{CELL}(Week 1)?{CELL}Week 2", rf"Lift{GAP}Week 1{GAP}Week 2{GAP}$"),
            Fact("notes", rf"Say it {a} times"),
            Fact("hidden", rf"Squat{CELL}{a}{CELL}{b}", rf"Hidden {d}"),
        ),
    )
    yield Sample(
        "xlsx",
        workbook({"Fruit": [["Name", "kcal"], [f"Apple {a}", c]], "Old": [[f"Wrong {d}", 1]]}, ["Old"]),
        (Fact("tables", rf"Apple {a}{CELL}{c}"), Fact("hidden", rf"Name{CELL}kcal", rf"Wrong {d}")),
    )


def _html(a: int, b: int, c: int, d: int) -> str:
    return (
        f"<h1>Plan {d}</h1><p>Take {b}<sup>{a}</sup> IU of it every day of the week, and drink water with each meal.</p>"
        f"<p>Eat <del>{c} g</del><ins>{d} g</ins> of it with your breakfast, as the plan of the week says it.</p>"
        f'<p style="display:none">Swallow {d} pills at once.</p>'
        f"<p>Stop after {a} sets <svg><title>icon</title></svg> if the knee hurts, and see somebody who knows.</p>"
        f"<table><tr><th>Lift</th><th colspan=2>Week 1</th><th>Week 2</th></tr><tr><td rowspan=2>Squat</td><td>{a}</td>"
        f"<td>{b}</td><td>{c}</td></tr><tr><td>{b}</td><td>{c}</td><td>{d}</td></tr></table>"
        f"<blockquote>Rest {c} minutes between two sets.</blockquote><ol><li>Warm up {a} min</li><li>Lift</li></ol>"
    )


def _html_facts(a: int, b: int, c: int, d: int) -> tuple[Fact, ...]:
    return (
        Fact("headings", rf"#+ Plan {d}"),
        Fact("scripts", rf"{b}\W{{1,9}}{a}\W{{1,9}}IU|{b}<sup>{a}", rf"{b}{a}"),
        Fact("revisions", rf"{d} g", rf"(?<!~~){c} g(?!~~)"),
        Fact("hidden", rf"Stop after {a} sets\s+if the knee", rf"{d} pills"),
        Fact("spans", rf"Week 1{CELL}(Week 1)?{CELL}Week 2", rf"Lift{GAP}Week 1{GAP}Week 2{GAP}$"),
        Fact("spans", rf"(Squat|\|\s+\|){CELL}{b}{CELL}{c}{CELL}{d}", rf"^\|? ?{b}{CELL}{c}{CELL}{d}"),
        Fact("quotes", rf"Rest {c} minutes"),
        Fact("lists", rf"1\. Warm up {a} min"),
    )


def _pages(a: int, b: int, c: int, d: int) -> Iterator[Sample]:
    body, facts = _html(a, b, c, d), _html_facts(a, b, c, d)
    framed = (
        "<!doctype html><html><head><meta charset=utf-8><title>x</title></head><body>"
        f'<div class="cookie-consent"><p>We use {d} cookies.</p></div><nav><a href="/">Shop {d}</a></nav>'
        f'<main><article>{body}</article></main><section id="comments"><p>Swallow {c} pills, says bro.</p></section>'
        "<footer><p>All rights reserved.</p></footer></body></html>"
    )
    about = Fact("main text", rf"Plan {d}", rf"{d} cookies|Shop {d}|{c} pills|All rights")
    yield Sample("html", framed.encode(), (*facts, about))
    yield Sample(
        "epub",
        book([body, f"<h1>Second</h1><p>Page {c} of it.</p>"]),
        (*facts, Fact("order", rf"(?s)Plan {d}.*Page {c}")),
    )


def _texts(a: int, b: int, c: int, d: int) -> Iterator[Sample]:
    rows = "".join(f"Apple {n};{a},{b}\r\n" for n in range(5))
    table = (Fact("dialects", rf"Apple 3{CELL}{a},{b}"), Fact("dialects", r"^\| *name *\| *kcal *\|$"))
    yield Sample("csv", f"name;kcal\r\n{rows}".encode("cp1252"), table)
    yield Sample("csv", f"sep=;\r\nname;kcal\r\n{rows}".encode(), table)
    yield Sample("csv", f"Fruit of {d}\nname;kcal\n{rows}".encode(), table)
    for text, charset in (
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "utf-16"), (RUSSIAN, "utf-16-le"), (JAPANESE, "shift_jis"),
        (GERMAN, "cp1252"), (GERMAN, "utf-16-le"),
    ):  # fmt: skip
        whole = text.format(d)
        yield Sample("txt", whole.encode(charset), (Fact("charsets", re.escape(whole)),))
    yield Sample(
        "md",
        f"# Plan {d}\n\n## Never {a}\n\n## Sources\n\nLentils: {b} g.\n\nWeek {c}\n------\n\nRest.".encode(),
        (Fact("headings", rf"Never {a}"), Fact("headings", rf"Lentils: {b} g"), Fact("headings", rf"Week {c}")),
    )


def _prints(a: int, b: int, c: int, d: int) -> Iterator[Sample]:
    left = f"The left one has {a} lines\nand goes on in its second,\nthen in the third of them\nuntil it ends with {b} here."
    right = f"The right one has {c} lines\nwhich stand beside the left\nand are read when that has\ncome to its end with {d}."
    pairs = [part for pair in zip(lines(left), lines(right, 320), strict=True) for part in pair]
    yield Sample(
        "pdf",
        printed(pairs),
        (Fact("columns", rf"(?s)ends with\s+{b} here\..*The right one has {c}", r"lines\s+The right"),),
    )
    cells = [
        ["Lift", "Week 1", "Week 2", "Rest"],
        ["Squat", f"{a} x 8", "", f"{c} s"],
        ["Bench", "", f"{b} x 5", f"{d} s"],
    ]
    table = [Placed(t, 60 + 90 * x, 700 - 16 * y) for y, row in enumerate(cells) for x, t in enumerate(row) if t]
    yield Sample(
        "pdf",
        printed(table),
        (
            Fact("tables", rf"Squat ?\| ?{a} x 8 ?\|\s*\| ?{c} s", rf"Squat ?\| ?{a} x 8 ?\| ?{c} s"),
            Fact("tables", rf"Bench ?\|\s*\| ?{b} x 5 ?\| ?{d} s", rf"Bench ?\| ?{b} x 5"),
        ),
    )
    pages = [
        [
            *lines("The book of rest", y=820),
            *lines(f"Take {n}{a} milli-\ngrams of it, a well-\nknown dose, for {b}"),
            *lines(f"Page {n}", y=30),
        ]
        for n in range(1, 5)
    ]
    yield Sample(
        "pdf",
        printed(*pages, title="(anonymous)"),
        (
            Fact("words", rf"Take 2{a} milligrams"),
            Fact("words", r"a well-known dose", r"wellknown"),
            Fact("running heads", rf"Take 3{a}", r"(?s)book of rest.*book of rest"),
        ),
    )
    hidden = [
        *lines(f"Rest {a} days."),
        Placed(f"Buy {d} now.", 60, 700, mode=3),
        Placed("Turned text.", 300, 100, turned=90),
    ]
    power = [Placed(f"Take {b}", 60, 600), Placed(str(a), 96.5, 604, 6), Placed("IU of it.", 104, 600)]
    yield Sample(
        "pdf",
        printed([*hidden, *power]),
        (
            Fact("hidden", rf"Rest {a} days", rf"Buy {d}"),
            Fact("turned", r"Turned text"),
            Fact("scripts", rf"{b}\W{{1,9}}{a}\W{{1,9}}IU", rf"{b}{a}"),
        ),
    )


def ours(files: Mapping[str, bytes]) -> dict[str, str]:
    found = {}
    for name, data in files.items():
        answer = answered(data, name, Sizes())
        found[name] = "\n\n".join(chunk["content"] for chunk in answer.get("chunks", []))
    return found


def of_peer(peer: str, files: Mapping[str, bytes]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        command = [str(interpreter("peers")), str(READER), peer, folder]
        found: dict[str, str] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def verdict(fact: Fact, text: str) -> str:
    if re.search(fact.wrong, text, re.MULTILINE):
        return "wrong"
    return "kept" if re.search(fact.kept, text, re.MULTILINE) else "lost"


def shares(texts: Mapping[str, str], asked: Mapping[str, Sample]) -> dict[str, float]:
    counts = Counter(verdict(fact, text) for name, text in texts.items() for fact in asked[name].facts)
    return {what: round(counts[what] / counts.total(), 3) for what in ("kept", "wrong", "lost")}


def main(run: Run) -> None:
    drawn = [sample for seed in range(run.sized(10, 1)) for sample in samples(seed)]
    asked = {f"{number:03}.{sample.kind}": sample for number, sample in enumerate(drawn)}
    files = {name: sample.data for name, sample in asked.items()}
    mine = ours(files)
    figures = {"ours": shares(mine, asked)}
    rows = [("ours", "all", *figures["ours"].values())]
    for peer in PEERS if not run.brief else ():
        theirs = of_peer(peer, files)
        same = shares({name: mine[name] for name in theirs}, asked)
        figures[peer] = shares(theirs, asked)
        figures[f"ours beside {peer}"] = same
        kinds = ", ".join(sorted({asked[name].kind for name in theirs}))
        rows += [(peer, kinds, *figures[peer].values()), ("ours", kinds, *same.values())]
    run.write("fidelity", figures)
    run.show("Facts of documents, as they arrive", ("reader", "formats", "kept", "wrong", "lost"), rows)
    for name, text in mine.items():
        for fact in asked[name].facts:
            if (found := verdict(fact, text)) != "kept":
                print(f"{name} {fact.topic}: {found} {fact.kept}")
    behind = [peer for peer in figures if f"ours beside {peer}" in figures and not _ahead(figures, peer)]
    if behind or figures["ours"]["kept"] < 0.99:
        raise SystemExit(1)


def _ahead(figures: Mapping[str, Mapping[str, float]], peer: str) -> bool:
    same = figures[f"ours beside {peer}"]
    return same["kept"] > figures[peer]["kept"] and same["wrong"] <= figures[peer]["wrong"]
