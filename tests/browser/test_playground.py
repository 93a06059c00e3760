"""The playground in Chromium: its numbers are Python's, its steps can be taken back, and nothing leaves it."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from click.core import ParameterSource

import tinygrad_edu as tg
from tinygrad_edu_cli.commands.train import train
from tinygrad_edu_cli.training.config import RunConfig
from tinygrad_edu_cli.training.optimizer import optimizer_of, schedule_of
from tinygrad_edu_cli.training.playground_page import settings_like
from tinygrad_edu_viz.pages.parts import packaged
from tinygrad_edu_viz.pages.playground import page

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
NAMELESS = """() => [...document.querySelectorAll("button, input, select, canvas[role=img], textarea")]
    .filter((e) => !(e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
    .map((e) => e.outerHTML)"""
SIGHT = "document.getElementById('answer').toDataURL()"


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
        "optimizer": "SGD",
        "momentum": 0.7,
        "nesterov": "true",
        "activations": "relu,tanh",
        "loss": "mse",
        "data": "circles",
        "lr": 0.05,
        "l2": 0.01,
    },
    {"loss": "hinge", "data": "spirals", "noise": 0.2, "batch": 32, "optimizer": "SGD", "momentum": 0.9, "lr": 0.02},
    {"data": "blobs", "hidden": "5", "lr": 0.01},
    {"data": "sine", "hidden": "6,6", "optimizer": "RMSprop", "lr": 0.01, "loss": "huber"},
    {"data": "two_lines", "hidden": "", "optimizer": "Adagrad", "lr": 0.1},
    {"data": "pass_class", "hidden": "4", "lr": 0.01},
    {"data": "plane", "hidden": "", "loss": "mae", "features": "x1,x1²", "noise": 0.3, "optimizer": "SGD"},
    {"data": "hills", "hidden": "6,6", "activation": "relu"},
    {"data": "drawn", "points": "*".join(f"{k * 37 % 100}_{k * 53 % 90}_{(k > 8) + (k == 15)}" for k in range(16))},
    {"data": "drawn", "batch": 3, "points": "*".join(f"{k * 37 % 100}_{k * 53 % 90 - 45}_{k % 3}" for k in range(17))},
]


@pytest.mark.parametrize("asked", CASES, ids=[json.dumps(case, ensure_ascii=False) for case in CASES])
def test_the_copied_script_prints_the_page_s_losses(open_playground: Any, asked: dict[str, Any]) -> None:
    tab = open_playground("#" + urllib.parse.urlencode(asked)).tab
    found = []
    for _ in range(3):
        tab.click("#epoch")
        found.append(tab.evaluate("tinygrad.losses().test"))
    np.testing.assert_allclose(found, printed(tab.evaluate("tinygrad.python()")), rtol=1e-9)


def rows_of(kind: str, n: int = 60) -> str:
    """Lines of a CSV file."""
    x = np.random.default_rng(0).normal(size=(n, 2))
    match kind:
        case "words":
            return "left,right,animal\n" + "".join(f"{a},{b},{'cat' if a > b else 'dog'}\n" for a, b in x)
        case "digits":
            return "".join(f"{a:.3f};{b:.3f};{int(a > 0) + int(b > 0)}\n" for a, b in x)
        case "number":
            return "a\tb\tc\r\n" + "".join(f"{a}\t{b}\t{a * b}\r\n" for a, b in x)
        case "curve":
            return "".join(f"{a},{np.sin(a)}\n" for a, _ in x)
        case "commas":
            return "a;b;c\n" + "".join(f'{a:.3f};{b:.3f};"{a > b}"\n'.replace(".", ",") for a, b in x)
        case _:
            return rows_of("words", 5100)


KINDS = ("words", "digits", "number", "curve", "commas", "many")


@pytest.mark.parametrize("given", ["to the command", "to the page"])
@pytest.mark.parametrize("kind", KINDS)
def test_own_data_is_that_of_the_file(visit: Any, tmp_path: Any, monkeypatch: Any, kind: str, given: str) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "own.csv"
    file.write_text(rows_of(kind), newline="")
    if given == "to the command":
        tab = visit(page(tg.data.read_csv(file), file.name)).tab
    else:
        tab = visit(page()).tab
        tab.set_input_files("#csv", file)
        tab.wait_for_function("() => tinygrad.settings().data === 'own.csv'")
    assert ("100 rows are left out" in tab.text_content("#legend")) == (kind == "many")
    tab.evaluate("tinygrad.configure({batch: 200})")
    tab.click("#epoch")
    losses = tab.evaluate("tinygrad.losses()")
    assert losses["test"] == pytest.approx(printed(tab.evaluate("tinygrad.python()"))[0], rel=1e-9)


@pytest.mark.parametrize("name", ["moons", "drawn", "__proto__"])
def test_own_data_may_have_any_name(visit: Any, name: str) -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))
    tab = visit(page(tg.data.Dataset(x, np.arange(20) % 2, name))).tab
    assert tab.evaluate("tinygrad.settings().data").startswith(name) and tab.text_content("#legend").startswith("▲ 0")


def test_travel_is_exact_whatever_was_changed_on_the_way(open_playground: Any) -> None:
    tab = open_playground("#dropout=0.2").tab
    tab.evaluate("tinygrad.steps(45)")
    tab.fill("#set-lr", "0.2")
    tab.press("#set-lr", "Enter")
    tab.evaluate("tinygrad.steps(10)")
    tab.click("#weights summary")
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


@pytest.mark.parametrize(
    "asked",
    [
        "#schedule=plateau&factor=0.5&plateau_patience=0&optimizer=SGD&lr=1&loss=mse&batch=100",
        "#schedule=onecycle&epochs=8&optimizer=NAdam&batch=50",
    ],
)
def test_travel_is_exact_under_a_schedule(open_playground: Any, asked: str) -> None:
    tab = open_playground(asked).tab
    ways = tab.evaluate("tinygrad.steps(90).map((loss) => String(loss))")
    weights = tab.evaluate("tinygrad.weights()")
    for t in (41, 7, 60):
        tab.evaluate("(t) => tinygrad.travel(t)", t)
        assert tab.evaluate("tinygrad.steps(90).map((loss) => String(loss))")[: 90 - t] == ways[t:]
    tab.evaluate("tinygrad.travel(90)")
    assert tab.evaluate("tinygrad.weights()") == weights
    assert tab.locator("#rate").is_visible() and "Learning rate: " in tab.text_content("#rate-is")


def test_a_cycle_ends_where_python_s_ends(open_playground: Any) -> None:
    tab = open_playground("#schedule=onecycle&epochs=2&batch=100").tab
    tab.click("#play")
    tab.locator("#about", has_text="is over after 2 epochs").wait_for()
    assert tab.evaluate("tinygrad.losses().step") == 8


def test_a_link_opens_what_it_was_copied_from(open_playground: Any) -> None:
    first = open_playground(
        "#data=spirals&hidden=3,2&activations=relu,tanh&features=x1,x2²&lr=0.01&seed=4&loss=mse"
    ).tab
    first.evaluate("tinygrad.steps(37)")
    second = open_playground(first.evaluate("tinygrad.address()")).tab
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
def test_a_hostile_link_executes_nothing_and_a_word_is_said(open_playground: Any, fragment: str) -> None:
    tab = open_playground(f"#{fragment}").tab
    if not fragment.startswith("t="):
        assert "left out" in tab.text_content("#about")
    assert np.isfinite(tab.evaluate("tinygrad.losses().train"))
    assert tab.locator("#about b, #about script").count() == 0


def test_the_keyboard_alone_trains_and_takes_back(open_playground: Any) -> None:
    opened = open_playground()
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


def test_every_control_has_a_name(open_playground: Any) -> None:
    tab = open_playground().tab
    tab.click("#weights summary")
    nameless = tab.evaluate(NAMELESS)
    assert nameless == []


def test_what_trains_is_seen_and_said(open_playground: Any) -> None:
    tab = open_playground().tab
    before = tab.evaluate(SIGHT)
    tab.click("#epoch")
    tab.evaluate(DRAWN)
    assert tab.evaluate(SIGHT) != before
    label = tab.get_attribute("#answer", "aria-label")
    assert "at step 40" in label and tab.text_content("#n-test") in label


def test_a_run_that_blows_up_stops_and_says_why(open_playground: Any) -> None:
    tab = open_playground("#data=circles&optimizer=SGD&loss=mse&activation=linear&lr=1000").tab
    tab.click("#play")
    tab.locator("#about", has_text="smaller learning rate").wait_for()
    assert "Play" in tab.text_content("#play")


def test_each_preset_opens_and_says_its_claim(open_playground: Any) -> None:
    tab = open_playground().tab
    for k, (_, asked, _, *second) in enumerate(tab.evaluate("tinygrad.presets")):
        tab.select_option("#presets", str(k))
        found = tab.evaluate("tinygrad.settings()")
        wanted = asked | (second[0] if second else {})
        assert {key: found[key] for key in wanted} == wanted
        assert np.isfinite(tab.evaluate("tinygrad.steps(2)[1]"))
        assert tab.text_content("#claim").endswith("Press Play.")


CSV = {
    "few.csv": ("1,2,a\n", "no five lines"),
    "empty.csv": ("", "no five lines"),
    "one.csv": ("".join(f"{k},{-k},a\n" for k in range(9)), "1 different"),
    "flat.csv": ("1,2,a\n" * 9, "Column 1 is the same"),
    "bad.csv": ("<script>alert(1)</script>\n" * 9, "no five lines"),
    "hex.csv": ("0x10,1e999,a\nInfinity,2,b\n" * 9, "no five lines"),
    "huge.csv": ("1e300,-1e300,a\n2,1e301,b\n" * 9, "no five lines"),
    "zero.csv": ("1,2,a\n\0\0,2,b\n" * 9, "no text"),
    "classes.csv": ("".join(f"{k},{-k},word{k % 7}\n" for k in range(49)), "7 different"),
    "large.csv": ("1,2,a\n" * 900_000, "more than 5 MB"),
    "line.csv": ("9" * 1_000_000 + "\n", "no five lines"),
}


@pytest.mark.parametrize("name", CSV)
def test_a_file_that_is_no_data_is_told_why(open_playground: Any, name: str) -> None:
    tab = open_playground().tab
    content, words = CSV[name]
    tab.set_input_files("#csv", {"name": name, "mimeType": "text/csv", "buffer": content.encode()})
    tab.locator("#about", has_text=words).wait_for()


def test_a_file_is_trained_on(open_playground: Any) -> None:
    tab = open_playground().tab
    text = "x,<i>y,k\n" + "".join(f"{i / 9},{-i / 7},{'<b>up' if i % 2 else '__proto__'}\n" for i in range(40))
    text += "what,1,up\n"
    tab.set_input_files("#csv", {"name": "<i>own.csv", "mimeType": "text/csv", "buffer": text.encode()})
    tab.locator("#legend", has_text="<b>up").wait_for()
    assert tab.evaluate("tinygrad.settings().data") == "<i>own.csv"
    assert tab.text_content("#about").startswith("1 line of")
    assert np.isfinite(tab.evaluate("tinygrad.steps(5)")).all()


def test_lines_of_equal_numbers_lie_where_the_numbers_are(laboratory: Callable[[str], Any]) -> None:
    run = laboratory(packaged("playground_field.js"))
    assert run("levelsOf(-1.02, 1.07)") == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert run("levelsOf(3, 3)") == []
    for level in (0.0, 7.3):  # of a plane, where they are straight
        lines = run(
            f"crossings(Float64Array.from({{length: 400}}, (_, k) => k % 20 - 2 * Math.floor(k / 20)), 20, {level})"
        )
        ends = np.reshape(lines, (-1, 2))
        assert len(ends) > 30
        np.testing.assert_allclose(ends[:, 0] - 2 * ends[:, 1], level, atol=1e-12)


# --- two runs ---


def test_two_runs_are_each_what_they_would_be_alone(open_playground: Any) -> None:
    alone = {}
    for momentum in ("0", "0.9"):
        tab = open_playground(f"#data=circles&optimizer=SGD&lr=0.1&seed=3&momentum={momentum}").tab
        tab.evaluate("tinygrad.steps(60)")
        alone[momentum] = tab.evaluate("[tinygrad.losses(), tinygrad.weights()]")
    tab = open_playground("#data=circles&optimizer=SGD&lr=0.1&seed=3").tab
    tab.click("#second")
    assert "same so far" in tab.text_content("#differences")
    tab.fill("#set-momentum", "0.9")
    tab.press("#set-momentum", "Enter")
    tab.evaluate("tinygrad.steps(60)")
    assert tab.text_content("#differences") == "momentum: 0 in A, 0.9 in B."
    assert tab.evaluate("[tinygrad.losses(), tinygrad.weights()]") == alone["0.9"]
    tab.check("#which input[value=A]")
    assert tab.evaluate("[tinygrad.losses(), tinygrad.weights()]") == alone["0"]
    tab.click("#back")
    tab.click("#one")
    again = open_playground(tab.evaluate("tinygrad.address()")).tab
    for letter, momentum in (("A", "0"), ("B", "0.9")):
        for each in (tab, again):
            each.check(f"#which input[value={letter}]")
            assert each.evaluate("[tinygrad.losses(), tinygrad.weights()]") == alone[momentum]
    assert again.text_content("#differences") == "momentum: 0 in A, 0.9 in B."


def test_two_runs_learn_the_same_data(open_playground: Any) -> None:
    tab = open_playground("#two=1&b.hidden=3&b.loss=mse&b.lr=nonsense").tab
    assert "b.lr" in tab.text_content("#about")
    tab.evaluate("tinygrad.configure({data: 'spirals', noise: 0.2, seed: 5})")
    for letter, hidden in (("B", [3]), ("A", [6, 4])):
        tab.check(f"#which input[value={letter}]")
        found = tab.evaluate("tinygrad.settings()")
        assert [found[key] for key in ("data", "noise", "seed", "hidden")] == ["spirals", 0.2, 5, hidden]
    tab.evaluate(DRAWN)
    assert re.fullmatch(r"A [\d.]+\nB [\d.]+", tab.text_content("#n-train"))
    assert all(f"{letter}: train loss" in tab.get_attribute("#curve", "aria-label") for letter in "AB")
    tab.click("#show-other")
    assert tab.evaluate("tinygrad.settings().loss") == "mse"
    tab.click("#second")
    assert tab.evaluate("tinygrad.settings().hidden") == [6, 4] and tab.locator("#show-other").is_hidden()


# --- points that are drawn ---


def test_points_are_drawn_taken_back_and_kept(open_playground: Any, tmp_path: Any) -> None:
    opened = open_playground()
    tab = opened.tab
    tab.check("#sets input[value=drawn]")
    tab.click("#play")
    assert "nothing to learn from" in tab.text_content("#about")
    for k in range(6):  # by pointer
        tab.click("#answer", position={"x": 50 + 20 * k, "y": 80 + 30 * (k % 3)})
    opened.press("2")
    for _ in range(5):  # by keys
        opened.press("ArrowRight")
        opened.press("ArrowDown")
        opened.press("Enter")
    assert tab.text_content("#about") == "11 points are drawn."
    opened.press("Backspace")
    assert tab.text_content("#about") == "10 points are drawn."
    opened.press("Delete")
    assert tab.text_content("#about") == "No point is near that place."
    opened.press("ArrowLeft")
    opened.press("ArrowUp")
    opened.press("Delete")
    assert tab.text_content("#about") == "9 points are drawn."
    tab.click("#undo")
    with tab.expect_download() as download:
        tab.click("#download")
    download.value.save_as(tmp_path / "points.csv")
    data = tg.data.read_csv(tmp_path / "points.csv")
    assert data.target_names == ("class 1", "class 2") and np.bincount(data.y).tolist() == [6, 4]
    np.testing.assert_allclose(data.x[6:], [[0.1 * k, -0.1 * k] for k in range(1, 5)], atol=1e-12)
    tab.click("#epoch")
    expected = printed(tab.evaluate("tinygrad.python()"))
    assert tab.evaluate("tinygrad.losses().test") == pytest.approx(expected[0], rel=1e-9)
    again = open_playground(tab.evaluate("tinygrad.address()")).tab
    assert again.evaluate("tinygrad.weights()") == tab.evaluate("tinygrad.weights()")
    tab.click("#clear")
    assert tab.text_content("#about") == "0 points are drawn."


@pytest.mark.parametrize(
    "points", ["<script>", "1_2_9", "1_2", "1e9_2_0", "999_0_0", "*", "1_2_0*__proto__", "NaN_1_1", "1_1_1*" * 3000]
)
def test_hostile_points_are_left_out(open_playground: Any, points: str) -> None:
    tab = open_playground(f"#data=drawn&points={urllib.parse.quote(points)}").tab
    assert "points" in tab.text_content("#about")
    assert tab.evaluate("tinygrad.python()").count("[") < 20


@pytest.mark.parametrize("width", [390, 800, 1360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_side(open_playground: Any, width: int, scheme: str) -> None:
    asked = "#data=drawn&points=1_2_0*50_50_1*-60_9_1&schedule=step&optimizer=SGD&two=1&b.hidden=3&b.momentum=0.9"
    tab = open_playground(asked, viewport={"width": width, "height": 844}, color_scheme=scheme).tab
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_page_is_small_and_lets_nothing_in(playground: str) -> None:
    assert len(playground.encode()) < 250_000
    assert "default-src 'none'" in playground and "unsafe" not in playground.split("</head>")[0]


# Options of train, and some numbers that they would give for moons: the number of epochs is the run's.
LIKE = [
    "--optimizer sgd --momentum 0.5 --lr 0.05 --l2 0.01",
    "--optimizer sgd --momentum 0.8 --nesterov --weight-decay 0.01 --data circles --net 2-5-3-1 --activation relu",
    "--optimizer adam --betas 0.8 0.99 --eps 0.001 --l1 0.001",
    "--optimizer adamw --loss huber --batch-size full",
    "--optimizer nadam --loss mae --lr 0.02",
    "--optimizer adagrad --eps 0.01 --loss hinge",
    "--optimizer adadelta --rho 0.8 --weight-decay 0.001",
    "--optimizer rmsprop --alpha 0.9 --momentum 0.3 --batch-size 25",
    "--data blobs --loss binary_cross_entropy --activation linear",
    "--data blobs --loss mse --dropout 0.2",
    "--schedule step --epochs 6",
    "--schedule step --step-size 2 --gamma 0.5 --optimizer sgd",
    "--schedule exponential --gamma 0.7",
    "--schedule cosine --epochs 3 --eta-min 0.001",
    "--schedule warmup --warmup 2 --optimizer sgd --lr 0.2",
    "--schedule warmup --epochs 3",
    "--schedule onecycle --epochs 5 --lr 0.1",
    "--schedule onecycle --epochs 5 --warmup 4 --optimizer sgd --momentum 0.9",
    "--schedule onecycle --epochs 7 --optimizer adagrad",
    "--schedule plateau --factor 0.3 --plateau-patience 0 --optimizer sgd --lr 2 --loss mse --data xor",
    "--data sine --schedule exponential --loss mae --optimizer sgd --lr 0.3",
]
EPOCHS = 5


@pytest.mark.parametrize("words", LIKE)
def test_the_page_of_a_command_train_has_its_losses(visit: Any, words: str) -> None:
    context = train.make_context("train", words.split())
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    settings, left_out = settings_like(context.params, given)
    assert left_out == []
    tab = visit(page(start=settings)).tab
    assert tab.text_content("#about").startswith("Point at")  # nothing was refused
    found = []
    for _ in range(EPOCHS):
        tab.click("#epoch")
        found.append(tab.evaluate("tinygrad.losses().test"))
    np.testing.assert_allclose(found, python_losses(context.params, tab.evaluate("tinygrad.settings()")), rtol=1e-9)
    np.testing.assert_allclose(found, printed(tab.evaluate("tinygrad.python()")), rtol=1e-9)


def python_losses(params: dict[str, Any], page_settings: dict[str, Any]) -> list[float]:
    """The validation losses of `fit`, with the optimizer and the schedule that the command train would make."""
    parts = tg.data.load(params["data"] or "moons", n=500).split()
    options = {f.name: params[f.name] for f in fields(RunConfig)}
    sizes, seed = (parts[0].x.shape[1], *page_settings["hidden"]), params["seed"]
    net = params["net"] or (*sizes, max(1, parts[0].classes if parts[0].classes > 2 else 1))
    batch_size = params["batch_size"] or page_settings["batch"]
    config = RunConfig(**{**options, "net": net, "batch_size": batch_size}).fitted(parts[0])
    config = replace(config, lr=page_settings["lr"])  # the page has one of its own where none was asked for
    tg.seed(seed)
    activation, dropout = params["activation"] or "tanh", config.dropout
    model = tg.nn.mlp(net, activation=activation, dropout=dropout, dtype="float64")
    optimizer = optimizer_of(config, model)
    rows = len(parts[0])
    updates = -(-rows // (rows if batch_size == "full" else batch_size))
    run = tg.train.fit(
        *(model, parts[0], config.loss, optimizer),
        **{"validation": parts[1], "epochs": EPOCHS, "batch_size": batch_size, "l1": config.l1, "l2": config.l2},
        schedule=schedule_of(config, optimizer, updates),
    )
    return [event.validation_loss for event in run if event.kind == "validation"]


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
    open_playground: Any, data: str, sizes: list[int], activations: list[str], loss: str
) -> None:
    asked = {
        "data": data,
        "hidden": ",".join(map(str, sizes[1:-1])),
        "activations": ",".join(activations),
        "loss": loss,
    }
    tab = open_playground("#" + urllib.parse.urlencode({**asked, "t": 60, "l2": 0.1})).tab
    before = tab.evaluate("tinygrad.gradients()")
    steps = tab.evaluate("tinygrad.walk(5)")
    assert tab.evaluate("tinygrad.gradients()") == before
    value, slopes = slopes_of(tab, 5, sizes, activations, loss)
    assert [step["value"] for step in steps if step["kind"] == "loss"] == [pytest.approx(value, rel=1e-9)]
    backward = [step["value"] for step in steps if step["kind"] == "backward"]
    np.testing.assert_allclose(backward, slopes, rtol=1e-9, atol=1e-12)


def test_an_example_is_walked_through_by_keys_and_by_click(open_playground: Any) -> None:
    opened = open_playground("#hidden=3&activations=tanh")
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
