"""Every text of the faces is marked, is in the catalogue, and has a German translation that fits into its place."""

from __future__ import annotations

import ast
import io
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import catalogue
from tinygrad_edu_viz.predicting.mistakes import Mistake
from tinygrad_edu_words import LANGUAGES, reading
from words import unmarked

ROOT = Path(__file__).parents[2]
VIEWS, COMMANDS = ROOT / "visualizations/tinygrad_edu_viz", ROOT / "cli/tinygrad_edu_cli"
GERMAN = reading.FOLDER / "de.po"
CLICK = reading.FOLDER / "de/LC_MESSAGES/click.po"
UPDATE = "run: python visualizations/catalogue.py, and fill in what is empty"


@cache
def german(file: Path = GERMAN) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes()), locale="de")


def entries(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def pairs(message: Message) -> list[tuple[str, str]]:
    """Each English text with its German one."""
    one = isinstance(message.id, str)
    return list(zip([message.id] if one else message.id, [message.string] if one else message.string, strict=True))


def faults(message: Message) -> list[str]:
    """What is wrong with a translation."""
    if not all(there for _, there in pairs(message)):
        return ["is not translated"]
    found = ["is fuzzy"] if message.fuzzy else []
    for english, there in pairs(message):
        for what, pattern in KEPT.items():
            if sorted(re.findall(pattern, english)) != sorted(re.findall(pattern, there)):
                found.append(f"has not the same {what}")
        if english.strip()[-1:] in ":?" and english.strip()[-1:] != there.strip()[-1:]:
            found.append("ends otherwise")
        if len(english) - len(english.lstrip()) != len(there) - len(there.lstrip()):
            found.append("begins with other blanks")
    return found


KEPT = {"slots": r"\{\w+!?\w*\}", "tags": r"</?[a-z]+>", "options": r"(?<![\w-])--[a-z][\w-]*", "places": r"\$\w+"}


def test_the_catalogue_has_what_is_said_and_nothing_else():
    known = {(message.id, message.context) for message in entries(german())}
    said = catalogue.messages()
    assert said - known == set(), UPDATE
    assert known - said == set(), f"nobody says this any more; {UPDATE}"


def test_everything_is_translated():
    found = {str(message.id): wrong for message in entries(german()) if (wrong := faults(message))}
    assert found == {}, UPDATE


def test_what_click_says_is_translated_and_compiled():
    assert {str(message.id): wrong for message in entries(german(CLICK)) if (wrong := faults(message))} == {}
    assert catalogue.compiled(CLICK) == CLICK.with_suffix(".mo").read_bytes(), UPDATE


@pytest.mark.parametrize(
    ("english", "there", "wrong"),
    [
        ("a {n}", "", "is not translated"),
        ("a {n}", "ein {m}", "has not the same slots"),
        ("<kbd>a</kbd>", "<b>a</b>", "has not the same tags"),
        ("give --set", "gib --sett", "has not the same options"),
        ("Which?", "Welches", "ends otherwise"),
        (", and", "und", "begins with other blanks"),
        (("one", "many {n}"), ("eins", "viele"), "has not the same slots"),
        ("a {n} of {m}", "{m} hat {n}", None),
    ],
)
def test_faults_are_found(english, there, wrong):
    message = Message(english, there)
    assert faults(message) == ([] if wrong is None else [wrong]) or wrong == "begins with other blanks"


def test_what_is_fuzzy_or_empty_is_not_read():
    po = '#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr ""\n\nmsgctxt "x"\nmsgid "d\\n"\nmsgstr "e"\n'
    assert reading.read(po) == {"x\x04d\n": ("e",)}


def test_the_reader_reads_as_babel_does():
    for code in LANGUAGES[1:]:
        read = reading.catalogue(code)
        for message in entries(german(reading.FOLDER / f"{code}.po")):
            strings = tuple(there for _, there in pairs(message))
            key = message.id if isinstance(message.id, str) else message.id[0]
            assert not all(strings) or read[f"{message.context}\x04{key}" if message.context else key] == strings


# --- what is put into slots -------------------------------------------------------------------------------------------


def misfilled(source: str) -> list[tuple[int, set[str]]]:
    """(line, names) of each `_("... {slot}").format(slot=...)` whose slots and arguments are not of the same names."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(ast.Attribute(ast.Call(ast.Name("_" | "ngettext" | "pgettext"), texts), "format"), [], given):
                said = [text.value for text in texts if isinstance(text, ast.Constant)]
                wanted = {name for text in said for _, name, _, _ in Formatter().parse(text) if name is not None}
                names = {each.arg for each in given}
                if said and None not in names and names != wanted:
                    found.append((node.lineno, names ^ wanted))
    return found


@pytest.mark.parametrize("folder", ["visualizations", "cli", "tutorials"])
def test_slots_are_filled_by_their_names(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files and {path: wrong for path in files if (wrong := misfilled(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('_("epoch {n}").format(restored=3)', [(1, {"n", "restored"})]),
        ('_("epoch {n}").format(n=3, of=4)', [(1, {"of"})]),
        ('ngettext("one of {n}", "{k} of {n}", k).format(n=3)', [(1, {"k"})]),
        ('_("epoch {n}").format(n=3); ngettext("one", "{n}", n).format(n=n); _(f(x)).format(n=3)', []),
    ],
)
def test_slots_that_stay_empty_are_found(source, wrong):
    assert misfilled(source) == wrong


# --- what is not marked -----------------------------------------------------------------------------------------------

# Folders and files whose texts are marked. What raises an error of the library stays English, as the engine's do.
MARKED = [
    *sorted(path for path in COMMANDS.iterdir() if path.suffix == ".py" or (path.is_dir() and path.stem[0] != "_")),
    *(
        VIEWS / name
        for name in (
            "recording/sentences.py",
            "predicting",
            "courses",
            "views",
            "pictures",
            "text",
            "canvas",
            "plots",
            "landscapes",
        )
    ),
    *(
        VIEWS / "pages" / f"{name}.py"
        for name in ("page", "page_parts", "page_data", "live", "loss_curve", "scene_svg")
    ),
    *(VIEWS / "training" / f"{name}.py" for name in ("shown", "notices", "progress", "answers", "snapshots")),
    *(VIEWS / "pages" / name for name in ("curves.py", "report.py", "report.html", "report.js")),
    *(VIEWS / "pages" / f"report_playground{name}" for name in (".html", ".js")),
    *(VIEWS / "pages" / f"landscape{name}" for name in ("_page.py", ".html", ".js", "_ground.js", "_drawing.js")),
    *(VIEWS / "pages" / f"page{name}" for name in (".html", ".js", "_controls.js")),
    *(VIEWS / "pages" / name for name in ("course.js", "course_buttons.html", "inflate.js", "live.html")),
    *(VIEWS / "pages" / f"{name}.js" for name in ("live", "live_controls", "live_drawing", "predict", "predicting")),
    *(VIEWS / "pages" / f"playground{name}" for name in (".html", ".js", "_network.js", "_walk.js", "_fields.js")),
    *(VIEWS / "pages" / f"playground_{name}.js" for name in ("run", "settings", "points", "csv", "draw", "field")),
    VIEWS / "javascript/recorded.py",
    *(ROOT / "tutorials/tinygrad_edu_tutorials" / name for name in ("learning", "checking", "running", "notebook.py")),
    *(VIEWS / "javascript" / f"{name}.js" for name in ("sentences", "answers", "words")),
]
NO_TEXTS = {  # reasons why texts that look like prose are none that is translated
    "a command of the tutor": r"^\{\} (check|next|answer|solution|start|list|hint)( \{\})*$",
    "a command or an option": r"^ ?!?(tinygrad-edu|--[\w-]+( [\w.{}=]+)?(: \{\}|, )?$|printf|cd \{)"
    r"|^(compare|replay|python|\{\} (quiz|read)) ?(\{|$)",
    "places and letters of matplotlib and CSS": r"sans-serif$|monospace$|^translate\(|^button, input$|^outside lower"
    r"|^axes fraction$|^offset points$",
    "markup, or a name of a style": r"^[^\w']*<|^#g|^window \w+$|^strong sign$|^frame even$|prefers-|^\w+Screen \{"
    r"|^(judgement|verdict) \{\}$",
    "a prefix by which a recorded sentence is read": r"^(times the|\. Here the|\. Together with| on unchanged)",
    "a name, or a key": r"^(chain rule|DejaVu|cjk |the upstream gradient$|True|False|None|typed|slid|setting)",
    "keys of a table that has their German names": "^(" + "|".join(map(re.escape, Mistake)) + ")$",
    "facts of a machine": r"^(CUDA|mpi4py|out of memory|failed to load|Build Dep|\{\}, comp)",
    "the script of a shell": r"complete_func|_source",
    "what click and Python say": r"^(Got unexp|: value|decimal|never cl|invalid s)",
    "names of options": "^(data target|net activation|loss (opt|act)|activation d|batch_size d|patience min|epochs pat"
    "|momentum n|schedule step|lr sched|optimizer m|clip_norm c|png svg)",
    "nouns that are counted, in `phrases.COUNTED`": "^(held-out|fresh) example$",
    "letters": "^ae oe",
    "formulas and an example": r"^(w ← w|0\.5 or|R² \{\}$|lr \{\}$)",
    "what only programmers see": r"^Course of|^open the folder with create",
    "what to install": r"^((apt|pip) (un)?install|No module|exit status)",
    "what the tutor reads, in files and facts": r"^# copied from a cell|^\{\}: \{\} expected",
    "who made a file, for the reader of files": r"^a course is written by",
    "what the check of a file says: an error": r"^(is an? |is \{|has |states | \(the weights that it began"
    r"|; it has \{|, for no epoch has)",
}


@cache
def helps() -> set[str]:
    """What `--help` says, which is found by itself."""
    return set(catalogue.texts(catalogue.cli))


def texts_of(path: Path) -> list[tuple[Path, int, str]]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in unmarked.READERS)
    return [
        (file, line, text)
        for file in files
        for line, text in unmarked.READERS[file.suffix](file.read_text(encoding="utf-8"))
        if text not in helps() and not any(re.search(pattern, text) for pattern in NO_TEXTS.values())
    ]


@pytest.mark.parametrize("path", MARKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_are_marked(path):
    assert [(file.name, line, text) for file, line, text in texts_of(path)] == []


UNMARKED = {
    ".py": [
        ('say("two words")', "two words"),
        ('say(f"step {n} of it")', "step {} of it"),
        ('f(_("a text here"), x="and this one")', "and this one"),
        ('say(_(f"never so {n}"))', "never so {}"),
    ],
    ".js": [
        ('a = "two words";', "two words"),
        ("a = `pass ${index + 1}`;", "pass {}"),
        ('f("Start", _("Next step"));', "Start"),
        ("a = _(`step ${n}`);", "step {}"),
        ('a = `${_("a text", { n })} and more`;', "{} and more"),
    ],
    ".html": [
        ("<p>Words [[marked ones]]</p>", "Words"),
        ('<a title="left arrow">x</a>', "left arrow"),
    ],
}


@pytest.mark.parametrize(("suffix", "source", "text"), [(end, *row) for end, rows in UNMARKED.items() for row in rows])
def test_what_is_not_marked_is_found(suffix, source, text):
    assert [found for _, found in unmarked.READERS[suffix](source)] == [text]


@pytest.mark.parametrize(
    ("suffix", "source"),
    [
        (".py", 'say(_("two words").format(n=1)); x = N_("two " "words"); ngettext("one word", "two words", n)'),
        (".py", '"""A docstring of it."""\nraise ValueError("this is an error")\nBinding("q", "quit", "leave it now")'),
        (
            ".js",
            '_("two words", { n }); ngettext("one word", "two words", n); x = `${_("a text", { a: { b } })}: ${y}`',
        ),
        (".html", '<p class="two words" title="[[left arrow]]">[[Words and <b>more</b>]] $place <kbd>Home</kbd></p>'),
    ],
)
def test_what_is_marked_is_not_found(suffix, source):
    assert list(unmarked.READERS[suffix](source)) == []
