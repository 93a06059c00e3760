"""A session on the live screen as a moving picture: what somebody does who watches a network learn."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from PIL import Image

from tinygrad_edu_cli.commands.train import train
from tinygrad_edu_cli.live.app import LiveApp
from tinygrad_edu_cli.live.driver import Driver
from tinygrad_edu_cli.live.report import LiveReport
from tinygrad_edu_cli.training.config import RunConfig
from tinygrad_edu_cli.training.session import started

SIZE = (100, 30)  # columns and rows
WIDTH = 900  # pixels of the moving picture
TRAINED = "--data moons --net 2-16-16-1 --noise 0.2 --epochs 60"
SCRIPT: list[tuple[str, int]] = [  # keys, or so many epochs, and for how long, in milliseconds, the screen is seen then
    ("", 1500),
    *((f"{k} epochs", 350) for k in (1, 1, 1, 2, 2, 3, 3, 4, 4, 5)),
    ("s", 2200),  # into the next update ...
    ("f", 1200),
    *(("right", 600),) * 6,
    ("q", 1500),  # ... and back
    ("right_square_bracket right_square_bracket right_square_bracket", 1800),  # eight times the rate
    *((f"{k} epochs", 400) for k in (1, 1, 2, 2, 2, 2)),
    ("u", 1200),
    ("2 6 enter", 1800),  # it was too much: back
    *((f"{k} epochs", 350) for k in (2, 3, 4, 5, 6)),
    ("h", 3000),  # what the hidden units answer
]


async def screens() -> list[tuple[str, int]]:
    """The screen after each line of the script, as SVG."""
    params = train.make_context("train", TRAINED.split()).params
    names = {field.name for field in fields(RunConfig)}
    session = started(RunConfig(**{name: value for name, value in params.items() if name in names}), None, None)
    report = LiveReport(session)
    app = LiveApp(Driver(session), report.watch, report.live)
    loop, found = app.run_screen.loop, []
    loop.running = False
    async with app.run_test(size=SIZE) as pilot:

        async def until(true: Callable[[], bool]) -> None:
            while not true():
                await pilot.pause(0.01)

        await until(lambda: loop.is_waiting)
        for typed, seen in SCRIPT:
            if typed.endswith("epochs"):
                for _ in range(int(typed.split()[0])):
                    loop.go("epoch")
                    await until(lambda: not loop.running and loop.is_waiting)
                app.run_screen.be_quiet()
            else:
                for key in typed.split():
                    await pilot.press(key)
                    await pilot.pause(0.2)
            found.append((app.export_screenshot(title="tinygrad-edu train"), seen))
    return found


def film(path: Path, chromium: tuple[str | None, list[str]]) -> None:
    """Write the session as a GIF.

    Args:
        chromium: the browser that draws, and its arguments.
    """
    shots = asyncio.run(screens())
    large = list(drawn([svg for svg, _ in shots], chromium))
    size = WIDTH, round(WIDTH * large[0].height / large[0].width)
    pictures = [picture.resize(size, Image.Resampling.LANCZOS) for picture in large]
    colours = pictures[len(pictures) // 2].quantize(64, dither=Image.Dither.NONE)
    frames = [picture.quantize(palette=colours, dither=Image.Dither.NONE) for picture in pictures]
    seconds = [seen for _, seen in shots]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=seconds, loop=0, optimize=True)


def drawn(screens: list[str], chromium: tuple[str | None, list[str]]) -> Iterator[Any]:
    """Screens, as Textual exports them, as pictures."""
    from playwright.sync_api import sync_playwright

    program, arguments = chromium
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        tab = browser.new_page()
        for svg in screens:
            svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL)  # fonts from the network
            svg = svg.replace("font-family: Fira Code", "font-family: 'DejaVu Sans Mono'")
            size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
            assert size is not None
            width, height = (round(float(part)) for part in size.groups())
            tab.set_viewport_size({"width": width, "height": height})
            tab.set_content(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin: 0">{svg}')
            yield Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        browser.close()
