"""The line that moves, and Ctrl-C, at a real pseudo-terminal; and lines that stay."""

from __future__ import annotations

import re
import sys

import pexpect
import pytest

from cli.live_screen import session_of
from cli.training import QUICK
from tinygrad_edu.train import History
from tinygrad_edu.train.events import BatchEvent, EpochEvent, ValidationEvent
from tinygrad_edu_cli.training.plain_report import PlainReport
from tinygrad_edu_cli.training.progress_report import ProgressLine

LONG = ("--data", "moons", "--n", "200", "--net", "2-4-1", "--epochs", "100000")


@pytest.fixture
def terminal(environment, ctrl_c: None):
    opened: list[pexpect.spawn] = []

    def start(*arguments: str, **variables: str) -> pexpect.spawn:
        opened.append(
            pexpect.spawn(
                sys.executable,
                ["-m", "tinygrad_edu_cli", *arguments],
                dimensions=(15, 100),  # too few rows for the whole screen
                env={**environment, **variables},
                timeout=60,
                encoding="utf-8",
            )
        )
        return opened[-1]

    yield start
    for each in opened:
        each.close(force=True)


def test_the_line_moves_and_goes(terminal):
    child = terminal("train", *LONG[:-1], "300")
    child.expect(r"\r\x1b\[Kepoch \d+/300  \[#*\.*\]")
    child.expect(r"loss [\d.e-]+  accuracy [\d.]+%  validation [\d.e-]+  lr 0.01")
    child.expect("Done after 300 epochs")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    last = child.before.rpartition("\x1b[K")[2]
    assert "epoch 300/300" not in last  # nothing is left of the line


def test_ctrl_c_ends_a_run_with_its_summary(terminal, tmp_path):
    child = terminal("train", *LONG, "--record", str(tmp_path / "run"))
    child.expect(r"epoch \d+/100000")
    child.sendintr()
    child.expect("Interrupted after")
    child.expect("recorded in")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130 and "Traceback" not in child.before
    assert '"stopped": "interrupted"' in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1]


def test_ctrl_c_ends_a_comparison_with_what_there_is(terminal):
    child = terminal("compare", "lr=0.01,0.1", *LONG)
    child.expect(r"1/2 lr=0.01  epoch \d+/100000")
    child.sendintr()
    child.expect("lr=0.01")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130 and "Traceback" not in child.before


@pytest.mark.parametrize(
    ("arguments", "variables"), [((), {"TERM": "dumb"}), ((), {"CI": "1"}), (("--plain",), {}), (("--json",), {})]
)
def test_who_does_not_want_it(terminal, arguments, variables):
    child = terminal("train", *QUICK, *arguments, **variables)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and "\x1b" not in child.before


def test_no_color(terminal):
    child = terminal("train", *QUICK, NO_COLOR="1")
    child.expect(pexpect.EOF)
    assert not re.search(r"\x1b\[[0-9;]*m", child.before)


@pytest.mark.parametrize("columns", [200, 100, 79, 60, 20, 5])
def test_the_line_fits(columns):
    line = ProgressLine(50, "2/3 lr=0.1")
    line._drawn = float("inf")  # drawn in the future: it does not draw
    line.watch(BatchEvent(12, 3, 4, 47, 0.01, 0.5))
    line.watch(EpochEvent(11, 50, 0.25, 0.9, 0.01, 0.1))
    line.watch(ValidationEvent(11, 0.3, 0.875))
    text = line.text(columns)
    assert len(text) <= columns
    whole = r"2/3 lr=0.1  epoch 12/50  \[#####\.{15}\]  loss 0.25  accuracy 87.5%  validation 0.3  lr 0.01  \d+ s left"
    if columns >= 150:
        assert re.fullmatch(whole, text)
    elif columns == 79:  # of a terminal as it opens
        assert text.endswith("loss 0.25  accuracy 87.5%")
    elif columns >= 60:
        assert "epoch 12/50" in text and "s left" not in text


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_lines_fit_the_terminal(environment, columns):
    """But for the command to try next, which is there to be copied."""
    call = ["-m", "tinygrad_edu_cli", "train", *QUICK, "--dropout", "0.1", "--l2", "0.001"]
    size = (15, columns)  # too few rows for the whole screen
    child = pexpect.spawn(sys.executable, call, env=environment, encoding="utf-8", dimensions=size, timeout=60)
    lines = [line.rpartition("\x1b[K")[2] for line in child.read().splitlines()]
    assert max(len(line) for line in lines if not line.startswith("  tinygrad-edu ")) <= columns
    head = next(line for line in lines if "train loss" in line)
    assert "accuracy" in head and (" lr" in head) == (columns > 40)


def test_lines_after_a_way_back_are_of_what_came_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    run = session_of(epochs=3).run
    engine = run.start()
    start, report = engine.state_dict(), PlainReport(run, History())
    events = engine.events()
    for event in events:
        report.watch(event)
        if event.kind == "end":
            break
    engine.travel(start)
    events = engine.events()
    report.watch(next(event for event in events if event.kind == "undo"))
    report.watch(events.throw(KeyboardInterrupt))
    before, _, after = capsys.readouterr().out.partition("Back at the start, by hand.")
    assert "Done after 3 epochs" in before and "Interrupted after 0 epochs" in after
    assert not [line for line in after.splitlines() if line.split()[:1] == ["3"]]
