"""tinygrad-edu train and compare --png, --svg, --gif, --html."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.driving import Script, config, drive
from cli.training import QUICK, events, untimed
from tinygrad_edu.train.events import UndoEvent
from tinygrad_edu_cli.training import exports
from tinygrad_edu_cli.training.session import started

QUICKEST = (*QUICK[:-1], "2")
NAMES = ("run.png", "run.svg", "run.gif", "run.html")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plots():
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install --group test")
    return pytest.importorskip("PIL.Image", reason="needs Pillow: pip install --group test")


def test_a_run_in_every_kind(cli, folder, plots):
    """Its lines on the standard output are those of a run without pictures."""
    flags = [word for name in NAMES[:3] for word in (f"--{name[4:]}", name)]
    ran = cli("train", *QUICKEST, "--json", *flags, "-o", NAMES[3], "--size", "400x300")
    assert untimed(events(ran)) == untimed(events(cli("train", *QUICKEST, "--json")))
    assert ran.err.splitlines()[-4:] == [
        "wrote run.png",
        "wrote run.svg",
        "wrote run.gif (3 pictures)",
        "wrote run.html",
    ]
    with plots.open("run.png") as picture:
        assert picture.size == (400, 300) and "moons · 2-4-1" in picture.info["Title"]
    with plots.open("run.gif") as picture:
        assert picture.size == (400, 300) and picture.n_frames == 3
    page = (folder / "run.html").read_text(encoding="utf-8")
    assert "<code>tinygrad-edu train --data moons --n 60 --net 2-4-1 --epochs 2</code>" in page
    assert "Done after 2 epochs" in page and ">batch-size</th><td>32</td>" in page
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_runs_side_by_side(cli, folder, plots):
    ran = cli(
        "compare", "lr=0.01,1", *QUICKEST, "--seeds", "2", "--png", "a.png", "--html", "a.html", "--size", "600x400"
    )
    assert ran.code == 0 and ran.err.splitlines()[-2:] == ["wrote a.png", "wrote a.html"]
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert "compare lr=0.01,1" in page and page.count('class="answers"') == 2
    assert all(line.strip() in page for line in ran.out.splitlines() if "learned:" in line)
    assert '<tr class="differs"><th scope="row">lr</th><td>0.01</td><td>1.0</td></tr>' in page
    assert '<tr><th scope="row">seed</th>' in page, "of each the run with the first seed is shown"


def test_recorded_runs_side_by_side(cli, folder):
    for name, lr in (("one", "0.01"), ("two", "1")):
        assert cli("train", *QUICKEST, "--lr", lr, "--record", name).code == 0
    assert cli("compare", str(folder / "one"), "two", "--html", "a.html").code == 0
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert page.count('class="answers"') == 2 and "<bdi>compare one two</bdi>" in page
    assert '<th scope="col">one</th><th scope="col">two</th>' in page
    (folder / "two" / "checkpoints" / "checkpoint.json").unlink()
    ran = cli("compare", "one", "two", "--html", "b.html")
    assert ran.code == 0 and "two: the curves alone are drawn, for it has no checkpoint" in ran.err
    assert (folder / "b.html").read_text(encoding="utf-8").count('class="answers"') == 1


def test_a_run_that_goes_on_has_its_whole_curve(cli, folder):
    assert cli("train", *QUICKEST, "--record", "run").code == 0
    ran = cli("train", "--resume", "run", "--epochs", "4", "--html", "a.html", "--json")
    assert [event["epoch"] for event in events(ran) if event["kind"] == "epoch"] == [3, 4]
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert "loss over 4 epochs" in page
    shutil.copytree("run", "again")
    plain = [
        cli("train", "--resume", name, "--epochs", "6", *more)
        for name, more in (("run", ["--html", "a.html"]), ("again", []))
    ]
    lines = [[line for line in ran.out.splitlines() if " s)" not in line] for ran in plain]
    assert lines[0] == lines[1] and any("epochs" in line for line in lines[0]), "what watches changes no report"


def test_the_weights_of_the_best_epoch_are_called_so(cli, folder, monkeypatch):
    """Those that the run was given back at its end, or that stand in its record."""
    seen = []
    monkeypatch.setattr(exports, "write", lambda path, runs, looks: seen.extend(runs) or "")
    argv = (*QUICK[:-2], "--epochs", "60", "--lr", "0.5", "--patience", "3", "--record", "run", "--html", "a.html")
    assert cli("train", *argv).code == 0
    seen.append(exports.recorded(Path("run")))
    for run in seen:
        best = run.progress.best[0]
        assert run.restored == best < run.progress.epoch
    assert np.array_equal(*(run.picture.grid(5, 5) for run in seen))


def test_a_run_that_blows_up_is_drawn(cli, folder, plots):
    argv = ("--data", "sine", "--optimizer", "sgd", "--lr", "1e6", "--epochs", "3", "--net", "1-4-1")
    ran = cli("train", *argv, "--png", "a.png", "--html", "a.html", "--gif", "a.gif", "--size", "400x300")
    assert ran.code == 1 and ran.err.splitlines()[-3:] == ["wrote a.png", "wrote a.gif (2 pictures)", "wrote a.html"]
    assert "×" in (folder / "a.html").read_text(encoding="utf-8")


def test_what_was_undone_and_steered_is_in_the_report():
    """The weights are those of the epochs that the run has; a run that was never undone up to there has the same."""
    session = started(config(), None, None)
    kept, after = exports.Kept(session.run), {}
    session.watchers.append(kept.watch)

    def note(driver, event):
        if event is not None and event.kind == "validation":
            after[event.epoch] = driver.run.model.state_dict()  # of the last time that there was this epoch
        script(driver, event)

    script = Script(("step", 8, lambda d: d.set_rate(0.2)), ("validation", 5, lambda d: d.undo(3)))
    drive(session, note)
    shown = kept.shown()
    assert shown.steering == ("after update 8, in epoch 3: learning rate 0.2",)
    assert shown.progress.changes == [(3, "lr 0.2")] and [first for first, _ in shown.progress.ghosts] == [3]
    assert shown.epochs() == list(range(7)) and len(shown.progress.train_loss) == 6
    for epoch, weights in after.items():
        kept_weights = shown.snapshots.weights(epoch)
        assert all(np.array_equal(weights[name], array) for name, array in kept_weights.items())
    kept.watch(UndoEvent(2))
    assert kept.shown().epochs() == [0, 1, 2] and kept.shown().summary == (), "the run goes on"


@pytest.mark.parametrize("package", ["matplotlib", "PIL"])
def test_without_the_extra_it_is_said_before_the_training(cli, folder, monkeypatch, package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    for command in (("train",), ("compare", "lr=0.1,1")):
        ran = cli(*command, *QUICKEST, "--gif", "a.gif")
        assert ran.code == 3 and ran.out == "" and "pip install 'tinygrad-edu[plots]'" in ran.err
    assert cli("train", *QUICKEST, "--html", "a.html").code == 0, "a page needs nothing"


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (("--png", "a.gif"), 2, "ends in .png"),
        (("-o", "a.pdf"), 2, ".png, .svg, .gif, .html"),
        (("--theme", "dark"), 2, "--png RUN.png"),
        (("--size", "slide", "--html", "a.html"), 2, "--size is for"),
        (("--html", "a.html", "-o", "a.html"), 2, "written twice"),
        (("--svg", "a.svg", "--size", "huge"), 2, "slide, paper or pixels"),
        (("--html", "no/such/a.html"), 4, "does not exist"),
        (("--html", "."), 2, "ends in .html"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_training(cli, folder, flags, code, says):
    for command in (("train",), ("compare", "lr=0.1,1")):
        ran = cli(*command, *QUICKEST, *flags)
        assert ran.code == code and says in ran.err and ran.out == "", ran.err
    assert list(folder.iterdir()) == []


def test_one_file_that_fails_leaves_the_others(cli, folder, plots, monkeypatch):
    """Twenty runs have no room in a small figure; the page is written, and says more."""
    lr = ",".join(f"{lr:g}" for lr in np.linspace(0.01, 0.1, 12))
    ran = cli(
        "compare",
        f"lr={lr}",
        *QUICKEST[:-1],
        "1",
        "--seeds",
        "1",
        "--png",
        "a.png",
        "--html",
        "a.html",
        "--size",
        "300x300",
    )
    assert ran.code == 2 and "12 runs have no room" in ran.err and "wrote a.html" in ran.err
    assert [path.name for path in folder.iterdir()] == ["a.html"] and "lr=0.01" in ran.out


def test_names_in_every_script(cli, folder, plots):
    """A dollar is a dollar, and what no font has is said once for each picture."""
    names = "ja $\\frac$", "nein </b>"
    rows = "".join(f"{k % 7},{k % 5},{names[k % 2]}\n" for k in range(40))
    (folder / "a.csv").write_text(f"höhe $x^2$,\U00012345,y\n{rows}", encoding="utf-8")
    ran = cli("train", "--data", "a.csv", "--epochs", "1", "--png", "a.png", "--html", "a.html", "--size", "400x300")
    assert ran.code == 0 and ran.err.splitlines()[0] == "wrote a.png" and ran.err.endswith("wrote a.html\n")
    assert ran.err.count("\n") == 3 and "no font of this machine has \U00012345" in ran.err


@pytest.mark.lectures
@pytest.mark.parametrize("data", ["spirals", "digits", "diabetes"])
def test_files_are_small_enough_for_a_mail(cli, folder, plots, data):
    """At most 40 epochs move, and in the size that a file has where none is asked for."""
    flags = [word for kind in ("png", "svg", "gif", "html") for word in (f"--{kind}", f"run.{kind}")]
    assert cli("train", "--data", data, "--epochs", "60", "--plain", *flags).code == 0
    kilobytes = {path.suffix: path.stat().st_size / 1000 for path in folder.iterdir()}
    assert kilobytes[".gif"] <= 800 and max(kilobytes[kind] for kind in (".png", ".svg", ".html")) <= 350, kilobytes
    with plots.open("run.gif") as moving:
        assert 30 <= moving.n_frames <= 40
