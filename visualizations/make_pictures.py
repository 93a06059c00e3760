"""Make every picture that README and guides show: python visualizations/make_pictures.py [NAME ...]

Screenshots need Chromium and playwright (pip install --group browser), the GIF and digits the extras `plots`, `data`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import tinygrad_edu as tg
from session_film import drawn, film
from tinygrad_edu_cli.main import main as command
from tinygrad_edu_cli.subject import Subject, open_source
from tinygrad_edu_cli.tui.app import Stepper
from tinygrad_edu_cli.tutor.screen.app import Tutor
from tinygrad_edu_tutorials.learning.session import Session
from tinygrad_edu_tutorials.learning.workspace import Workspace
from tinygrad_edu_tutorials.running import forked
from tinygrad_edu_viz import Trace, draw_graph, render
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_viz.pictures.gif import gif
from tinygrad_edu_viz.player import Player

FOLDER = Path(__file__).parent / "pictures"
STEP = 14  # the gradient of b
RAVINE = "landscape optimizer=sgd,adam --data pass_class --no-standardize --batch-size full --lr 0.3".split()
ADAM = "step --optimizer adam --updates 3".split()
MISTAKE = ("p", "minus", "0", "full_stop", "7", "5", "enter")  # of w1: its own factor, not the other one
RATES = "compare lr=0.001,0.1,10 --data moons --net 2-16-1 --optimizer sgd --seeds 1".split()
SPIRALS = "train --data spirals --net 2-32-32-1 --activation tanh --epochs 60".split()
BY_HEART = "train --data moons --n 60 --noise 0.4 --net 2-100-100-1 --epochs 150".split()


def perceptron() -> Subject:
    """The first example: `tinygrad-edu step`."""
    return open_source(None, [])


def digits() -> Subject:
    """A network on its first batch of handwritten digits."""
    tg.seed(0)
    train, _ = tg.data.load("digits").split(validation=0.2, seed=0)
    x, y = next(train.batches(size=32, seed=0))
    net = tg.nn.mlp([64, 64, 10], dropout=0.2)
    loss = tg.losses.cross_entropy(net(tg.Tensor(x / 16, name="pixels", dtype="float32")), y)
    return Subject("digits.py:loss", Trace.record(loss), "", loss)


def chromium() -> tuple[str | None, list[str]]:
    """Chromium's path, or None, and the arguments that it needs; CHROMIUM in the environment goes first."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # who may not use its sandbox
    return program, ["--no-sandbox"] if is_root else []


def graph(path: Path) -> None:
    path.write_bytes(render(draw_graph(perceptron().trace), "svg"))


def moving(path: Path) -> None:
    gif(path, perceptron().trace, perceptron().title)


def screenshot(path: Path, scheme: str, width: int, height: int) -> None:
    """The page at a step.

    Args:
        scheme: "light" or "dark".
        width, height: of the window, in pixels.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page(perceptron().trace, perceptron().title), encoding="utf-8")
        photograph(path, f"{file.as_uri()}#step={STEP}", scheme, width, height)


def updates(path: Path) -> None:
    """The page of a course, at an update of its second pass."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "course.html"
        assert command([*ADAM, "--html", str(file)]) == 0
        photograph(path, f"{file.as_uri()}#pass=2&step=22", "light", 1640, 800)


def ravine(path: Path) -> None:
    """Two optimizers on data that are not scaled, as a figure."""
    assert command([*RAVINE, "-o", str(path), "--size", "1000x640"]) == 0


def rates(path: Path) -> None:
    """A learning rate that is too small, one that is right, and one that is too large."""
    assert command([*RATES, "--png", str(path), "--size", "1200x675"]) == 0


def spirals(path: Path) -> None:
    """A boundary that bends, epoch by epoch."""
    assert command([*SPIRALS, "--plain", "--gif", str(path)]) == 0


def report(path: Path) -> None:
    """The report of a run that learns its examples by heart."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        assert command([*BY_HEART, "--plain", "--html", str(file)]) == 0
        photograph(path, file.as_uri(), "light", 1200, 900)


def turned(path: Path) -> None:
    """The page of the same landscape."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        assert command([*RAVINE, "-o", str(file)]) == 0
        photograph(path, file.as_uri(), "light", 1280, 730)


def live(path: Path) -> None:
    """The page that computes, after some updates."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page(perceptron().trace, perceptron().title, live=True), encoding="utf-8")
        photograph(path, f"{file.as_uri()}#step={STEP}", "light", 1640, 720, "tinygrad.update(20)")


def playground(path: Path) -> None:
    """The playground, in the middle of a training."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "play.html"
        assert command(["playground", "-o", str(file)]) == 0
        photograph(path, file.as_uri(), "light", 1280, 800, "void tinygrad.steps(1500)")


def photograph(path: Path, address: str, scheme: str, width: int, height: int, program: str = "") -> None:
    """What a browser shows, after it has run a program."""
    from playwright.sync_api import sync_playwright

    browser_path, arguments = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=arguments)
        window = {"width": width, "height": height}
        tab = browser.new_page(viewport=window, color_scheme=scheme, reduced_motion="reduce")
        tab.goto(address)
        tab.wait_for_function("() => !document.querySelector('#rows:empty')")  # where a page has nodes, they are there
        if program:
            tab.evaluate(program)
            tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        tab.screenshot(path=path)
        browser.close()


def full_screen(
    path: Path, make: Callable[[], Subject], size: tuple[int, int], step: int, keys: tuple[str, ...] = ()
) -> None:
    """The full-screen stepper.

    Args:
        make: what is stepped through.
        size: columns and rows of the terminal.
        step: where to go, before the keys are pressed.
    """

    async def drawing() -> str:
        shown = make()
        app = Stepper(shown, Player(shown.trace))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.stepping.player.go(step)
            app.stepping.show()
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            return app.export_screenshot(title="tinygrad-edu step")

    next(drawn([asyncio.run(drawing())], chromium())).save(path)


def tutor(path: Path) -> None:
    """The tutor, after a check has recognised a mistake."""

    async def drawing(root: Path) -> str:
        work = Session(Workspace.make(root, "en"))
        page = work.read("8", 5)
        app = Tutor(work, page)
        async with app.run_test(size=(100, 32)) as pilot:
            solution = page.lesson.one("program", "pass_on").text
            page.files["pass_on"].write_text(solution.replace("grads[x] +=", "grads[x] ="), encoding="utf-8")
            await app.reader.show_checked("08-backprop/pass_on", work.check("pass_on"))
            await pilot.pause(0.5)
            return app.export_screenshot(title="tinygrad-edu tutorial")

    with tempfile.TemporaryDirectory() as folder:
        forked.prepare()
        next(drawn([asyncio.run(drawing(Path(folder) / "lessons"))], chromium())).save(path)


def session(path: Path) -> None:
    film(path, chromium())


PICTURES: dict[str, Callable[[Path], None]] = {
    "perceptron.svg": graph,
    "steps.gif": moving,
    "stepper.png": partial(full_screen, make=perceptron, size=(132, 34), step=STEP),
    "predict.png": partial(full_screen, make=perceptron, size=(100, 30), step=18, keys=MISTAKE),
    "tutor.png": tutor,
    "digits.png": partial(full_screen, make=digits, size=(150, 30), step=8),
    "page.png": partial(screenshot, scheme="light", width=1640, height=800),
    "page-dark.png": partial(screenshot, scheme="dark", width=1640, height=800),
    "live.png": live,
    "playground.png": playground,
    "updates.png": updates,
    "ravine.png": ravine,
    "landscape.png": turned,
    "session.gif": session,
    "rates.png": rates,
    "spirals.gif": spirals,
    "report.png": report,
    "page-phone.png": partial(screenshot, scheme="light", width=390, height=844),
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        sys.exit(f"no picture is called {unknown[0]}; there are {', '.join(PICTURES)}")
    for name in names or PICTURES:
        PICTURES[name](FOLDER / name)
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main(sys.argv[1:])
