"""The tutor's screen: pages, predictions, checks, hints, the editor, and what can go wrong."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from tinygrad_edu_cli.main import main
from tinygrad_edu_cli.tutor.screen import keys, outside
from tinygrad_edu_cli.tutor.screen.app import Tutor
from tinygrad_edu_cli.tutor.screen.blocks import Details, Exercise, Prediction, markdown_of, parser
from tinygrad_edu_cli.tutor.screen.desk import Desk
from tinygrad_edu_cli.tutor.screen.reader import WATCHER
from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.learning.session import Session
from tinygrad_edu_tutorials.learning.workspace import NAME, Workspace
from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import LANGUAGES

from .full_screen import in_loop
from .tutor_screen import CURVE, LESSON, NEURON, SIZE, Learner, solution, tutor


@in_loop
async def test_pages_forward_and_back(tmp_path):
    async with tutor(tmp_path) as learner:
        await learner.until("2. The perceptron", "PAGE 1/7", "0 of 3 exercises", "→ next", "? help", "q quit")
        await learner.press("right")
        await learner.until("PAGE 2/7", "What a neuron computes")
        assert (learner.state["lesson"], learner.state["page"][LESSON]) == (LESSON, 2)
        await learner.press("left", "left")
        await learner.until("PAGE 10/10")
        await learner.press("right")
        await learner.until("PAGE 1/7")


@in_loop
async def test_the_footer_says_what_there_is_to_read_and_to_open(tmp_path):
    async with tutor(tmp_path, lesson="07-gradient-descent", language="de") as learner:
        await learner.until("Weißt du es noch?", "Netz A den Verlust 0.7", "→ weiter", "Tab Enter öffnen")
        assert "Leertaste" not in learner.text, "all of the page is in sight"
        await learner.press("tab", "enter")
        await learner.until("also ist der kleinere der bessere")
        await learner.wait(lambda: "Tab Enter" not in learner.text)
        await learner.press("right")
        await learner.until("SEITE 2/9", "Leertaste weiterlesen")
        await learner.press("end")
        await learner.wait(lambda: "Leertaste" not in learner.text)


@in_loop
async def test_what_is_said_first_stands_above_the_page_and_hides_no_key(tmp_path):
    session = Session(Workspace.make(tmp_path, "en"))
    app = Tutor(session, session.read(LESSON, 1), message="This is [your] folder. " * 8)
    async with app.run_test(size=SIZE) as pilot:
        learner = Learner(app, pilot, tmp_path)
        await learner.until("This is [your] folder. " * 8, "→ next")
        await learner.press("right", "left")
        await learner.until("PAGE 1/7")
        assert "[your]" not in learner.text


@in_loop
async def test_space_reads_on_to_the_next_page(tmp_path):
    async with tutor(tmp_path, page=2) as learner:
        for _ in range(9):
            await learner.press("space")
            if learner.reader.page.number == 3:
                break
        await learner.until("PAGE 3/7")
        assert learner.reader.paper.scroll_offset.y == 0


@in_loop
async def test_a_prediction_is_told_what_it_looks_like(tmp_path):
    async with tutor(tmp_path, page=CURVE) as learner:
        first = learner.reader.query(Prediction).first()
        assert not first.query_one(Details).display
        await learner.answer("6")
        await learner.until("✗ Not 6. Try again.", "The bias 1")
        assert not first.query_one(Details).display, "one more try before the answer is offered"
        await learner.press("enter")  # the same once more, with the field still open
        await learner.until("open the answer below")
        assert first.query_one(Details).display and first.query_one(Details).collapsed
        await learner.answer("7.0")
        await learner.until("✓ Right: 7.0", "3 · 2 + (-2) · 0 + 1")
        assert learner.state["answers"] == {f"{LESSON}/sum": "7.0"}
        assert not isinstance(learner.reader.focused, Input), "the keys are the page's again"
        await learner.press("p")
        await learner.press("a", "escape", "right")
        await learner.until("PAGE 3/7", "A prediction is open")


@in_loop
async def test_an_answer_may_be_typed_at_once(tmp_path):
    """As a fast typist's, or one over a slow line: keys that come before the field has the focus are the field's."""
    async with tutor(tmp_path, page=CURVE) as learner:
        for keys, told in (("p-77", "✗ Not -77"), ("6.5", "✗ Not 6.5"), ("7.0", "✓ Right: 7.0")):
            for key in keys:
                learner.app.post_message(events.Key(key, key))
            learner.app.simulate_key("enter")
            await learner.until(told)
        assert learner.state["answers"] == {f"{LESSON}/sum": "7.0"}


@in_loop
async def test_what_was_not_predicted_is_told_on_the_next_page(tmp_path):
    async with tutor(tmp_path, page=CURVE) as learner:
        await learner.answer("7")
        await learner.until("Right: 7")
        await learner.press("right")
        await learner.until("A prediction is open", "PAGE 3/7")
        await learner.press("right")
        await learner.until("PAGE 4/7", "what you were to predict is a.")
        assert "it is 7" not in learner.whole
        await learner.press("left")
        await learner.until("PAGE 3/7")
        assert "✓ Right: 7" in learner.whole


@in_loop
async def test_hints_checks_and_the_solution(tmp_path):
    async with tutor(tmp_path, page=NEURON) as learner:
        await learner.press("s")
        await learner.until("opens after hint 3")
        await learner.press("c")
        await learner.until("✗", "neuron.py")
        assert "TODO" in learner.whole
        for number in (1, 2, 3):
            await learner.press("h")
            await learner.until(f"Hint {number} of 3")
        await learner.press("s")
        await learner.until("A solution of neuron", "z += w * x")
        file = learner.file("neuron")
        file.write_text(solution("neuron").replace("z = bias", "z = 0"))
        await learner.press("c")
        await learner.until("should be", "The bias is forgotten")
        file.write_text(solution("neuron"))
        await learner.press("c")
        await learner.until("✓ Right! neuron is done.", "1 of 3 exercises", "→ goes on.")
        assert learner.state["done"] == [f"{LESSON}/neuron"] and learner.state["hints"] == {f"{LESSON}/neuron": 3}
    async with tutor(tmp_path, page=NEURON) as learner:
        assert "neuron.py is done." in learner.whole and learner.whole.count("Hint ") == 3


@in_loop
async def test_nobody_watches_for_saved_files_when_the_screen_was_left(tmp_path):
    def watching() -> bool:
        return any(thread.name == WATCHER for thread in threading.enumerate())

    async with tutor(tmp_path) as learner:
        await learner.wait(watching)
    assert not watching(), "Python crashes if it ends now"


@in_loop
async def test_what_is_saved_is_checked_at_once(tmp_path):
    async with tutor(tmp_path, page=NEURON) as learner:
        beside = tmp_path / "swap.py"
        while "Right!" not in learner.whole:  # again and again: nobody tells when the watching has begun
            beside.write_text(solution("neuron"))
            beside.replace(learner.file("neuron"))  # as editors do
            await learner.pilot.pause(0.05)
        await learner.until("✓ Right! neuron is done.")


@in_loop
async def test_a_later_check_may_come_while_a_verdict_is_put_on_the_page(tmp_path, monkeypatch):
    """c is pressed, and the file is saved: what has begun to change the page comes to its end."""
    begun, ended = [], []

    async def counted(block, session, checked, show=Exercise.show_checked):
        begun.append(checked)
        found = await show(block, session, checked)
        ended.append(checked)
        return found

    monkeypatch.setattr(Exercise, "show_checked", counted)
    async with tutor(tmp_path, page=NEURON) as learner:
        learner.file("neuron").write_text(solution("neuron"))
        checked = await learner.reader.desk.check(f"{LESSON}/neuron")

        async def at_once(desk, exercise):
            return checked

        monkeypatch.setattr(Desk, "check", at_once)
        for moments in range(30):
            learner.reader.check()
            for _ in range(moments):
                await asyncio.sleep(0)
        await learner.until("✓ Right! neuron is done.", "→ goes on.")
        await learner.wait(lambda: len(begun) == len(ended) > 1)
        assert learner.whole.count("Right! neuron is done") == 1


@in_loop
async def test_what_another_command_did_meanwhile_stays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    async with tutor(tmp_path, page=CURVE) as learner:
        assert main(["tutorial", "answer", "side", "a"]) == 0
        await learner.answer("7")
        await learner.until("Right: 7")
        assert learner.state["answers"] == {f"{LESSON}/side": "a", f"{LESSON}/sum": "7"}


@in_loop
async def test_the_list_of_lessons(tmp_path):
    async with tutor(tmp_path, page=NEURON, size=(100, 40)) as learner:
        learner.file("neuron").write_text(solution("neuron"))
        await learner.press("c")
        await learner.until("neuron is done")
        await learner.press("l")
        await learner.until("Lessons", "1/3  02-perceptron", "0/3  08-backprop", "7  What you can do now")
        await learner.press("j", "enter")
        await learner.until("PAGE 5/7")
        await learner.press("l", "k", "k", "k", "k", "k", "k", "enter")
        await learner.until("PAGE 1/10")
        assert learner.state["lesson"] == "01-learning"


@in_loop
async def test_a_command_of_the_page_is_run_and_comes_back(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(outside, "start", lambda words, folder: started.append((words, folder)) or 0)
    monkeypatch.setattr(outside, "wait", lambda: started.append("waited"))
    async with tutor(tmp_path, page=CURVE, language="de") as learner:
        monkeypatch.setattr(outside, "given_away", nullcontext)
        await learner.press("end", "r")
        assert [words[-3:] for words, _folder in started] == [["--lang", "de", "step"]], "and not waited for"
        assert started[0][1] == tmp_path and learner.reader.paper.scroll_offset.y > 0
        learner.reader.run_outside("tinygrad-edu train --data moons")
        assert started[-1] == "waited"


@in_loop
async def test_one_of_several_commands_is_chosen(tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(outside, "run", lambda command, folder, size: ran.append(command))
    page = next(n for n, parts in enumerate(library.lesson("06-loss", "en").pages, 1)
                if any(part.kind == "command" for part in parts))  # fmt: skip
    async with tutor(tmp_path, "06-loss", page) as learner:
        monkeypatch.setattr(outside, "given_away", nullcontext)
        await learner.press("r")
        await learner.until("Run which command?", "(sigmoid(z) - 1)**2")
        await learner.press("down", "enter")
        await learner.wait(lambda: ran)
        assert ran == ['tinygrad-edu step "(-log(sigmoid(z)))" --set z=-5']


@in_loop
async def test_the_editor(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(outside, "start", lambda words, folder: started.append(Path(folder, words[-1])) or 0)
    monkeypatch.chdir(tmp_path)
    async with tutor(Path("mine"), page=NEURON) as learner:  # as "tutorial start" makes it, from where it was typed
        monkeypatch.setattr(outside, "given_away", nullcontext)
        monkeypatch.setattr(outside.shutil, "which", lambda name: None)
        await learner.press("e")
        await learner.until("No editor was found", "neuron.py")
        await learner.press("escape")
        monkeypatch.setattr(outside.shutil, "which", lambda name: name)
        monkeypatch.setenv("EDITOR", "code --wait")
        await learner.press("e")
        assert [each.samefile(learner.file("neuron")) for each in started] == [True]


@pytest.mark.parametrize(
    ("variables", "there", "expected"),
    [
        ({"VISUAL": "emacs -nw", "EDITOR": "ed"}, "emacs ed nano", ["emacs", "-nw"]),
        ({"VISUAL": "gone", "EDITOR": "ed"}, "ed nano", ["ed"]),
        ({"VISUAL": "", "EDITOR": " "}, "nano vi", ["nano"]),
        ({}, "vi", ["vi"]),
        ({}, "", None),
    ],
)
def test_which_editor(monkeypatch, variables, there, expected):
    monkeypatch.setattr(outside.shutil, "which", lambda name: name if name in there.split() else None)
    assert outside.editor(variables) == expected


@in_loop
async def test_a_picture_is_drawn_with_characters(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(outside, "browse", lambda address: bool(opened.append(address)))
    async with tutor(tmp_path, page=2, language="de", size=(80, 40)) as learner:
        await learner.press("o")
        await learner.until("Das Neuron als Graph", "sigmoid y", "= Wert")
        await learner.press("b")
        await learner.until("kein Browser gefunden")
        assert re.search("^file:///.*/neuron.svg$", opened[0])
        await learner.press("escape", "right", "o")
        await learner.until("Mit Zeichen lässt es sich nicht zeichnen", "curve.svg")


@in_loop
async def test_a_folder_that_goes_and_one_that_cannot_be_written(tmp_path):
    root = tmp_path / "here"
    async with tutor(root, page=CURVE) as learner:
        root.rename(tmp_path / "there")
        await learner.answer("7")
        await learner.until("is gone", "q, and cd")
        await learner.press("escape")
        (tmp_path / "there").rename(root)
        await learner.answer("7")
        await learner.until("Right: 7")
        (root / NAME).write_text(json.dumps({"version": 99}))
        await learner.press("right", "right")
        await learner.until("newer than this program")
    assert json.loads((root / NAME).read_text()) == {"version": 99}


@in_loop
async def test_the_help_names_every_key(tmp_path):
    async with tutor(tmp_path, size=(100, 40)) as learner:
        await learner.press("question_mark")
        await learner.until(*("→ n", "Space", "kept"))
        named = {name for binding in keys.BINDINGS for name in binding.key.split(",")}
        shown = {"right": "→", "left": "←", "down": "↓", "up": "↑", "pagedown": "PgDn", "pageup": "PgUp"}
        shown |= {"space": "Space", "home": "Home", "end": "End", "question_mark": "?", "escape": "Esc"}
        words = set(re.findall(r"[\w?→←↓↑]+", keys.HELP))
        assert {shown.get(name, name) for name in named} <= words


SIZES = [(80, 24), (60, 16), (200, 50), (30, 9), (10, 5), (3, 2)]


@in_loop
async def test_all_sizes(tmp_path):
    async with tutor(tmp_path, page=CURVE) as learner:
        for size in SIZES:
            await learner.pilot.resize_terminal(*size)
            await learner.pilot.pause(0)
            assert len(learner.lines) == size[1] and all(cell_width(line) == size[0] for line in learner.lines)
            assert any(line.strip() for line in learner.lines)
        await learner.pilot.resize_terminal(*SIZE)
        await learner.until("The curve", "PAGE 3/7")


@in_loop
async def test_ascii_and_no_colour(tmp_path, monkeypatch):
    monkeypatch.setattr("tinygrad_edu_cli.tui.look.coding", lambda: "ascii")
    monkeypatch.setenv("NO_COLOR", "1")
    async with tutor(tmp_path, "08-backprop", 4, size=(100, 60)) as learner:
        await learner.until("arrow", "upstream")
        filters = learner.app.get_line_filters()
        for strip in learner.app.screen._compositor.render_strips():
            segments = list(strip)
            for each in filters:
                segments = each.apply(segments, learner.app.screen.background_colors[0])
            text = "".join(segment.text for segment in segments)
            assert text.isascii() and "?" not in text.replace("? help", ""), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", library.names())
def test_all_of_a_lesson_is_shown(name, language):
    """What everybody may see of each page is on the screen; nothing that is to be found out is."""
    for parts in library.lesson(name, language).pages:
        text = "\n".join(map(markdown_of, parts))
        for part in parts:
            hidden = part.kind in ("hint", "solution", "mistake", "predict", "recall")
            assert hidden == (markdown_of(part) == ""), part.kind
            inside = part.attrs["alt"] if part.kind == "image" else part.text.rstrip() if part.kind != "prose" else ""
            assert hidden or inside in text


def kinds_of_pages(language: str) -> list[tuple[str, int]]:
    """Pages that have, between them, all kinds of parts and of Markdown, and the longest of each kind."""
    seen: dict[str, tuple[int, str, int]] = {}
    for name in library.names():
        for number, parts in enumerate(library.lesson(name, language).pages, 1):
            for part in parts:
                tokens = [token.type for token in parser().parse(markdown_of(part))]
                for kind in (part.kind, *tokens, *(["figure and output"] if part.kind == "figure" else [])):
                    seen[kind] = max(seen.get(kind, (0, "", 0)), (len(part.text), name, number))
    return sorted({(name, number) for _length, name, number in seen.values()})


@pytest.mark.parametrize("language", LANGUAGES)
@in_loop
async def test_pages_of_all_kinds_open(tmp_path, language):
    pages = kinds_of_pages(language)
    async with tutor(tmp_path, *pages[0], language) as learner:
        for name, number in pages:
            await learner.reader.go(name, number)
            shown = "".join(learner.whole.split())
            for part in library.lesson(name, language).pages[number - 1]:
                if part.kind in ("code", "figure", "output", "exercise", "command"):
                    assert "".join(part.text.split()) in shown, (name, number, part.kind)
            assert all(cell_width(line) == SIZE[0] for line in learner.lines)
