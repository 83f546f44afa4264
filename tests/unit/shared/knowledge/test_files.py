"""Files as people have them say in the knowledge base what they say on screen and paper."""

import json
import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from tests.support.documents import WORD, docx, numbered, paragraph, run, styled
from tests.support.office_files import (
    Placed,
    book,
    deck,
    lines,
    packed,
    printed,
    shape,
    slide_table,
    workbook,
)
from tests.support.reading import Case, assert_told, told, web_page

CASES = Path(__file__).with_name("cases")
EXPECTED = json.loads((CASES / "expect.json").read_text())
RAISED, LOWERED = (f'<w:vertAlign w:val="{way}script"/>' for way in ("super", "sub"))
NOT_STRUCK = '<w:strike w:val="0"/>'
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def figures(name: str = "") -> bytes:
    sheet = openpyxl.Workbook()
    first = sheet.active
    first.title = name or "Plan"
    first.append(["Lift", "Share", "From", "Load"])
    first.append(["Squat", 0.755, None, 92.5])
    first["B2"].number_format = "0.0%"
    first["C2"] = date(2026, 11, 2)
    first["D2"].number_format = '0.0" kg"'
    first["A2"].font = Font(bold=True)
    return packed(sheet)


def rounded() -> bytes:
    sheet = openpyxl.Workbook()
    sheet.active.title = "Log"
    for row in (["My log of 2026", None, None], ["Lift", "Load", "Share"], ["Squat", 92.5, 0.125]):
        sheet.active.append(row)
    sheet.active.merge_cells("A1:C1")
    sheet.active["B3"].number_format = "0"
    sheet.active["C3"].number_format = "0%"
    return packed(sheet)


def merged() -> bytes:
    sheet = openpyxl.Workbook()
    sheet.active.title = "Plan"
    for row in (["Exercise", "Week 1", None], ["Squat", "3", "8"], [None, "4", "6"]):
        sheet.active.append(row)
    sheet.active.merge_cells("B1:C1")
    sheet.active.merge_cells("A2:A3")
    return packed(sheet)


def hidden_parts() -> bytes:
    sheet = openpyxl.Workbook()
    for row in (["Food", "kcal", "secret"], ["Apple", 52, 1], ["Poison", 0, 2], ["Pear", 57, 3]):
        sheet.active.append(row)
    sheet.active.row_dimensions[3].hidden = True
    sheet.active.column_dimensions["C"].hidden = True
    return packed(sheet)


def note(kind: str, text: str) -> dict[str, str | bytes]:
    return {f"word/{kind}s.xml": f'<w:{kind}s {WORD}><w:{kind} w:id="2">{paragraph(text)}</w:{kind}></w:{kind}s>'}


TWO_COLUMNS = [
    *lines(
        "The left one begins here and goes\non in its second line, then in\nits third line and so on, until\nit ends with this line here."
    ),
    *lines(
        "The right one is read after it\nand is not mixed with the other,\nthough its lines stand beside\nthose of the left one there.",
        320,
    ),
]
FURTHER: dict[str, Case] = {
    # ------------------------------------------------------------------------------------------------- Word
    "a hyphen in a range that never breaks": (docx(f"<w:p>{run('Rest 2')}<w:r><w:noBreakHyphen/><w:t>3 min</w:t></w:r></w:p>"), ["Rest 2-3 min"], []),
    "a soft hyphen in a word": (docx("<w:p><w:r><w:t>exer</w:t><w:softHyphen/><w:t>cise</w:t></w:r></w:p>"), ["exercise"], []),
    "a power in Word": (docx(f"<w:p>{run('10')}{run('2', RAISED)}{run(' m')}</w:p>"), [r"10\^2 m"], ["102"]),
    "a fraction in Word": (docx(f"<w:p>{run('1')}{run('1', RAISED)}{run('/')}{run('2', LOWERED)}{run(' cups')}</w:p>"), ["1 1/2 cups"], []),
    "a formula of chemistry": (docx(f"<w:p>{run('CO')}{run('2', LOWERED)}</w:p>"), ["CO2"], []),
    "an ordinal": (docx(f"<w:p>{run('the 1')}{run('st', RAISED)}{run(' set')}</w:p>"), ["the 1st set"], []),
    "deleted and inserted": (docx(f"<w:p>{run('Take ')}<w:del><w:r><w:delText>1 g</w:delText></w:r></w:del><w:ins>{run('500 mg')}</w:ins></w:p>"), ["Take 500 mg"], ["1 g"]),
    "struck twice": (docx(f"<w:p>{run('Take ')}{run('1 g', '<w:dstrike/>')}{run('500 mg')}</w:p>"), ["Take 500 mg"], ["1 g"]),
    "a strike that is switched off": (docx(f"<w:p>{run('Take 5 g', NOT_STRUCK)}</w:p>"), ["Take 5 g"], []),
    "hidden by its style": (docx(paragraph("Secret.", "Gone") + paragraph("Seen."), parts=styled('<w:style w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:vanish/></w:rPr></w:style>')), ["Seen"], ["Secret"]),
    "a comment": (docx(paragraph("Rest well."), parts={"word/comments.xml": f"<w:comments {WORD}><w:comment>{paragraph('Nonsense!')}</w:comment></w:comments>"}), ["Rest well"], ["Nonsense"]),
    "a footnote": (docx(f"<w:p>{run('Press')}<w:r><w:footnoteReference w:id='2'/></w:r>{run(' hard.')}</w:p>", parts=note("footnote", "Not with a hernia.")), [r"Press \(note 1\) hard", "Note 1: Not with a hernia"], []),
    "an endnote in a table": (docx(f"<w:tbl><w:tr><w:tc><w:p>{run('Load')}<w:r><w:endnoteReference w:id='2'/></w:r></w:p></w:tc><w:tc>{paragraph('Sets')}</w:tc></w:tr><w:tr><w:tc>{paragraph('90')}</w:tc><w:tc>{paragraph('5')}</w:tc></w:tr></w:tbl>", parts=note("endnote", "In kilograms.")), ["In kilograms", r"\| 90 \| 5 \|"], []),
    "list numbers by style": (docx("".join(paragraph(text, "Steps") for text in ("Warm up", "Lift", "Rest")), parts=numbered(("decimal", "%1."))), ["1. Warm up", "2. Lift", "3. Rest"], []),
    "letters for numbers": (docx("".join(paragraph(text, "Steps") for text in ("Warm up", "Lift")), parts=numbered(("lowerLetter", "%1)"))), [r"a\) Warm up", r"b\) Lift"], []),
    "a heading of a style of one's own": (docx(paragraph("Deload weeks", "Mine") + paragraph("Rest."), parts=styled('<w:style w:styleId="h"><w:name w:val="heading 1"/></w:style><w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="h"/></w:style>')), ["title: Deload weeks"], []),
    "styles that are based on each other": (docx(paragraph("Rest.", "A"), parts=styled('<w:style w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style><w:style w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>')), ["Rest"], []),
    "cells over two rows": (docx(f'<w:tbl><w:tr><w:tc>{paragraph("Lift")}</w:tc><w:tc>{paragraph("Level")}</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("Squat")}</w:tc><w:tc>{paragraph("New")}</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>{paragraph("Old")}</w:tc></w:tr></w:tbl>'), [r"\| Squat \| New \|", r"\| Squat \| Old \|"], []),
    "a deleted row": (docx(f'<w:tbl><w:tr><w:tc>{paragraph("Lift")}</w:tc></w:tr><w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph("Old")}</w:tc></w:tr><w:tr><w:tc>{paragraph("New")}</w:tc></w:tr></w:tbl>'), ["New"], ["Old"]),
    "a table in a cell": (docx(f"<w:tbl><w:tr><w:tc>{paragraph('Day')}</w:tc><w:tc><w:tbl><w:tr><w:tc>{paragraph('Squat')}</w:tc><w:tc>{paragraph('5 x 5')}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"), [r"\| Day \| Squat 5 x 5 \|"], []),
    "an equation": (docx(f"<w:p>{run('BMI = ')}<m:oMath {MATH}><m:f><m:num><m:r><m:t>kg</m:t></m:r></m:num><m:den><m:sSup><m:e><m:r><m:t>m</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:den></m:f></m:oMath></w:p>"), [r"BMI = kg/\(m\^2\)"], []),
    "a text box": (docx('<w:p><w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>Boxed words.</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:p><w:r><w:t>Boxed words.</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r></w:p>'), ["Boxed words"], ["(?s)Boxed words.*Boxed words"]),
    "a control with text": (docx(f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"), ["In a control"], []),
    "a sign of the font Symbol": (docx('<w:p><w:r><w:t>Age </w:t><w:sym w:font="Symbol" w:char="F0B3"/><w:t> 18</w:t></w:r></w:p>'), ["Age ≥ 18"], []),
    "a title of a program": (docx(paragraph("Deloads", "berschrift1") + paragraph("Rest."), "Microsoft Word - Document1"), ["title: Deloads"], []),
    "a field with its result": (docx(f"<w:p><w:r><w:instrText>REF x</w:instrText></w:r>{run('See page 4.')}</w:p>"), ["See page 4"], ["REF"]),
    # -------------------------------------------------------------------------------------------------- Excel
    "figures as they are shown": (figures(), [r"\| Squat \| 75\.5% \| 2026-11-02 \| 92\.5 kg \|"], []),
    "merged cells": (merged(), [r"\| Exercise \| Week 1 \| Week 1 \|", r"\| Squat \| 4 \| 6 \|"], []),
    "hidden rows and columns": (hidden_parts(), [r"\| Apple \| 52 \|", r"\| Pear \| 57 \|"], ["Poison", "secret"]),
    "two sheets": (workbook({"Fruit": [["Name", "kcal"], ["Apple", 52]], "Meat": [["Name", "kcal"], ["Beef", 250]]}), ["Fruit", "Meat", r"\| Beef \| 250 \|"], []),
    "a hidden sheet": (workbook({"Fruit": [["Name", "kcal"], ["Apple", 52]], "Old": [["Name"], ["Wrong"]]}, ["Old"]), ["Apple"], ["Wrong"]),
    "a title above a table": (workbook({"Sheet1": [["Calories of fruit", None], ["Name", "kcal"], ["Apple", 52]]}), ["Calories of fruit", r"\| Name \| kcal \|\n"], []),
    "two tables on a sheet": (workbook({"Plan": [["Lift", "Kg"], ["Squat", 90], [], ["Food", "kcal"], ["Apple", 52]]}), [r"\| Food \| kcal \|\n\| --- "], []),
    "sums of fractions": (workbook({"Plan": [["Sum", "x"], [0.1 + 0.2, "y"]]}), [r"\| 0\.3 \|"], ["0.30000"]),
    # ----------------------------------------------------------------------------------------------- PowerPoint
    "slides with notes": (deck([shape("Deload weeks", "title") + shape("Halve the sets.", "body", 9)], {1: "Say it slowly."}), ["title: Deload weeks", "Halve the sets", "Notes: Say it slowly"], []),
    "a table on a slide": (deck([shape("Plan", "title") + slide_table([["Lift", "2>Week 1"], ["Squat", "3", "8"]])]), [r"\| Lift \| Week 1 \| Week 1 \|", r"\| Squat \| 3 \| 8 \|"], []),
    "a hidden slide": (deck([shape("Seen", "title"), shape("Unseen words")], hidden=[2]), ["Seen"], ["Unseen"]),
    "boxes in the order of the slide": (deck([shape("Below.", "", 4_000_000) + shape("Above.", "", 1_000_000)]), ["(?s)Above.*Below"], []),
    "a power on a slide": (deck([shape('<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>3</a:t></a:r><a:r><a:t> IU</a:t></a:r></a:p>')]), [r"10\^3 IU"], []),
    "struck on a slide": (deck([shape('<a:p><a:r><a:rPr strike="sngStrike"/><a:t>1 g</a:t></a:r><a:r><a:t>500 mg</a:t></a:r></a:p>')]), ["500 mg"], ["1 g"]),
    "the number of a slide": (deck([shape("Rest.", "body") + shape("17", "sldNum")]), ["Rest"], ["17"]),
    # ---------------------------------------------------------------------------------------------------- EPUB
    "chapters in order": (book(["<h1>One</h1><p>First.</p>", "<h1>Two</h1><p>Second.</p>"], nav="<nav><a>Contents</a></nav>"), ["(?s)First.*Second"], ["Contents"]),
    "a table in a book": (book(["<h1>Plan</h1><table><tr><th>Lift</th><th>Kg</th></tr><tr><td>Squat</td><td>90</td></tr></table>"]), [r"\| Squat \| 90 \|"], []),
    "a half that is rounded, under a title over all columns": (rounded(), ["My log of 2026\n\n\\| Lift", r"\| Squat \| 93 \| 13% \|"], [r"\| My log"]),
    # ---------------------------------------------------------------------------------------------------- HTML
    "an inserted dose": (web_page("<p>Take <s>1 g</s><ins>500 mg</ins>.</p>"), ["Take 500 mg"], ["1 g"]),
    "struck by its style": (web_page('<p>Take <span style="text-decoration: line-through">1 g</span> 500 mg.</p>'), ["500 mg"], ["1 g"]),
    "a heading over two rows": (web_page("<table><thead><tr><th rowspan=2>Lift<th colspan=2>Week 1<tr><th>Sets<th>Reps</thead><tr><td>Squat<td>3<td>8</table>"), [r"\| Lift \| Week 1 Sets \| Week 1 Reps \|", r"\| Squat \| 3 \| 8 \|"], []),
    "a fraction": (web_page("<p>Take <sup>1</sup>/<sub>2</sub> tsp, then 2<sup>3</sup>&frasl;<sub>4</sub> cups.</p>"), ["Take 1/2 tsp, then 2 3/4 cups"], []),
    "a sign of a note that nothing raises": (web_page('<p>Take 500<a epub:type="noteref" href="#n">1</a> mg, or 2<sup><a role="doc-noteref" href="#n">3</a></sup> g.</p>'), [r"500\^1 mg, or 2\^3 g"], ["5001"]),
    "a list in a list": (web_page("<ol><li>Warm up<ul><li>walk<li>swing</ul><li>Lift</ol>"), ["1. Warm up", "  - walk", "2. Lift"], []),
    "terms and what they mean": (web_page("<dl><dt>Deload</dt><dd>An easier week.</dd></dl>"), ["Deload: An easier week"], []),
    "a table for the layout": (web_page("<table role=presentation><tr><td><h2>Rest</h2><p>Two days.</p></td></tr></table>"), ["## Rest", "Two days"], [r"\|"]),
    "a formula of MathML": (web_page("<p>Volume is <math><msup><mi>r</mi><mn>3</mn></msup></math>.</p>"), [r"r\^3"], []),
    "a cookie banner and a menu": (web_page('<div class="cookie-consent"><p>We use cookies.</p></div><nav><a>Shop</a></nav><main><h1>Rest</h1><p>Two days.</p></main><footer>© 2026</footer>'), ["Two days"], ["cookies", "Shop", "2026"]),
    "strangers below an article": (web_page('<article><h1>Rest</h1><p>Two days.</p></article><div id="comments"><p>lol no</p></div>'), ["Two days"], ["lol"]),
    "a warning in an aside": (web_page("<article><h1>Rest</h1><aside class=warning><p>Not with fever.</p></aside><p>Two days of it.</p></article>"), ["Not with fever"], []),
    "a page without a main part": (web_page("<h1>Rest</h1><div><p>Two days.</p></div><p>Sleep.</p>"), ["Two days", "Sleep"], []),
    "code": (web_page("<pre>sets = 5\n# reps\nreps = 3</pre>"), ["(?s)sets = 5\n# reps\nreps = 3"], []),
    "a title of the site": (web_page("<p>Two days.</p>", "<title>Site</title><meta property='og:title' content='How to rest'>"), ["title: How to rest"], []),
    # ----------------------------------------------------------------------------------------------- charsets
    "UTF-16 without a mark": ("Ruhe für zwei Tage. Schlafe gut.".encode("utf-16-le"), ["für zwei Tage"], []),
    "UTF-16, the other way round": ("Rest for two days.".encode("utf-16-be"), ["Rest for two days"], []),
    "Windows' Western": ("Für Anfänger: 3 × 10 Kniebeugen – langsam. Übungen für später; größere Gewichte meiden.".encode("cp1252"), ["Für Anfänger: 3 × 10 Kniebeugen – langsam"], []),
    "Windows' Cyrillic": ("Отдыхайте две минуты между подходами. Не задерживайте дыхание, когда поднимаете вес.".encode("cp1251"), ["Отдыхайте две минуты"], []),
    "KOI8": ("Отдыхайте две минуты между подходами. Не задерживайте дыхание, когда поднимаете вес.".encode("koi8-r"), ["Отдыхайте две минуты"], []),
    "Shift JIS": ("スクワットは膝がつま先より前に出ても良い。休憩は二分間です。毎日の練習を続けましょう。".encode("shift_jis"), ["休憩は二分間"], []),
    "GB18030": ("深蹲时膝盖可以超过脚尖。每组之间休息两分钟。训练前先热身十分钟,不要憋气。".encode("gb18030"), ["每组之间休息两分钟"], []),
    "Windows' Greek": ("Ξεκουραστείτε δύο λεπτά ανάμεσα στα σετ. Μην κρατάτε την αναπνοή σας.".encode("cp1253"), ["δύο λεπτά"], []),
    "signs beside figures in Windows' Western": ("Bath at 37 °C, 5 µg of D, 5\xa0g of salt.".encode("cp1252"), ["37 °C, 5 µg of D, 5 g of salt"], []),
    "a page that says UTF-8 and is not": ('<html><head><meta charset="utf-8"></head><body><p>37 °C, 5 µg.</p></body></html>'.encode("cp1252"), ["37 °C, 5 µg"], []),
    "UTF-8 into which another charset was pasted": ("Take 5 µg – für zwei Tage. ".encode() + b"Caf\xe9.", ["Take 5 µg – für zwei Tage. Café"], []),
    "signs of control of Word and DOS": (b"Rest 8\x1e12 min, exer\x1fcise.\x1a", ["Rest 8-12 min, exercise"], []),
    "a page that names its charset in XML": ('<?xml version="1.0" encoding="iso-8859-2"?><html><body><p>Odpočívejte dvě minuty.</p></body></html>'.encode("iso-8859-2"), ["Odpočívejte dvě minuty"], []),
    # ----------------------------------------------------------------------------------------------- Markdown
    "an open fence": (b"# Rest\n\n```\nTwo days.\n\n## Sleep\n\nEight hours.", ["## (Rest › )?Sleep", "Eight hours"], []),
    "a fence in a fence": (b"# Plan\n\n````\n```\n# no heading\n```\n````\n\n## After\n\nRest.", ["# no heading", "After"], []),
    "a picture in the text": (b"# Rest\n\nTwo days. ![](data:image/png;base64," + b"A" * 5000 + b")", ["Two days"], ["AAAA"]),
    "what its author took back": (b"# Doses ~~old~~\n\nTake ~~1 g~~ <s>2 g</s> 500 mg, ~5 to ~6 ml.\n\n```\n~~kept~~\n```\n", ["title: Doses$", "Take 500 mg, ~5 to ~6 ml", "~~kept~~"], ["1 g", "2 g"]),
    "a comment nobody closes": (b"# Rest\n\n<!-- Two days.", ["Two days"], []),
    # ---------------------------------------------------------------------------------------------------- CSV
    "bars for commas": (b"name|kcal\nApple|52\nPear|57\n", [r"\| name \| kcal \|\n"], []),
    "tabs, with commas in the cells": (b"name\tnote\nApple\tred, sweet\nPear\tgreen, soft\n", [r"\| Apple \| red, sweet \|"], []),
    "lines in cells": (b'name;note\nApple;"red\nand ""sweet"""\nPear;x\n', [r'\| Apple \| red and "sweet" \|'], []),
    "a comma at each end": (b"name,kcal,\nApple,52,\nPear,57,\n", [r"\| name \| kcal \|\n"], []),
    "a cell of 140 kB": (b"name,note\n" + b"Apple,red\n" * 60 + b'Pear,"' + b"green " * 24_000 + b'"\n', [r"\| Apple \| red \|"], []),
    "decimal commas": ("Übung;kg\nKniebeuge;92,5\nBank;60,0\n".encode("cp1252"), [r"\| Kniebeuge \| 92,5 \|"], []),
    "lines of JSON are no table": (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', ['"a": 3'], [r"\| ---"]),
    # ---------------------------------------------------------------------------------------------------- PDF
    "columns": (printed(TWO_COLUMNS), ["(?s)ends with this line here.*The right one"], ["here The right"]),
    "a word cut at a line": (printed(lines("Take five milli-\ngrams of it, which is a well-\nknown dose for this.")), ["milligrams", "well-known"], []),
    "a word cut at a page": (printed(lines("Take five milli-"), lines("grams of it each day.")), ["milligrams"], []),
    "running heads and numbers": (printed(*([*lines("The book of rest", y=820), *lines(f"Words of part {n}."), *lines(f"Page {n}", y=30)] for n in "12345")), ["Words of part 3"], ["book of rest", "Page 3"]),
    "a week a page": (printed(*([Placed(f"Week {n}", 60, 800, 10), *lines(f"Squat {n} sets.\nBench {n} sets.", y=700)] for n in "1234")), ["Week 3", "Squat 3 sets"], []),
    "a word cut behind what may keep its hyphen": (printed(lines("Loads grow slowly, since ten-\ndons adapt to an ex-\nercise and low-\ner loads hurt less; do a warm-\nup of self-\npaced walks.")), ["tendons", "an exercise", "lower", "warm-up", "self-paced"], []),
    "a number, a range and an address cut at a line": (printed(lines("A 12-\nweek plan of 3-\n5 sets, with a post-\nworkout meal, is on www.lift-\nwell.org as an ex-\nample.")), ["A 12-week plan of 3-5 sets", "post-workout meal", "www.lift-well.org as an example"], []),
    "a range with a dash cut at a line": (printed(lines("Train at 60–\n70 % of what you lift once.")), ["60–70 %"], []),
    "invisible letters": (printed([*lines("Rest two days."), Placed("Buy now.", 60, 700, mode=3), Placed("White lie.", 60, 680, grey=1)]), ["Rest two days"], ["Buy", "White"]),
    "a power": (printed([Placed("Take 10", 60, 700), Placed("3", 96.1, 704, 6), Placed("IU of it.", 103, 700)]), [r"10\^3 IU"], ["103"]),
    "sideways": (printed([Placed("Read me with the head", 100, 100, turned=90), Placed("on the shoulder.", 112, 100, turned=90)]), ["Read me with the head on the shoulder"], []),
    "upside down": (printed([Placed("First line of it", 400, 400, turned=180), Placed("and the second.", 400, 412, turned=180)]), ["First line of it and the second"], []),
    "items below a table, above a note in small print": (printed([Placed("Plan", 60, 800, 18), *(Placed(t, x, y) for y, row in ((760, ("Lift", "Sets", "Note")), (745, ("Squat", "5", "deep")), (730, ("Bench", "3", "slow"))) for x, t in zip((60, 200, 300), row, strict=True)), *lines("• Rest 2 min\n• Sleep well", y=690), Placed("1 Not with fever at all, and not after it.", 60, 60, 7)]), ["- Rest 2 min", r"\| Bench \| 3 \| slow \|"], ["## .*Rest"]),
    "a heading by its size": (printed([Placed("Deload weeks", 60, 800, 18), *lines("Halve the sets.\nKeep the load.")]), ["title: Deload weeks"], []),
    "a title of nobody": (printed([Placed("Deload weeks", 60, 800, 18), *lines("Rest.")], title="(anonymous)"), ["title: Deload weeks"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_of_the_cases_says_what_it_says(name: str) -> None:
    said = told((CASES / name).read_bytes(), name)

    assert [each for each in EXPECTED[name]["must_match"] if not re.search(each, said, re.MULTILINE)] == []
    assert [each for each in EXPECTED[name]["must_not_match"] if re.search(each, said, re.MULTILINE)] == []


@pytest.mark.parametrize("name", FURTHER)
def test_a_file_says_what_a_reader_sees(name: str) -> None:
    assert_told(*FURTHER[name])
