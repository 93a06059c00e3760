"""tinygrad-edu step --order naive: the tempting recursion beside the right order."""

from __future__ import annotations

from tinygrad_edu_viz.cells import cell_width


def test_the_example(cli):
    """e = a·b, e·c + e at 2, -3, 4: right -15, 10, -6; the recursion counts the 4 that e has too early twice."""
    ran = cli("step", "--order", "naive")
    assert (ran.code, ran.err) == (0, "")
    assert (
        "3  n4         1  e      4    5" in ran.out and "3! e          4  a    -12  -12   ! here they part" in ran.out
    )
    assert " ".join(ran.out.split()).count("They part at step 3: e has received 1 of its 2 contributions") == 1
    table = ran.out.partition("Gradients of the inputs\n\n")[2].splitlines()
    assert [line.split() for line in table] == [
        ["name", "right", "order", "naive", "order"],
        ["a", "-15", "-27", "!", "wrong"],
        ["b", "10", "18", "!", "wrong"],
        ["c", "-6", "-6"],
    ]


def test_the_example_with_another_number(cli):
    ran = cli("step", "--order", "naive", "--set", "c=1")
    assert "Given: a = 2, b = -3, c = 1" in ran.out
    # e receives 1, passes it on, receives 1 more, passes 2 on: a has -3 and -6
    assert ["a", "-6", "-9", "!", "wrong"] in [line.split() for line in ran.out.splitlines()]


def test_a_tree_agrees(cli):
    ran = cli("step", "a*b + c", "--set", "a=2", "--set", "b=3", "--set", "c=1", "--order", "naive")
    assert "Both orders agree: no node is used twice" in ran.out
    assert "! " not in ran.out


def test_too_many_paths(cli):
    steps = ";".join(f"{new}={old}+{old}" for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True))
    ran = cli("step", f"{steps}; p+p", "--set", "a=1", "--order", "naive")
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "would take 131,070 steps; the right order takes 32. It was stopped after 200." in words
    assert ["a", "65536", "not", "finished"] in [line.split() for line in ran.out.splitlines()]


def test_tables_that_do_not_fit_stand_below_each_other(cli):
    ran = cli("step", "e = W @ x; sum(e*e)", "--set", "W=[[1,2],[3,4]]", "--set", "x=[0.1,0.2]", "--order", "naive")
    lines = ran.out.splitlines()
    assert lines.index("The right order: a node waits for all of its contributions") < lines.index(
        "The naive order: a node passes on what it has, at once"
    )


def test_beside_each_other_nothing_is_wider_than_a_wide_terminal(cli):
    assert max(map(cell_width, cli("step", "--order", "naive").out.splitlines())) <= 120


def test_what_does_not_go_with_it(cli, tmp_path):
    for more in (["--json"], ["--predict"], ["--save", str(tmp_path / "t.json")], ["--break", "a"]):
        ran = cli("step", "--order", "naive", *more)
        assert ran.code == 2 and ran.err.startswith("error: ")
    assert not list(tmp_path.iterdir())


def test_an_array_that_was_recorded_in_outline(cli, tmp_path):
    from tinygrad_edu import Tensor
    from tinygrad_edu import sum as total
    from tinygrad_edu_viz import Trace

    x = Tensor([0.0] * 2000, requires_grad=True)
    Trace.record(total(x * x)).save(tmp_path / "large.json")
    ran = cli("step", str(tmp_path / "large.json"), "--order", "naive")
    assert ran.code == 2 and ran.err.startswith("error: --order naive: the trace has only the mean and range of")
