"""tinygrad-edu landscape: maps of networks and of expressions, on every face."""

from __future__ import annotations

import math
import sys

import numpy as np
import pexpect
import pyte
import pytest

from cli.training import QUICK, events
from tinygrad_edu_viz.canvas.grid import ASCII, COLOUR

RAVINE = ("x**2/20 + 9.5*y**2", "--set", "x=-7", "--set", "y=1", "--lr", "0.1")
UNSCALED = "optimizer=sgd,adam --data pass_class --no-standardize --batch-size full --lr 0.3 --epochs 100"


def mapped(ran, code: int = 0) -> dict[str, dict]:
    """The trails by their names, and the landscape."""
    return {each.get("name", "landscape"): each for each in events(ran, code)}


@pytest.fixture(autouse=True)
def few_places(monkeypatch):
    """The tests need no fine map."""
    monkeypatch.setattr("tinygrad_edu_cli.landscapes.show.FINE", (13, 9))


# --- expressions ---


def test_a_surface_is_the_expression(cli):
    """Map, trails and losses against the closed form of gradient descent on a quadratic."""
    found = mapped(cli("landscape", *RAVINE, "--updates", "20", "--json"))
    sgd, ground = found["sgd"], found["landscape"]
    steps = np.arange(21)
    assert np.array(sgd["places"]) == pytest.approx(np.stack([-7 * 0.99**steps, (-0.9) ** steps], axis=1))
    assert sgd["losses"] == pytest.approx(0.05 * (-7 * 0.99**steps) ** 2 + 9.5 * 0.81**steps)
    assert sgd["moments"][-1] == "update 20" and sgd["turns"] == pytest.approx(1.0)
    x, y = map(np.array, ground["places"])
    assert (len(x), len(y)) == (13, 9)
    assert np.array(ground["losses"]) == pytest.approx(x**2 / 20 + 9.5 * y[:, None] ** 2)
    assert ground["axes"] == ["x", "y"] and ground["exact"] and ground["share"] == 1.0


def test_a_curve(cli):
    typed = "momentum=0,0.5 w**2 --set w=4 --lr 0.25 --updates 3 --json"
    found = mapped(cli("landscape", *typed.split()))
    assert found["momentum=0"]["places"] == [[4], [2], [1], [0.5]]
    velocity, w, wanted = 0.0, 4.0, [4.0]
    for _ in range(3):
        velocity = 0.5 * velocity + 2 * w
        w -= 0.25 * velocity
        wanted.append(w)
    assert found["momentum=0.5"]["losses"] == pytest.approx(np.square(wanted))
    (x,) = found["landscape"]["places"]
    assert found["landscape"]["losses"] == pytest.approx(np.square(x))


@pytest.mark.parametrize(
    ("typed", "axes"),
    [
        ("(sigmoid(w*x + b) - y)**2 --set w=2 --set b=1 --set x=1 --set y=0", ["w", "b"]),
        ("(w*x - y)**2 --set w=2 --set x=1 --set y=0", ["w"]),
        ("(w*x - y)**2 --set w=2 --set x=1 --set y=0 --learn x,y", ["x", "y"]),
        ("sum((W @ x - y)**2) --set W=[[2,1]] --set x=[1,3] --set y=[0]", ["W[0, 0]", "W[0, 1]"]),
        ("a*a + c --set a=2 --set c=1", ["a", "c"]),
    ],
)
def test_what_is_learned(cli, typed, axes):
    text, *options = typed.split(" --")
    words = [word for option in options for word in f"--{option}".split(" ", 1)]
    found = mapped(cli("landscape", text, *words, "--updates", "2", "--json"))
    assert found["landscape"]["axes"] == axes


def test_where_an_expression_has_no_number(cli):
    """log of what is not positive: null on the map, and the trail ends before it."""
    typed = ("landscape", "log(w) + 2", "--set", "w=1", "--lr", "0.3", "--updates", "9")
    found = mapped(cli(*typed, "--json"))
    w, ways = 1.0, []
    while w > 0:
        ways.append(w)
        w -= 0.3 / w
    assert found["sgd"]["losses"] == pytest.approx([math.log(way) + 2 for way in ways])
    said = f"its loss is not a number at update {len(ways)}"
    assert found["sgd"]["missing"] == said and f"sgd ends early on the map: {said}." in cli(*typed).out
    (x,) = found["landscape"]["places"]
    holes = [place <= 0 for place in x]
    assert [loss is None for loss in found["landscape"]["losses"]] == holes


# --- networks ---


def test_the_trails_are_the_runs_of_train(cli):
    found = mapped(cli("landscape", "optimizer=sgd,adam", *QUICK, "--json"))
    for name in ("sgd", "adam"):
        record = events(cli("train", *QUICK, "--optimizer", name, "--json"))
        updates = [each for each in record if each["kind"] == "epoch"]
        assert found[name]["moments"][-1] == f"epoch {updates[-1]['epoch']}"
        assert len(found[name]["losses"]) == found[name]["updates"][-1] + 1 == 3 * 2 + 1
    ground = found["landscape"]
    assert ground["weights"] == 2 * 4 + 4 + 4 + 1 and 0.5 < ground["share"] <= 1
    assert found["sgd"]["losses"][0] == found["adam"]["losses"][0]  # one start
    assert ground["text"].startswith("This plane among the 17 weights holds ")


def test_lines(cli):
    ran = cli("landscape", "lr=0.01,0.5", *QUICK, "--optimizer", "sgd", "--dropout", "0.1", "--l2", "0.01")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("training loss on moons, 2-4-1 relu\n")
    for said in (
        *("A lr=0.01: loss", "B lr=0.5: loss", "Halfway, at epoch", "This plane among the 17 weights holds"),
        *("The map covers first direction from", "Dropout is off in these losses", "The losses are without --l2"),
    ):
        assert said in " ".join(ran.out.split())
    assert max(map(len, ran.out.splitlines())) <= 100


def test_alone(cli):
    """One optimizer; and without any, two of them, which is said."""
    assert set(mapped(cli("landscape", *QUICK, "--optimizer", "adam", "--json"))) == {"adam", "landscape"}
    assert set(mapped(cli("landscape", "optimizer=sgd", *QUICK, "--json"))) == {"sgd", "landscape"}
    ran = cli("landscape", *QUICK, "--json")
    assert set(mapped(ran)) == {"sgd", "adam", "landscape"}
    assert "The same as: tinygrad-edu landscape optimizer=sgd,adam --data moons" in ran.err


def test_an_epoch_of_one_update_is_a_line(cli):
    small = ("--data", "moons", "--n", "40", "--net", "2-3-1", "--batch-size", "full", "--epochs", "1")
    found = mapped(cli("landscape", "optimizer=sgd", *small, "--json"))
    assert found["landscape"]["axes"] == ["first direction"] and len(found["sgd"]["losses"]) == 2


def test_a_run_that_blows_up(cli):
    ran = cli("landscape", "lr=0.1,1000", *QUICK, "--loss", "mse", "--optimizer", "sgd")
    assert ran.code == 0 and "lr=1000 ends early on the map: its loss blows up: " in " ".join(ran.out.split())
    ran = cli("landscape", "lr=1e30", *QUICK, "--loss", "mse", "--optimizer", "sgd")
    assert ran.code == 1 and ran.err.startswith("error: ") and "--lr" in ran.err


# --- what is refused ---


@pytest.mark.parametrize(
    ("typed", "said", "hint"),
    [
        ("net=2-1,2-4-1", "net changes the function, and trails on one map need one landscape", "optimizer=sgd,adam"),
        ("seed=0,1", "seed changes the data and the start", "lr=0.01,0.1"),
        ("optimzer=sgd", "unknown 'optimzer', did you mean 'optimizer'?", "tinygrad-edu landscape lr="),
        ("a*a --set a=1 --learn ,", "--learn names nothing", "--learn w,b"),
        ("lr=1,2 momentum=0,0.9", "one setting at a time", ""),
        ("a*b c*d --set a=1", "one expression", "quotes"),
        ("lr=0.1,1,2,3,4,5,6,7,8", "9 trails are too many", "7 at most"),
        ("x+y+z --set x=1 --set y=2 --set z=3", "3 numbers are to be learned (x, y, z)", "--learn x,y"),
        ("sum(W) --set W=[1,2,3]", "3 numbers are to be learned", "--learn NAME,NAME"),
        ("a*b --set a=1 --set b=2 --learn c", "--learn c: the expression has no such name", "it has a, b"),
        ("a*b --set a=1", "unknown name 'b'", "--set b=1"),
        ("a*b --set a=1 --set b=2 --data moons", "--data is for networks", "leave it out"),
        ("--set a=1 --data moons", "--set is for an expression", "a*b"),
        ("a*a --set a=1 --momentum 0.5 --optimizer adam", "--momentum is a setting of sgd or rmsprop", ""),
        ("a*a --set a=1 --updates 0", "--updates", ""),
        ("--epochs 3 --updates 9", "--updates and --epochs both say how long", ""),
        ("-o map.pdf", ".png, .svg, .html", ""),
        ("--theme dark", "--theme is for files", ""),
        ("--size paper -o map.html", "--size is for pictures", ""),
        ("--size A4 -o map.png", "slide, paper or pixels", ""),
        ("--plain --json", "exclude each other", ""),
    ],
)
def test_refusals(cli, typed, said, hint):
    ran = cli("landscape", *typed.split())
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err and hint in ran.err


def test_without_matplotlib(cli, monkeypatch, tmp_path):
    monkeypatch.setattr("tinygrad_edu_cli.landscapes.files.find_spec", lambda name: None)
    ran = cli("landscape", *QUICK, "-o", str(tmp_path / "map.png"))
    assert ran.code == 3 and "tinygrad-edu[plots]" in ran.err
    ran = cli("landscape", *QUICK, "-o", str(tmp_path / "map.html"))
    assert ran.code == 0 and (tmp_path / "map.html").exists()


# --- files ---


def test_files(cli, tmp_path):
    files = [str(tmp_path / f"map.{end}") for end in ("png", "svg", "html")]
    ran = cli("landscape", *RAVINE, "--updates", "5", *[word for file in files for word in ("-o", file)])
    assert (ran.code, ran.out) == (0, "")
    assert [line.split()[0] for line in ran.err.splitlines()] == ["wrote"] * 3
    png, svg, html = ((tmp_path / f"map.{end}").read_bytes() for end in ("png", "svg", "html"))
    assert png.startswith(b"\x89PNG") and b"<svg" in svg and html.startswith(b"<!DOCTYPE html>")
    assert cli("landscape", *RAVINE, "-o", str(tmp_path / "no" / "map.png")).code == 4
    assert cli("landscape", *RAVINE, "--json", "-o", files[0]).out.count("\n") == 2


# --- a terminal ---


def screen_of(environment, size, *arguments: str, **changed: str) -> tuple[pyte.Screen, str]:
    """What a terminal shows after the command, and all that was sent to it."""
    columns, rows = size
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tinygrad_edu_cli", "landscape", *arguments],
        dimensions=(rows, columns),
        env={**environment, "COLORTERM": "truecolor", **changed},
        encoding=changed.get("PYTHONIOENCODING", "utf-8"),
        timeout=60,  # a guard against hanging
    )
    child.expect(pexpect.EOF)
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(child.before)
    return screen, child.before


@pytest.mark.parametrize(
    ("look", "changed"),
    [(COLOUR, {}), (ASCII, {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii"})],
)
def test_a_terminal(environment, look, changed):
    """The map is drawn twice, coarse and over it fine; what a pipe is told stands below."""
    screen, sent = screen_of(environment, (80, 24), "optimizer=sgd,adam", *RAVINE, "--updates", "60", **changed)
    rows = [row.rstrip() for row in screen.display]
    assert rows[0] == RAVINE[0] and sent.count(RAVINE[0]) == 2
    names = next(row for row in rows if row.startswith("S start"))
    assert names.split("  ")[1].startswith("A sgd: ") and names.split("  ")[2].startswith("B adam: ")
    text = " ".join(" ".join(rows).split())
    assert "sgd: it zig-zags, back in" in text and "nothing is left out" in text
    ground = "\n".join(rows[1 : rows.index(names)])
    assert {"S", "A", "B"} <= set(ground)
    assert (">=" if look.ascii else "≥").strip("=") in ground
    colours = {cell.bg for row in screen.buffer.values() for cell in row.values()}
    assert (len(colours) > 8) == look.colour
    assert sent.isascii() or not look.ascii


def test_a_small_terminal(environment):
    screen, _ = screen_of(environment, (30, 8), "w**2", "--set", "w=2", "--updates", "4")
    shown = " ".join(" ".join(screen.display).split())
    assert "S start A sgd: " in shown and shown.endswith("w: nothing is left out.")


def test_ctrl_c_shows_the_trails_so_far(environment, ctrl_c):
    call = ["-m", "tinygrad_edu_cli", "landscape", "optimizer=sgd,adam", "--n", "60", "--epochs", "1000000"]
    ran = pexpect.spawn(sys.executable, call, env=environment, encoding="utf-8", dimensions=(30, 100), timeout=60)
    ran.expect("accuracy")  # an epoch is over
    ran.sendintr()
    out = ran.read()
    ran.close()
    assert ran.exitstatus == 130 and "interrupted: adam was not trained" in out
    assert "A sgd: " in out and "B adam" not in out and "This plane" in out


# --- the lecture ---


@pytest.mark.lectures
@pytest.mark.parametrize("seed", range(3))
def test_adam_in_a_ravine(cli, seed):
    """Inputs that are not scaled make a ravine: SGD goes to and fro in it, and Adam along it."""
    found = mapped(cli("landscape", *UNSCALED.split(), "--seed", str(seed), "--json"))
    sgd, adam = found["sgd"], found["adam"]
    assert sgd["turns"] > 0.9 and sgd["way"] > 7 * sgd["distance"]
    assert adam["turns"] < 0.1 and adam["way"] < 1.5 * adam["distance"]
    assert adam["losses"][-1] < 0.6 * sgd["losses"][-1]
    assert found["landscape"]["share"] > 0.95
    assert "sgd: it zig-zags" in found["landscape"]["text"] and "adam: it zig" not in found["landscape"]["text"]


@pytest.mark.lectures
@pytest.mark.parametrize("seed", range(3))
def test_the_ravine_is_the_scale_of_the_inputs(cli, seed):
    """With standardized inputs, the same run goes straight down."""
    words = UNSCALED.replace("--no-standardize ", "").split()
    sgd = mapped(cli("landscape", *words, "--seed", str(seed), "--json"))["sgd"]
    assert sgd["turns"] < 0.1 and sgd["way"] < 1.5 * sgd["distance"]
