"""The page of a course, without a browser: what it holds, and how large it is. tests/browser opens it."""

from __future__ import annotations

import re

import pytest

import hostile
import tinygrad_edu as tg
from courses_shown import COURSES, branching, lost, perceptron
from tinygrad_edu_viz import Course, Trace
from tinygrad_edu_viz.pages.page import page
from tinygrad_edu_viz.pictures.scene import lay_out_all
from tinygrad_edu_viz.readable import number_lines
from unpacked import content_of


def whole(rows: list[dict], news: dict[str, dict]) -> list[dict]:
    """Rows of the first pass, with what is new in another one."""
    return [{**row, **news.get(str(k), {})} for k, row in enumerate(rows)]


@pytest.mark.parametrize("kind", COURSES)
def test_every_pass_is_that_of_its_own_page(kind):
    """What a pass shares with the first one of its graph, with what is new in it, is what its own page holds."""
    course = COURSES[kind]()
    found = content_of(page(course))
    assert len(found["passes"]) == len(course.passes)
    for row, trace in zip(found["passes"], course.passes, strict=True):
        alone, graph = content_of(page(trace)), found["graphs"][row["graph"]]
        assert whole(graph["nodes"], row.get("nodes", {})) == alone["nodes"]
        assert whole(graph["steps"], row.get("steps", {})) == alone["steps"]
        assert (graph["stops"], graph["root"]) == (alone["stops"], alone["root"])
    assert len(found["graphs"]) == (2 if kind == "branching" else 1)


@pytest.mark.parametrize("kind", COURSES)
def test_updates_are_those_of_the_course(kind):
    course = COURSES[kind]()
    for row, updates in zip(content_of(page(course))["passes"], course.updates, strict=True):
        assert len(row.get("updates", [])) == len(updates)
        for told, update in zip(row.get("updates", []), updates, strict=True):
            as_json = update.to_json()
            assert {key: told[key] for key in ("node", "text", "before", "gradient", "after")} == {
                key: as_json[key] for key in ("node", "text", "before", "gradient", "after")
            }
            assert told["lines"] == number_lines(update.after)
            for line in update.lines:
                assert f"{line.name} ← {line.rule}\n= {line.figures} = {line.result}" in told["formula"]


def test_more_passes_are_not_so_many_times_as_large():
    """They share a picture, whose ids there are once."""
    one, three = page(perceptron().passes[0]), page(perceptron())
    assert len(three) < 1.6 * len(one)
    many = page(perceptron(updates=40))
    assert len(many) - len(one) < 40 * 2000
    for text in (three, many, page(branching())):
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len({*ids}) and text.count("<svg xmlns") == (2 if "g1-node" in text else 1)


@pytest.mark.parametrize("order", [1, -1])
def test_there_is_room_for_the_numbers_of_all_passes(order):
    course = perceptron("SGD", lr=1e-3)
    updated = [{update.node: update.after for update in row} for row in course.updates]
    together = lay_out_all(course.passes[::order], "LR", "auto", 300, updated[::order])
    assert all(scene.frames is together[0].frames for scene in together)
    for trace, numbers in zip(course.passes, updated, strict=True):
        alone = lay_out_all([trace], "LR", "auto", 300, [numbers])[0]
        assert all(together[0].boxes[i].width >= box.width for i, box in alone.boxes.items())


def test_there_is_room_for_what_an_update_makes():
    """Also where no pass of the same graph comes after it."""
    trace = branching().passes[0]
    plain, wide = (lay_out_all([trace], "LR", "auto", 300, [row])[0] for row in ({}, {"w": -1.23456e-05}))
    assert wide.boxes["w"].width > plain.boxes["w"].width


def test_what_it_says_of_the_course():
    text = page(lost(), note="A note.")
    assert "A note. Learned: w; by SGD, η (lr) = 2. The loss is nan after 1 of 3 updates" in text
    assert "All steps of this pass" in text and "Next pass" in text
    plain = page(perceptron().passes[0])
    assert "Next pass" not in plain and "loss-said" not in plain and "All steps</summary>" in plain


@pytest.mark.parametrize("kind", hostile.NAMES)
def test_names_are_escaped(kind):
    def tags(name: str) -> list[str]:
        w = tg.Value(2.0, name=name)
        course = Course.record((w * 3.0 - 1.0) ** 2, tg.optim.Adam([w], lr=0.1), 2, title=name)
        return re.findall(r"<[a-z!/]+", page(course, title=name, note=name))

    assert [*map(str.lower, tags(hostile.NAMES[kind]))] == tags("a")


def test_a_notebook_shows_the_page():
    course = perceptron()
    shown = course._repr_mimebundle_()
    assert shown["text/plain"] == repr(course) and "\n" not in repr(course)
    assert repr(course).startswith("Course of the perceptron: 3 updates by Adam, loss 0.25 → ")
    assert 'sandbox="allow-scripts"' in shown["text/html"] and "Next pass" in shown["text/html"]
    assert isinstance(Trace.record(tg.Value(1.0) * 2.0)._repr_mimebundle_(), dict)
