"""tinygrad-edu step --html, --gif, --png-series."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_page(cli, folder):
    assert cli("step", "--html", "page.html") == (0, "", "wrote page.html\n")
    text = (folder / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "<bdi>(sigmoid(w1*x1 + w2*x2 + b) - y)**2</bdi>" in text
    assert os.listdir(folder) == ["page.html"]


def test_what_is_asked_for_is_printed_too(cli, folder):
    ran = cli("step", "--plain", "--html", "page.html")
    assert ran.code == 0 and "Backward: from the result" in ran.out and (folder / "page.html").exists()


def test_pictures(cli, folder):
    pytest.importorskip("PIL", reason="needs Pillow: pip install --group test")
    pytest.importorskip("matplotlib", reason="needs matplotlib's font: pip install --group test")
    ran = cli("step", "a*b", "--set", "a=2", "--set", "b=3", "--gif", "s.gif", "--png-series", "steps")
    assert ran == (0, "", "wrote s.gif (5 pictures)\nwrote steps: step-00.png to step-04.png\n")
    assert (folder / "s.gif").read_bytes().startswith(b"GIF89a")
    assert len(os.listdir(folder / "steps")) == 5


def test_some_steps(cli, folder):
    pytest.importorskip("PIL", reason="needs Pillow: pip install --group test")
    pytest.importorskip("matplotlib", reason="needs matplotlib's font: pip install --group test")
    ran = cli("step", "a*b", "--set", "a=2", "--set", "b=3", "--gif", "s.gif", "--steps", "1-3", "--seconds", "0.1")
    assert ran == (0, "", "wrote s.gif (3 pictures)\n")
    ran = cli("step", "a*b", "--set", "a=2", "--set", "b=3", "--gif", "t.gif", "--steps", "8-9")
    assert ran.code == 2 and "no step is shown from 8 to 9" in ran.err and not (folder / "t.gif").exists()
    for wrong in (["--gif", "t.gif", "--steps", "3-1"], ["--steps", "1-2"], ["--plain", "--theme", "dark"]):
        assert cli("step", *wrong).code == 2


def test_a_course(cli, folder):
    """All passes and updates, also of a saved course."""
    pytest.importorskip("PIL", reason="needs Pillow: pip install --group test")
    pytest.importorskip("matplotlib", reason="needs matplotlib's font: pip install --group test")
    wanted = ["--html", "a.html", "--gif", "a.gif", "--seconds", "0.1", "--steps", "20-24", "--save", "c.json"]
    ran = cli("step", "--updates", "2", *wanted)
    assert ran == (0, "", "wrote c.json\nwrote a.html\nwrote a.gif (5 pictures)\n")
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert "Learned: w1, w2, b; by SGD, η (lr) = 0.1." in page and 'id="next-pass"' in page
    assert cli("step", "c.json", "--html", "b.html", "--png-series", "steps", "--steps", "64-66").code == 0
    again = (folder / "b.html").read_text(encoding="utf-8")
    graph, other = (text.partition('<section id="graph"')[2].partition("<script")[0] for text in (page, again))
    assert graph == other
    assert sorted(os.listdir(folder / "steps")) == ["step-64.png", "step-65.png", "step-66.png"]
    ran = cli("step", "c.json", "--gif", "b.gif", "--steps", "90-99")
    assert ran.code == 2 and "no step is shown from 90 to 99; there are 66" in ran.err
    for refused in (["--apart", "n6"], ["--level", "scalar"], ["--updates", "2"]):
        ran = cli("step", "c.json", "--html", "x.html", *refused)
        assert ran.code == 2 and not (folder / "x.html").exists()
        assert "several" in ran.err or "has its updates in it" in ran.err


def test_a_saved_trace_keeps_its_expression(cli, folder):
    assert cli("step", "a*b + a", "--set", "a=2", "--set", "b=3", "--save", "t.json").code == 0
    plain, again = (
        cli("step", *source, "--plain").out.partition("\nNext:")[0]
        for source in (["a*b + a", "--set", "a=2", "--set", "b=3"], ["t.json"])
    )
    assert again == plain and again.startswith("a*b + a\n")


@pytest.mark.parametrize(
    ("option", "place", "wanted"),
    [("--html", "page.txt", ".html"), ("--html", "page", ".html"), ("--gif", "a.png", ".gif")],
)
def test_a_wrong_suffix(cli, folder, option, place, wanted):
    ran = cli("step", option, place)
    assert (ran.code, ran.out) == (2, "") and f"{option} {place}: the file's name ends in {wanted}" in ran.err
    assert os.listdir(folder) == []


@pytest.mark.parametrize("option", ["--html", "--gif"])
def test_a_folder_that_does_not_exist(cli, folder, option):
    ran = cli("step", option, f"nowhere/steps.{option[2:]}")
    assert (ran.code, ran.out) == (4, "") and "the folder" in ran.err and "does not exist" in ran.err
    assert os.listdir(folder) == []


def test_a_series_where_a_file_is(cli, folder):
    pytest.importorskip("PIL", reason="needs Pillow: pip install --group test")
    (folder / "steps").write_text("a file")
    ran = cli("step", "--png-series", "steps")
    assert (ran.code, ran.out) == (4, "") and "cannot write into steps" in ran.err
    assert (folder / "steps").read_text() == "a file"


def test_without_pillow(cli, folder, no_pillow):
    ran = cli("step", "--gif", "steps.gif")
    assert (ran.code, ran.out) == (3, "") and "pip install 'tinygrad-edu[plots]'" in ran.err
    assert os.listdir(folder) == []


def page_of(cli, folder, *words):
    found = cli("step", *words, "--html", "page.html")
    assert found.code == 0
    return (folder / "page.html").read_text(encoding="utf-8"), found.err


def test_the_page_of_an_expression_computes_and_replay_does_not(cli, folder):
    words = ("(sigmoid(w*x + b) - y)**2", *(f"--set={name}=0.5" for name in "wxby"))
    page, said = page_of(cli, folder, *words)
    assert 'id="change"' in page and "note:" not in said
    page, said = page_of(cli, folder, *words, "--replay")
    assert 'id="change"' not in page and "note:" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("where(1, x, 2*x)", "--set=x=3"), "was decided when it was recorded"),
        (("sum(W)", "--set=W=[1,2]"), "W is a tensor"),
    ],
)
def test_where_a_page_cannot_compute_the_command_says_why(cli, folder, words, why):
    page, said = page_of(cli, folder, *words)
    assert 'id="change"' not in page and why in said


@pytest.mark.parametrize(
    ("expression", "numbers", "helps"),
    [
        ("sum(relu(W)**2)", "[1,2]", True),
        ("max(W)", "[1,2]", False),  # with other numbers it may be another one
        ("sum(W @ W)", str([[1.0] * 30] * 30), False),  # too many numbers
    ],
)
def test_what_a_page_computes_with_once_it_is_taken_apart(cli, folder, expression, numbers, helps):
    words = (expression, f"--set=W={numbers}")
    _page, said = page_of(cli, folder, *words)
    assert "note:" in said and ("with --level scalar it computes" in said) == helps
    if helps:
        page, said = page_of(cli, folder, *words, "--level", "scalar")
        assert 'id="change"' in page and "note:" not in said


FILE = """
import tinygrad_edu as tg
def smooth():
    x, w = tg.Value(2.0, name="x", requires_grad=False), tg.Value(0.5, name="w")
    return (w * x - 1.0) ** 2
def decides():
    x = tg.Value(2.0, name="x")
    return x * x if x > 0 else x
def far():
    x = tg.Value(2.0, name="x")
    return x * x if x < 5 else x
def beyond():
    x = tg.Value(2.0, name="x")
    return x * x if x < 1000 else x
def elsewhere():
    x = tg.Value(2.0, name="x")
    return tg.where(tg.step(x - 1.0), x * x, x) + tg.losses.hinge(x, tg.Value(1.0, name="t"))
def copies():
    from copy import copy
    return copy(tg.Value(2.0, name="x")) * 2.0
def refuses():
    x = tg.Value(2.0, name="x")
    if x != 2.0:
        raise ValueError
    return x * x
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("smooth", ""),
        ("decides", "it has an if of its own"),
        ("far", "it has an if of its own"),
        ("beyond", "it has an if of its own"),
        ("elsewhere", ""),
        ("copies", "takes no other numbers"),
        ("refuses", "takes no other numbers"),
    ],
)
def test_a_function_of_a_file_computes_if_it_does_the_same_with_other_numbers(cli, folder, name, why):
    (folder / "model.py").write_text(FILE)
    page, said = page_of(cli, folder, f"model.py:{name}")
    assert ('id="change"' in page) is (why == "") and why in said and ("note:" in said) is (why != "")


def test_replay_needs_a_page(cli):
    found = cli("step", "--replay")
    assert found.code == 2 and "--html" in found.err


PICKED = [
    ("sum(x[x > 0])", "[…] picked"),
    ("3*max(x)", "max picked"),
    ("sum(min(W, axis=0)**2)", "min picked"),
    ("sum(x[0:2])", ""),
    ("sum(softmax(x)*x)", ""),
    ("sum(where(x > 0, x, 0.1*x))", ""),
    ("norm(x)", ""),
]


@pytest.mark.parametrize(("expression", "reason"), PICKED)
def test_what_was_picked_by_its_numbers_is_replayed(cli, folder, expression, reason):
    name = "W" if "W" in expression else "x"
    numbers = "[[1, -2], [3, 0.5]]" if name == "W" else "[1, -2, 3]"
    ran = cli("step", expression, "--set", f"{name}={numbers}", "--level", "scalar", "--html", "p.html")
    page = (folder / "p.html").read_text(encoding="utf-8")
    assert ran.code == 0 and (reason in ran.out + ran.err if reason else "replays" not in ran.out + ran.err + page)
    assert not reason or f"This page replays what was recorded: {reason} elements" in page
