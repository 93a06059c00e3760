"""The playground in Chromium: its numbers are Python's, its steps can be taken back, and nothing leaves it."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.core import ParameterSource

import tinygrad_edu as tg
from tinygrad_edu_cli.commands.train import train
from tinygrad_edu_cli.training.playground_page import settings_like
from tinygrad_edu_viz.pages.playground import page

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
NAMELESS = """() => [...document.querySelectorAll("button, input, select, canvas[role=img], textarea")]
    .filter((e) => !(e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
    .map((e) => e.outerHTML)"""
SIGHT = "document.getElementById('answer').toDataURL()"


@pytest.fixture(scope="module")
def html() -> str:
    return page()


@pytest.fixture
def open_page(visit: Callable[..., Any], html: str) -> Callable[..., Any]:
    return lambda fragment="", **settings: visit(html, fragment, **settings)


def printed(script: str) -> list[float]:
    """The validation losses that a copied script prints."""
    found: list[float] = []
    exec(
        script.replace("print(event.epoch, event.validation_loss)", "found.append(event.validation_loss)"),
        {"found": found},
    )
    return found


CASES: list[dict[str, Any]] = [
    {"optimizer": "SGD", "lr": 0.1},
    {"optimizer": "Adam", "data": "xor", "features": "x1,x2,x1·x2,sin x2,x1²", "hidden": "3"},
    {
        "optimizer": "AdamW",
        "weight_decay": 0.01,
        "activation": "gelu",
        "dropout": 0.2,
        "l1": 0.001,
        "seed": 7,
        "lr": 0.01,
    },
    {
        "optimizer": "SGD, Nesterov",
        "activations": "relu,tanh",
        "loss": "mse",
        "data": "circles",
        "lr": 0.05,
        "l2": 0.01,
    },
    {"loss": "hinge", "data": "spirals", "noise": 0.2, "batch": 32, "optimizer": "SGD, momentum", "lr": 0.02},
    {"data": "blobs", "hidden": "5", "lr": 0.01},
    {"data": "sine", "hidden": "6,6", "optimizer": "RMSprop", "lr": 0.01, "loss": "huber"},
    {"data": "two_lines", "hidden": "", "optimizer": "Adagrad", "lr": 0.1},
]


@pytest.mark.parametrize("asked", CASES, ids=[json.dumps(case, ensure_ascii=False) for case in CASES])
def test_the_copied_script_prints_the_page_s_losses(open_page: Any, asked: dict[str, Any]) -> None:
    tab = open_page("#" + urllib.parse.urlencode(asked)).tab
    found = []
    for _ in range(3):
        tab.click("#epoch")
        found.append(tab.evaluate("tinygrad.losses().test"))
    np.testing.assert_allclose(found, printed(tab.evaluate("tinygrad.python()")), rtol=1e-9)


def test_own_data_is_that_of_the_file(visit: Any, tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    lines = [f"{a},{b},{'cat' if a > b else 'dog'}" for a, b in x]
    file = tmp_path / "own.csv"
    file.write_text("\n".join(["left,right,animal", *lines]))
    tab = visit(page(tg.data.read_csv(file), str(file))).tab
    assert "cat" in tab.text_content("#legend")
    tab.click("#epoch")
    assert tab.evaluate("tinygrad.losses().test") == pytest.approx(
        printed(tab.evaluate("tinygrad.python()"))[0], rel=1e-9
    )


def test_travel_is_exact_whatever_was_changed_on_the_way(open_page: Any) -> None:
    tab = open_page("#dropout=0.2").tab
    tab.evaluate("tinygrad.steps(45)")
    tab.fill("#set-lr", "0.2")
    tab.press("#set-lr", "Enter")
    tab.evaluate("tinygrad.steps(10)")
    tab.click("summary")
    tab.fill("#numbers input >> nth=0", "1.5")
    tab.press("#numbers input >> nth=0", "Enter")
    assert tab.evaluate("tinygrad.weights()[0]") == 1.5
    tab.evaluate("tinygrad.steps(700)")
    ways = {
        t: tab.evaluate("(t) => { tinygrad.travel(t); return tinygrad.weights(); }", t) for t in (755, 55, 56, 47, 3)
    }
    for t in (3, 56, 47, 755, 55):
        assert tab.evaluate("(t) => { tinygrad.travel(t); return tinygrad.weights(); }", t) == ways[t]
    assert ways[755] == tab.evaluate("tinygrad.travel(0), tinygrad.steps(755), tinygrad.weights()")


def test_a_link_opens_what_it_was_copied_from(open_page: Any) -> None:
    first = open_page("#data=spirals&hidden=3,2&activations=relu,tanh&features=x1,x2²&lr=0.01&seed=4&loss=mse").tab
    first.evaluate("tinygrad.steps(37)")
    second = open_page(first.evaluate("tinygrad.address()")).tab
    for what in ("tinygrad.losses()", "tinygrad.weights()", "tinygrad.settings()"):
        assert first.evaluate(what) == second.evaluate(what)


HOSTILE = [
    "data=%3Cscript%3Ealert(1)%3C/script%3E",
    "data=__proto__",
    "hidden=" + ",".join(["9"] * 1000),
    "hidden=1e9&batch=0&lr=1e999&seed=-1&dropout=1",
    "activations=constructor&optimizer=toString&loss=valueOf",
    "features=__proto__&noise=NaN&t=1e300",
    "t=999999999&batch=400",
    "sizes=2-<b>-1",
]


@pytest.mark.parametrize("fragment", HOSTILE)
def test_a_hostile_link_executes_nothing_and_a_word_is_said(open_page: Any, fragment: str) -> None:
    tab = open_page(f"#{fragment}").tab
    if not fragment.startswith("t="):
        assert "left out" in tab.text_content("#about")
    assert np.isfinite(tab.evaluate("tinygrad.losses().train"))
    assert tab.locator("#about b, #about script").count() == 0


def test_the_keyboard_alone_trains_and_takes_back(open_page: Any) -> None:
    opened = open_page()
    tab = opened.tab
    steps = lambda: tab.evaluate("tinygrad.losses().step")  # noqa: E731
    start = tab.evaluate("tinygrad.weights()")
    opened.press("ArrowRight", 3)
    assert steps() == 3
    opened.press("ArrowLeft")
    assert steps() == 2
    opened.press("e")
    assert steps() == 40
    opened.press("Home")
    assert tab.evaluate("tinygrad.weights()") == start
    opened.press("Space")
    tab.locator("#n-step", has_text=re.compile(r"\d{3}")).wait_for()
    opened.press("Space")
    assert "Play" in tab.text_content("#play")
    tab.focus("[aria-label='one unit more in layer 2']")
    opened.press("Enter")
    assert tab.evaluate("tinygrad.settings().hidden") == [6, 5]
    assert tab.evaluate("document.activeElement.ariaLabel") == "one unit more in layer 2"
    tab.focus("[aria-label='h2.1']")
    assert tab.text_content("#about").startswith("h2.1 = tanh of")


def test_every_control_has_a_name(open_page: Any) -> None:
    tab = open_page().tab
    tab.click("summary")
    nameless = tab.evaluate(NAMELESS)
    assert nameless == []


def test_what_trains_is_seen_and_said(open_page: Any) -> None:
    tab = open_page().tab
    before = tab.evaluate(SIGHT)
    tab.click("#epoch")
    tab.evaluate(DRAWN)
    assert tab.evaluate(SIGHT) != before
    label = tab.get_attribute("#answer", "aria-label")
    assert "at step 40" in label and tab.text_content("#n-test") in label


def test_a_run_that_blows_up_stops_and_says_why(open_page: Any) -> None:
    tab = open_page("#data=circles&optimizer=SGD&loss=mse&activation=identity&lr=1000").tab
    tab.click("#play")
    tab.locator("#about", has_text="smaller learning rate").wait_for()
    assert "Play" in tab.text_content("#play")


def test_each_preset_opens_and_says_its_claim(open_page: Any) -> None:
    tab = open_page().tab
    for k in range(tab.evaluate("tinygrad.presets")):
        tab.select_option("#presets", str(k))
        assert np.isfinite(tab.evaluate("tinygrad.steps(2)[1]"))
        assert tab.text_content("#claim").endswith("Press Play.")


CSV = {
    "few.csv": ("1,2,a\n", "no five lines"),
    "one.csv": ("1,2,a\n" * 9, "1 different"),
    "bad.csv": ("<script>alert(1)</script>\n" * 9, "no five lines"),
    "many.csv": ("1,2,a\n1,2,b\n" * 3000, "too many"),
}


@pytest.mark.parametrize("name", CSV)
def test_a_file_that_is_no_data_is_told_why(open_page: Any, name: str) -> None:
    tab = open_page().tab
    content, words = CSV[name]
    tab.set_input_files("#csv", {"name": name, "mimeType": "text/csv", "buffer": content.encode()})
    tab.locator("#about", has_text=words).wait_for()


def test_a_file_is_trained_on(open_page: Any) -> None:
    tab = open_page().tab
    text = "x,y,k\n" + "".join(f"{i / 9},{-i / 7},{'<b>up' if i % 2 else 'down'}\n" for i in range(40))
    tab.set_input_files("#csv", {"name": "<i>own.csv", "mimeType": "text/csv", "buffer": text.encode()})
    tab.locator("#legend", has_text="<b>up").wait_for()
    assert tab.evaluate("tinygrad.settings().data") == "<i>own.csv"
    assert np.isfinite(tab.evaluate("tinygrad.steps(5)")).all()


@pytest.mark.parametrize("width", [390, 800, 1360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_side(open_page: Any, width: int, scheme: str) -> None:
    tab = open_page(viewport={"width": width, "height": 844}, color_scheme=scheme).tab
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_page_is_small_and_lets_nothing_in(html: str) -> None:
    assert len(html.encode()) < 250_000
    assert "default-src 'none'" in html and "unsafe" not in html.split("<style>")[0]


def test_the_settings_of_a_command_train_are_the_page_s(visit: Any) -> None:
    words = "--data circles --net 2-5-3-1 --activation relu --optimizer sgd --momentum 0.9 --lr 0.05 --seed 3 --l2 0.1"
    context = train.make_context("train", words.split())
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    settings, left_out = settings_like(context.params, given)
    found = visit(page(start=settings)).tab.evaluate("tinygrad.settings()")
    assert left_out == []
    expected = {"data": "circles", "hidden": [5, 3], "activations": ["relu", "relu"], "lr": 0.05, "seed": 3, "l2": 0.1}
    assert {key: found[key] for key in expected} == expected
    assert found["optimizer"] == "SGD, momentum"


def test_settings_to_begin_with_that_cannot_be_are_told(visit: Any) -> None:
    tab = visit(page(start={"loss": "cross_entropy", "lr": 0.2})).tab
    assert "loss" in tab.text_content("#about")
    assert tab.evaluate("tinygrad.settings().lr") == 0.2


def slopes_of(tab: Any, row: int, sizes: list[int], activations: list[str], loss: str) -> tuple[float, list[float]]:
    """The loss of one example by the engine, and the gradients of all biases, with the page's weights."""
    script = tab.evaluate("tinygrad.python()").split("optimizer =")[0]
    found: dict[str, Any] = {}
    exec(script, found)
    data, model = found["train"], found["model"]
    numbers, at = tab.evaluate("tinygrad.weights()"), 0
    for p in model.parameters():
        size = int(np.prod(p.shape))
        p.data[...] = np.reshape(numbers[at : at + size], p.shape)
        at += size
    y = data.y[row : row + 1]
    target = np.eye(sizes[-1])[y] if sizes[-1] > 1 else y[:, None].astype(float)
    value = tg.losses.get(loss)(model(tg.Tensor(data.x[row : row + 1])), tg.Tensor(target))
    value.backward()
    biases = [p.grad for name, p in model.named_parameters() if name.endswith("bias")]
    return value.item(), [float(g) for each in reversed(biases) for g in np.ravel(each)]


@pytest.mark.parametrize(
    ("data", "sizes", "activations", "loss"),
    [
        ("moons", [2, 4, 3, 1], ["tanh", "relu"], "binary_cross_entropy"),
        ("blobs", [2, 3, 3], ["sigmoid"], "cross_entropy"),
        ("sine", [1, 5, 1], ["gelu"], "mse"),
    ],
)
def test_a_walk_tells_the_engine_s_gradients(
    open_page: Any, data: str, sizes: list[int], activations: list[str], loss: str
) -> None:
    asked = {
        "data": data,
        "hidden": ",".join(map(str, sizes[1:-1])),
        "activations": ",".join(activations),
        "loss": loss,
    }
    tab = open_page("#" + urllib.parse.urlencode({**asked, "t": 60, "l2": 0.1})).tab
    before = tab.evaluate("tinygrad.gradients()")
    steps = tab.evaluate("tinygrad.walk(5)")
    assert tab.evaluate("tinygrad.gradients()") == before
    value, slopes = slopes_of(tab, 5, sizes, activations, loss)
    assert [step["value"] for step in steps if step["kind"] == "loss"] == [pytest.approx(value, rel=1e-9)]
    backward = [step["value"] for step in steps if step["kind"] == "backward"]
    np.testing.assert_allclose(backward, slopes, rtol=1e-9, atol=1e-12)


def test_an_example_is_walked_through_by_keys_and_by_click(open_page: Any) -> None:
    opened = open_page("#hidden=3&activations=tanh")
    tab = opened.tab
    tab.focus("#answer")
    opened.press("Enter")
    assert opened.text("#walk-where") == "forward, 1 of 9"
    opened.press("ArrowRight", 5)
    assert opened.text("#walk-where") == "backward, 6 of 9"
    assert tab.locator(".unit.back").get_attribute("aria-label") == "output"
    opened.press("Escape")
    assert tab.locator("#walk").is_hidden() and tab.locator(".unit.back").count() == 0
    tab.click("#answer", position={"x": 150, "y": 150})
    assert tab.locator("#walk").is_visible() and "h1.1 = tanh(" in opened.text("#walk-formula")
    tab.click("#one")
    assert tab.locator("#walk").is_hidden() and tab.evaluate("tinygrad.losses().step") == 1
