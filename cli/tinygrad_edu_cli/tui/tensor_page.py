"""A node opened: all of its numbers, a heat map of them, the rule in shapes, and what its gradient is made of."""

from __future__ import annotations

import numpy as np

from tinygrad_edu_viz.notation import sign
from tinygrad_edu_viz.player import Player
from tinygrad_edu_viz.readable import number
from tinygrad_edu_viz.recording.contents import Data, TraceNode
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import spoken

from ..stepping.number_columns import columns, matrices

SHADES, SHADES_ASCII = " ░▒▓█", " .:*#"


def tensor_page(player: Player, node_id: str, ascii: bool) -> list[str]:
    """The page about a node at the player's position."""
    node = player.trace.nodes[node_id]
    lines = [_kind(node), _rule(player, node), ""]
    lines += numbers_page(_("data"), player.data(node_id), _("not computed yet"), ascii)
    if not node.requires_grad:
        return [*lines, _("It asks for no gradient.")]
    lines += numbers_page(_("gradient"), player.gradient(node_id), _("none has reached it yet"), ascii)
    lines += [_("contributions to its gradient so far:")]
    for event in player.contributions(node_id):
        lines += [f"  {_('step {n}').format(n=event.step)}: {spoken(event.formula or '')}"]
        lines += [f"    + {number(event.contribution)}"] if event.contribution is not None else []
    return lines


def _kind(node: TraceNode) -> str:
    if node.kind == "value":
        return _("a single number")
    text = _("a tensor of shape {shape}, {dtype}, on {device}")
    return text.format(shape=node.shape, dtype=node.dtype, device=node.device)


def _rule(player: Player, node: TraceNode) -> str:
    """How it came to be, in names and shapes."""
    if node.op is None:
        return _("given: no operation computed it")
    inputs = [player.trace.nodes[source] for source in node.inputs]
    shapes = ", ".join(f"{source.label} {_shape(source)}" for source in inputs)
    settings = "".join(f", {key}={value}" for key, value in node.attrs.items() if value is not None)
    return f"{sign(node.op)} ({node.op}): {shapes}{settings} → {_shape(node)}"


def _shape(node: TraceNode) -> str:
    return str(node.shape) if node.kind == "tensor" else number(node.data, 3)


def numbers_page(what: str, data: Data | None, missing: str, ascii: bool) -> list[str]:
    """Data as numbers in columns, and as shades."""
    if data is None or isinstance(data, (int, float)):
        return [f"{what}: {missing if data is None else number(data, 17)}", ""]
    if isinstance(data, dict):
        return [f"{what}: {number(data)} ({_('of so many elements only this was recorded')})", ""]
    array = np.asarray(data, dtype=float)
    lines = [f"{what}: {number(data)}"]
    for name, matrix in matrices(array):
        lines += [f"  {name}"] if name else []
        lines += [f"    {row}" for row in columns(matrix, 4)]
        lines += [f"    {row}" for row in heat_map(matrix, array, SHADES_ASCII if ascii else SHADES)]
    return [*lines, ""]


def heat_map(matrix: np.ndarray, whole: np.ndarray, shades: str) -> list[str]:
    """A matrix in shades, two characters an element; the darkest is the least finite number of the whole array.

    What is not finite is "??". An array whose elements are all the same has no heat map.
    """
    finite = whole[np.isfinite(whole)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if high == low:
        return []
    with np.errstate(all="ignore"):
        parts = (matrix / 2 - low / 2) / (high / 2 - low / 2)  # halves, because the range may overflow
    rows = []
    for values in parts:
        marks = [shades[min(int(x * len(shades)), len(shades) - 1)] if np.isfinite(x) else "?" for x in values]
        rows.append(f"|{''.join(2 * mark for mark in marks)}|")
    legend = "  ".join(f"{2 * shade}" for shade in shades)
    return [*rows, f"{number(low, 3)} |{legend}| {number(high, 3)}"]
