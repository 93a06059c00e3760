"""Courses: several passes with an optimizer's updates, their player, and their files."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz import Course, Trace, TraceError
from tinygrad_edu_viz.courses.course_player import CoursePlayer
from tinygrad_edu_viz.courses.course_quiz import CourseQuiz, UpdateMistake
from tinygrad_edu_viz.courses.recorder import Recorder
from tinygrad_edu_viz.courses.update import Update
from tinygrad_edu_viz.courses.valley import valley
from tinygrad_edu_viz.predicting.verdicts import Answer


def perceptron() -> tuple[Any, dict[str, tg.Value]]:
    names = {name: tg.Value(value, name=name) for name, value in dict(w=3.0, x=-1.0, b=1.0, y=1.0).items()}
    w, x, b, y = names.values()
    return (tg.sigmoid(w * x + b) - y) ** 2, names


def course_of(optimizer: str = "Adam", updates: int = 3, **settings: Any) -> Course:
    loss, names = perceptron()
    chosen = getattr(tg.optim, optimizer)([names["w"], names["b"]], **{"lr": 0.1, **settings})
    return Course.record(loss, chosen, updates, title="the perceptron")


def network(seed: int = 0) -> Course:
    """Another batch in each pass, and another dropout mask."""
    tg.seed(seed)
    net = tg.nn.mlp([3, 4, 2], dropout=0.3)
    rng = np.random.default_rng(seed)

    def loss() -> Any:
        x = tg.Tensor(rng.normal(size=(5, 3)).astype("float32"), name="x")
        return tg.losses.cross_entropy(net(x), rng.integers(2, size=5))

    return Course.record(loss, tg.optim.SGD(net.parameters(), lr=0.3, momentum=0.9), 3)


@pytest.fixture(scope="module")
def course() -> Course:
    return course_of()


def test_passes_are_those_of_one_pass_after_the_other():
    """Each is the trace of the expression with the numbers that the update before has made, by hand."""
    found = course_of("SGD", 2, lr=0.5)
    numbers = {"w": 3.0, "x": -1.0, "b": 1.0, "y": 1.0}
    for k, trace in enumerate(found.passes):
        w, x, b, y = (tg.Value(value, name=name) for name, value in numbers.items())
        loss = (tg.sigmoid(w * x + b) - y) ** 2
        assert trace == Trace.record(loss, title="the perceptron")
        loss.backward()
        for update in found.updates[k]:
            leaf = {"w": w, "b": b}[update.node]
            assert (update.before, update.gradient, update.t) == (leaf.data, leaf.grad, k + 1)
            assert update.after == pytest.approx(leaf.data - 0.5 * leaf.grad, rel=1e-15)
            numbers[update.node] = update.after
    assert [len(row) for row in found.updates] == [2, 2, 0] and found.note == ""
    assert found.losses == sorted(found.losses, reverse=True) and len(found.losses) == 3


def test_batches_and_dropout_change_numbers_and_not_ids():
    found = network()
    ids = [list(trace.nodes) for trace in found.passes]
    assert ids == [ids[0]] * 4
    assert len({json.dumps(trace.nodes["x"].data) for trace in found.passes}) == 4
    masks = {json.dumps(trace.nodes["dropout mask"].data) for trace in found.passes}
    assert len(masks) > 1
    assert {update.node for update in found.updates[0]} == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_leaves_without_names_keep_their_ids():
    """An update makes a leaf younger than what was made after it."""
    w, x = tg.Value(2.0), tg.Value(3.0)
    found = Course.record(lambda: w * x, tg.optim.SGD([w], lr=0.1), 2)
    assert len({update.node for row in found.updates for update in row}) == 1
    assert [trace.nodes[found.updates[0][0].node].data for trace in found.passes] == [2.0, 1.7, 1.4]


def test_results_keep_their_names():
    a = tg.Value(2.0, name="a")
    e = a * a
    e.name = "e"
    found = Course.record(e + a, tg.optim.SGD([a], lr=0.1), 1)
    assert [trace.nodes["n1"].label for trace in found.passes] == ["e", "e"]


def test_the_loss_itself_is_computed_again_in_its_scopes():
    tg.seed(0)
    net = tg.nn.mlp([3, 4, 2], dropout=0.3)
    loss = tg.losses.cross_entropy(net(tg.Tensor(np.ones((5, 3), "float32"), name="x")), [0, 1, 0, 1, 0])
    one = Trace.record(loss)
    found = Course.record(loss, tg.optim.SGD(net.parameters(), lr=0.3), 2)
    assert found.passes[0] == one
    assert [node.scope for node in found.passes[2].nodes.values()] == [node.scope for node in one.nodes.values()]
    assert found.passes[2].nodes.keys() == one.nodes.keys()


def test_on_every_device(device):
    w = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="w", device=device)
    x = tg.Tensor([1.0, -1.0], name="x", device=device)
    found = Course.record(((w @ x) ** 2).sum(), tg.optim.Adam([w], lr=0.1), 2)
    assert found.passes[0].nodes["w"].device == device and found.losses[0] == 2.0 > found.losses[2]
    assert found.updates[1][0].lines[-1].value == np.asarray(found.updates[1][0].after)[found.updates[1][0].element]


def test_the_parameters_have_moved():
    loss, names = perceptron()
    found = Course.record(loss, tg.optim.SGD([names["w"]], lr=0.5), 2)
    assert names["w"].data == found.updates[1][0].after and names["b"].data == 1.0


def test_what_cannot_be_learned():
    loss, _ = perceptron()
    stranger = tg.Value(1.0, name="z")
    with pytest.raises(ArgumentError, match="depends on no parameter"):
        Course.record(loss, tg.optim.SGD([stranger]), 1)
    for wrong in (0, -1, 1.0, True):
        with pytest.raises(ArgumentError, match="whole number of at least 1"):
            Course.record(loss, tg.optim.SGD([stranger]), wrong)


def test_a_parameter_that_the_loss_does_not_use_has_no_update():
    loss, names = perceptron()
    found = Course.record(loss, tg.optim.SGD([names["w"], tg.Value(1.0, name="z")], lr=0.1), 1)
    assert [update.node for update in found.updates[0]] == ["w"]


def test_a_parameter_that_no_gradient_reaches_stays():
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    v = tg.Tensor([1.0, 2.0], requires_grad=True, name="v")
    optimizer = tg.optim.Adam([w, v], lr=0.1)
    recorder = Recorder(optimizer)
    loss = (w * w * v).sum()
    recorder.look(loss)
    optimizer.zero_grad()
    loss.backward()
    v.grad = None
    optimizer.step()
    recorder.updated()
    of_w, of_v = recorder.updates[0]
    assert of_w.lines and of_w.t == 1 and of_w.subject.startswith("w[")
    assert (of_v.lines, of_v.gradient, of_v.before, of_v.t) == ((), None, of_v.after, 0)
    assert of_v.text == "v[0] stays at 1: no gradient has reached it"


@pytest.mark.parametrize(
    ("function", "start", "lr", "said"),
    [
        (lambda w: w * 0.0, 2.0, 0.1, "w stays at 2: its gradient is 0"),
        (lambda w: w * w, 1e150, 1e200, "the step is too large for any number"),
        (lambda w: tg.sqrt(w), 0.0, 0.1, "w goes from 0 to -∞: its gradient is ∞"),
        (lambda w: w * 1e-30, 2.0, 0.1, "the step is smaller than the distance of two numbers"),
        (lambda w: w * w, 2.0, 0.25, "w goes from 2 to 1, a step of -η · g = -1"),
    ],
)
def test_what_is_said_of_an_update(function, start, lr, said):
    w = tg.Value(start, name="w")
    found = Course.record(lambda: function(w), tg.optim.SGD([w], lr=lr), 1)
    assert said in found.updates[0][0].text


def test_plain_descent_is_called_so_in_float32_too():
    """The step of a large weight is rounded, and is -η · g all the same."""
    w = tg.Tensor([1.0852, 100.0], requires_grad=True, dtype="float32", name="w")
    for k, slope in enumerate((0.208115, 0.01)):
        found = Course.record((w * slope)[k], tg.optim.SGD([w], lr=0.1), 1)
        assert "a step of -η · g = " in found.updates[0][0].text


def test_a_loss_that_is_no_number_ends_the_course():
    w = tg.Value(2.0, name="w")
    found = Course.record(lambda: w * w * w, tg.optim.SGD([w], lr=10.0), 100)
    assert len(found.passes) < 20 and found.updates[-1] == () and "the steps were too large" in found.note
    nothing = Course.record(tg.log(w * 0.0 - 1.0), tg.optim.SGD([w]), 3)
    assert len(nothing.passes) == 1 and "nothing to learn from" in nothing.note


# --- the player ---


def state(player: CoursePlayer) -> dict[str, Any]:
    """All that a face can show."""
    inner = player.player
    return {
        "place": (player.position, player.pass_index, player.at_start, player.at_end),
        "event": player.event,
        "updates": player.updates,
        "known": {node: inner.data(node) for node in inner.trace.nodes},
        "gradients": {node: inner.gradient(node) for node in inner.trace.nodes},
        "selected": inner.selected,
    }


@pytest.mark.parametrize("level", ["op", "layer"])
@pytest.mark.parametrize("make", [course_of, network])
def test_so_many_steps_forth_and_as_many_back_change_nothing(make, level):
    player = CoursePlayer(make(), level)
    seen = [state(player)]
    while not player.at_end:
        player.forward()
        seen.append(state(player))
    assert (
        player.position
        == player.length
        == sum(map(len, player.course.updates)) + sum(len(trace.events) for trace in player.course.passes)
    )
    if level == "op":
        assert len(seen) == player.length + 1
    for expected in reversed(seen):
        assert state(player) == expected
        player.back()
    assert player.at_start
    rng = random.Random(0)
    for _ in range(100):  # from anywhere to anywhere
        wanted = rng.choice(seen)
        player.go(wanted["place"][0])
        assert state(player) == wanted


def test_updates_come_between_the_passes(course):
    player = CoursePlayer(course)
    kinds = ""
    for position in range(1, player.length + 1):
        player.go(position)
        kinds += player.event.kind[0]
        assert player.event == player.at(position)
    per_pass = "f" * 5 + "b" * 9 + "uu"
    assert kinds == per_pass * 3 + per_pass[:-2]


def test_from_pass_to_pass(course):
    player = CoursePlayer(course)
    player.player.select("b")
    assert player.next_pass() and (player.pass_index, player.player.position) == (1, 1)
    assert player.player.selected == "b" and player.player.was_chosen
    assert player.next_pass() and player.next_pass() and not player.next_pass()
    assert player.pass_index == 3 and player.previous_pass() and player.pass_index == 2
    assert player.to_update() and isinstance(player.event, Update) and player.event.node == "w" and player.event.t == 3
    assert not player.to_update(), "the last pass has none"
    player.to_start()
    assert not player.previous_pass() and player.to_update() and player.to_update() and player.event.t == 2
    player.to_backward()
    assert (player.pass_index, player.event.kind, player.player.position) == (1, "backward", 6)


def test_breakpoints_hold_in_every_pass(course):
    player = CoursePlayer(course)
    player.add_breakpoint("update:b")
    met = []
    while player.continue_():
        met.append((player.pass_index, player.event.kind, player.event.node))
    assert met == [(k, "update", "b") for k in range(3)] and player.at_end
    assert player.reverse_continue() and player.pass_index == 2
    player.breakpoints.clear()
    player.add_breakpoint("w")
    player.to_start()
    met = []
    while player.continue_():
        met.append((player.pass_index, player.event.kind))
        assert player.player.is_breakpoint("w")
    assert met == [(k, kind) for k in range(4) for kind in ("backward", "update")][:-1]
    with pytest.raises(ArgumentError, match="update:w, update:b"):
        player.add_breakpoint("update:x")
    with pytest.raises(ArgumentError, match="no node is called"):
        player.add_breakpoint("q")


def test_a_level_holds_in_every_pass():
    player = CoursePlayer(network(), "layer")
    assert player.zoom(True) and player.player.view.level == "op"
    player.to_pass(2)
    assert player.player.view.level == "op" and player.zoom(False) and player.player.view.level == "layer"


# --- the valley ---


def test_the_valley_is_the_loss_as_a_function_of_the_one_number():
    """By Python's own mathematics; and every pass lies on it."""
    w, x = tg.Value(3.0, name="w"), tg.Value(1.5, name="x")
    found = Course.record((w * x - 1.0) ** 2 + tg.sin(w * 3.0), tg.optim.Adam([w], lr=0.4), 5)
    curve = valley(found)
    assert curve is not None and curve.name == "w" and len(curve.places) == 6
    expected = [(place * 1.5 - 1.0) ** 2 + math.sin(3.0 * place) for place in curve.x]
    np.testing.assert_allclose(curve.losses, expected, rtol=1e-12)
    assert curve.x[0] < curve.places.min() and curve.places.max() < curve.x[-1]
    np.testing.assert_allclose(np.interp(curve.places, curve.x, curve.losses), found.losses, atol=1e-2)


def test_there_is_no_valley_of_several_numbers_of_arrays_and_of_other_batches():
    assert valley(course_of()) is None and valley(network()) is None
    w, batches = tg.Value(1.0, name="w"), iter(range(9))
    other = Course.record(lambda: w * tg.Value(next(batches), name="x", requires_grad=False), tg.optim.SGD([w]), 2)
    assert valley(other) is None
    far = Course.record(lambda: w**4, tg.optim.SGD([w], lr=100.0), 20)
    assert valley(far) is None and far.note
    still = Course.record(lambda: w * 0.0, tg.optim.SGD([w], lr=0.1), 1)
    assert valley(still) is not None


# --- questions ---


@pytest.mark.parametrize(
    ("given", "units", "mistake"),
    [
        (2.9, 0.1, None),
        (2.9004, 0.0001, None),
        (2.8, 0.1, UpdateMistake.UPHILL),
        (3.35, 0.01, UpdateMistake.RATE),
        (2.35, 0.01, UpdateMistake.RATE),
        (0.05, 0.01, UpdateMistake.STEP),
        (-0.05, 0.01, UpdateMistake.STEP),
        (2.85, 0.01, UpdateMistake.STAYED),
        (7.0, 0.1, "another"),
    ],
)
def test_verdicts_on_a_new_weight(given, units, mistake):
    """w = 2.85, g = -0.5 and η = 0.1: it becomes 2.9."""
    w = tg.Value(2.85, name="w")
    found = Course.record(w * -0.5, tg.optim.SGD([w], lr=0.1), 1)
    quiz, (update,) = CourseQuiz(found), found.updates[0]
    question = quiz.question(update)
    assert question is not None and "What is w after update 1?" in question.text and question.hint == "w ← w - η · g"
    verdict = quiz.judge(update, Answer(given, units))
    assert verdict.correct == (mistake is None)
    if isinstance(mistake, UpdateMistake):
        assert verdict.mistake is mistake and mistake.advice and "It is 2.9: w ← w - η · g = " in verdict.text
        assert "2.9" not in verdict.retry


def test_what_is_not_asked():
    w = tg.Value(2.0, name="w")
    found = Course.record(w * 0.0, tg.optim.SGD([w], lr=0.1), 1)
    assert CourseQuiz(found).question(found.updates[0][0]) is None
    assert "no gradient is passed on" in CourseQuiz(found).why_nothing([])


# --- files ---


@pytest.mark.parametrize("make", [course_of, network, lambda: course_of("NAdam", 2, weight_decay=0.1)])
def test_a_file_holds_the_course(make, tmp_path):
    found = make()
    found.save(tmp_path / "c.json")
    assert Course.load(tmp_path / "c.json") == found


def test_infinities_go_into_a_file_and_back(tmp_path):
    w = tg.Value(0.0, name="w")
    found = Course.record(tg.sqrt(w), tg.optim.SGD([w], lr=0.1), 3)
    found.save(tmp_path / "c.json")
    again = Course.load(tmp_path / "c.json")
    assert repr(again.updates) == repr(found.updates) and again.note == found.note != ""


def test_what_does_not_change_is_written_once(tmp_path):
    x = np.arange(40.0).reshape(8, 5)
    w = tg.Tensor(np.ones(5), requires_grad=True, name="w")
    Course.record(lambda: ((tg.Tensor(x, name="x") @ w) ** 2).mean(), tg.optim.SGD([w], lr=1e-5), 3).save(
        tmp_path / "c"
    )
    document = json.loads((tmp_path / "c").read_text())
    assert sum(array == x.tolist() for array in document["arrays"]) == 1
    assert [node for node in document["passes"][2]["nodes"] if node["id"] == "x"] == [{"id": "x"}]
    assert document["version"] == 3 and len(document["updates"]) == len(document["passes"]) == 4


def _without_pass(document: dict[str, Any]) -> None:
    del document["passes"][-1]


def _other_shape(document: dict[str, Any]) -> None:
    document["updates"][0][0]["before"] = [1.0]


def _strange_node(document: dict[str, Any]) -> None:
    document["updates"][0][0]["node"] = "q"


def _strange_element(document: dict[str, Any]) -> None:
    document["updates"][0][0]["element"] = [3]


def _newer(document: dict[str, Any]) -> None:
    document["version"] = 99


def _lost_event(document: dict[str, Any]) -> None:
    del document["passes"][1]["events"][2]


def _no_object(document: dict[str, Any]) -> None:
    document["passes"][1] = 7


def _no_nodes(document: dict[str, Any]) -> None:
    document["passes"][1]["nodes"] = [1]


def _no_passes(document: dict[str, Any]) -> None:
    document["passes"] = document["updates"] = []


def _new_node(document: dict[str, Any]) -> None:
    document["passes"][1]["nodes"][0]["id"] = "other"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without_pass, "updates has 4 items, and there are 3 passes"),
        (_other_shape, "updates[0][0].before has the shape (1,), and the node has ()"),
        (_strange_node, "no leaf of this pass has that id"),
        (_strange_element, "updates[0][0].element is [3]"),
        (_newer, "version 99"),
        (_lost_event, "passes[1].events"),
        (_no_object, "passes[1] should be an object"),
        (_no_nodes, "passes[1].nodes[0] should be an object"),
        (_no_passes, "a course has a pass"),
        (_new_node, "passes[1].nodes[0] lacks the field"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(damage, said, course, tmp_path):
    path: Path = tmp_path / "c.json"
    course.save(path)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(TraceError) as found:
        Course.load(path)
    assert said in str(found.value)


def test_a_file_cut_off_anywhere_is_refused(course, tmp_path):
    path: Path = tmp_path / "c.json"
    course.save(path)
    content = path.read_bytes()
    for length in range(0, len(content) - 1, len(content) // 40):
        path.write_bytes(content[:length])
        with pytest.raises(TraceError):
            Course.load(path)


def test_a_trace_is_no_course_and_the_other_way_round(course, tmp_path):
    path: Path = tmp_path / "c.json"
    course.save(path)
    with pytest.raises(TraceError, match=r"it is read by Course\.load"):
        Trace.load(path)
    course.passes[0].save(path)
    with pytest.raises(TraceError, match=r"it is read by Trace\.load"):
        Course.load(path)


def test_events_as_json(course):
    events = list(course.events())
    assert [event["pass"] for event in events] == sorted(event["pass"] for event in events)
    update = next(event for event in events if event["kind"] == "update")
    assert list(update)[:4] == ["kind", "pass", "node", "t"] and update["lines"][-1]["value"] == update["after"]
    assert json.loads(json.dumps(update, allow_nan=False)) == update
