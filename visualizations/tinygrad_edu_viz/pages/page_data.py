"""What a page knows: nodes and steps, as `step --json` has them, with what stands in their boxes; and updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..courses.course import Course
from ..courses.letters import letter_of
from ..courses.update import Update
from ..pictures.scene import Face, Scene
from ..readable import number, number_lines
from ..recording.contents import Data, Event, TraceNode, to_json
from ..trace import Trace

ELEMENTS = 64  # of an array that are shown one by one


def trace_data(trace: Trace, scene: Scene) -> dict[str, Any]:
    """A pass."""
    nodes = [_node(node, scene) for node in trace.nodes.values()]
    steps = [_step(event) for event in trace.events]
    return {"root": trace.root, "nodes": nodes, "steps": steps, "stops": scene.view.stops}


def course_data(course: Course, scenes: Sequence[Scene]) -> dict[str, Any]:
    """Each graph with its first pass; and of each pass its graph, what differs from that first one, and its updates."""
    graphs: list[dict[str, Any]] = []
    firsts: list[Scene] = []
    passes = []
    for trace, scene, updates in zip(course.passes, scenes, course.updates, strict=True):
        data = trace_data(trace, scene)
        place = next((k for k, first in enumerate(firsts) if first.frames is scene.frames), len(graphs))
        if place == len(graphs):
            graphs.append(data)
            firsts.append(scene)
        known = graphs[place]
        row = {
            "graph": place,
            "nodes": _news(data["nodes"], known["nodes"]),
            "steps": _news(data["steps"], known["steps"]),
            "words": {
                box.key: _words(box.face)
                for i, box in scene.boxes.items()
                if _words(box.face) != _words(firsts[place].boxes[i].face)
            },
            "updates": list(map(_update, updates)),
        }
        passes.append({name: value for name, value in row.items() if value or name == "graph"})
    return {
        "graphs": graphs,
        "passes": passes,
        "losses": to_json(course.losses),
        "said": list(map(number, course.losses)),
    }


def drawings(scenes: Sequence[Scene]) -> list[int]:
    """Of each graph the number of its first pass, from 0."""
    return [k for k, scene in enumerate(scenes) if all(scene.frames is not other.frames for other in scenes[:k])]


def _news(rows: list[dict[str, Any]], known: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """By their places, the rows that differ, and in what they do."""
    found = {
        k: {name: value for name, value in row.items() if value != before[name]}
        for k, (row, before) in enumerate(zip(rows, known, strict=True))
    }
    return {k: news for k, news in found.items() if news}


def _words(face: Face) -> list[str]:
    """The texts of a box besides its numbers, in the order in which `scene_svg` writes them."""
    return [face.strong, *([face.aside] if face.aside else []), *face.quiet]


def _node(node: TraceNode, scene: Scene) -> dict[str, Any]:
    """A node, its title, what stands in its box, and the key of the box that it is in."""
    kept = {"id", "name", "op", "requires_grad"}
    return {
        **{key: value for key, value in node.to_json().items() if key in kept},
        "data": numbers(node.data),
        "title": node.label,
        "lines": number_lines(node.data),
        "about": f"{node.shape} {node.dtype}, {node.device}" if node.kind == "tensor" else "",
        "constant": node.is_plain_number,
        "box": scene.boxes[scene.view.box_of[node.id]].key,
    }


def _step(event: Event) -> dict[str, Any]:
    """An event without what is also in its nodes: names, shapes, data."""
    kept = {"kind", "node", "inputs", "from", "position", "formula", "text"}
    found = {key: value for key, value in event.to_json().items() if key in kept}
    found |= {key: spoken(found[key]) for key in ("formula", "text") if found.get(key)}
    if event.kind == "forward":
        return {**found, "formula": ""}
    for key in ("upstream", "local", "contribution", "grad_before", "grad"):
        found[key] = numbers(getattr(event, key))
    return {**found, "lines": number_lines(event.grad) if event.grad is not None else []}


def _update(update: Update) -> dict[str, Any]:
    """An update: its rule in letters and, below each line, in figures."""
    about = update.label
    if update.element:
        moves = _("{name}; the element that moves most is {element}")
        about = moves.format(name=update.label, element=update.subject)
    states = [[_state(name), *map(numbers, pair)] for name, pair in update.states.items()]
    return {
        "kind": "update",
        "node": update.node,
        "about": about,
        "t": update.t,
        "formula": "\n".join(f"{x.name} ← {x.rule}\n= {x.figures} = {x.result}" for x in update.lines),
        "text": spoken(update.text),
        "before": numbers(update.before),
        "gradient": numbers(update.gradient),
        "states": states,
        "after": numbers(update.after),
        "lines": number_lines(update.after),
    }


def _state(name: str) -> str:
    """A state's letter and name: "v (velocity)"."""
    letter = letter_of(name)
    return name if letter == name else f"{letter} ({name})"


def numbers(data: Data | None) -> Any:
    """Data in full precision; of a large array its mean and its range, as in the boxes."""
    if isinstance(data, dict) or (isinstance(data, list) and np.size(data) > ELEMENTS):
        return number(data)
    return to_json(data)
