"""What stands in a box of a picture, as Graphviz's HTML-like label, and what appears when the mouse rests on it."""

from __future__ import annotations

import html
from collections.abc import Collection

import graphviz

from tinygrad_edu.graph.operation import REGISTRY
from tinygrad_edu_words import _
from tinygrad_edu_words.sentences import MEAN, reason

from ..cells import clean
from ..notation import explanation, sign
from ..readable import number, number_lines, short
from ..recording.contents import Data, TraceNode
from ..views.levels import ViewBox
from .palette import Palette

MOST_SHOWN = 64  # numbers in a tooltip
UNKNOWN = "·"  # not computed yet


class BoxLabel:
    """Writes the labels of one picture.

    Args:
        values, grads: whether data and gradients are written.

    Attributes:
        known: the ids of the nodes that are computed so far; None for all.
    """

    known: Collection[str] | None = None

    def __init__(self, colours: Palette, values: bool, grads: bool):
        self.colours, self.values, self.grads = colours, values, grads

    def of_node(self, node: TraceNode, title: str, settings: list[str]) -> str:
        """Operation and name, settings, shape, data, gradient."""
        if node.is_plain_number:
            return table([self._title(number(node.data), "")])
        operation = short(sign(node.op)) if node.op else ""
        rows = [self._title(operation, title) if operation else self._title(title, "")]
        rows += map(self._quiet, settings)
        if node.kind == "tensor":
            rows.append(self._quiet(f"{node.shape} {node.dtype}"))
        return table(rows + self._numbers(node))

    def of_group(self, box: ViewBox, result: TraceNode) -> str:
        """The name of a layer, its settings, its size, and the data and gradient of what it gives to others."""
        name, bracket, rest = box.title.partition("(")
        rows = [self._title(name, bracket + rest), *map(self._quiet, box.lines)]
        return table(rows + (self._numbers(result) if box.scope else []))

    def _numbers(self, node: TraceNode) -> list[str]:
        rows = []
        if self.values:
            rows.append(self._row(_("data"), self._data(node), self.colours.text))
        if self.grads and node.gradient is not None:
            rows.append(self._row(_("grad"), node.gradient, self.colours.gradient))
        return rows

    def _data(self, node: TraceNode) -> Data | None:
        return node.data if self.known is None or node.id in self.known else None

    def _title(self, strong: str, small: str) -> str:
        aside = f" {self.small(small)}" if small else ""
        size = 18 if small and not strong[:1].isalnum() else 12  # an operator's sign is small otherwise
        return f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="{size}"><B>{escaped(strong)}</B></FONT>{aside}</TD></TR>'

    def small(self, text: str) -> str:
        return f'<FONT POINT-SIZE="10" COLOR="{self.colours.quiet}">{escaped(text)}</FONT>'

    def _quiet(self, text: str) -> str:
        return f'<TR><TD COLSPAN="2">{self.small(text)}</TD></TR>'

    def _row(self, what: str, data: Data | None, colour: str) -> str:
        lines = [UNKNOWN] if data is None else number_lines(data)
        text = "".join(f'{escaped(line)}<BR ALIGN="RIGHT"/>' for line in lines) if lines[1:] else escaped(lines[0])
        return (
            f'<TR><TD ALIGN="LEFT"><FONT COLOR="{self.colours.quiet}">{what} </FONT></TD>'
            f'<TD ALIGN="RIGHT"><FONT COLOR="{colour}">{text}</FONT></TD></TR>'
        )

    def tooltip_of_node(self, node: TraceNode, title: str) -> str:
        """The numbers in full precision, the shape, and what the operation does with gradients."""
        lines = [title]
        if node.kind == "tensor":
            lines.append(
                _("shape {shape}, {dtype}, on {device}").format(shape=node.shape, dtype=node.dtype, device=node.device)
            )
        lines.append(f"{_('data')} {_exact(self._data(node))}")
        if node.gradient is not None:
            lines.append(f"{_('gradient')} {_exact(node.gradient)}")
        if node.op in REGISTRY and (rule := explanation(REGISTRY[node.op])):
            lines.append(f"{node.op}: {reason(rule)}")
        return _tooltip(lines)

    def tooltip_of_group(self, box: ViewBox, result: TraceNode) -> str:
        """What is inside, and the numbers of the result in full precision."""
        lines = [box.title, *box.lines]
        if box.scope:
            lines.append(_("gives {node}: data {data}").format(node=result.label, data=_exact(self._data(result))))
            if result.gradient is not None:
                lines.append(f"{_('gradient')} {_exact(result.gradient)}")
        return _tooltip(lines)


def table(rows: list[str]) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>>'


def escaped(text: str) -> str:
    """One line of text for an HTML-like label, where DOT obeys backslashes even so: \\N would be the node's name."""
    return html.escape(clean(text)).replace("\\", "\\\\")


def _exact(data: Data | None) -> str:
    """Numbers as Python writes them; of many their mean and range."""
    if data is None:
        return _("not known yet")
    if isinstance(data, list):
        text = str(data)
        return text if text.count(",") < MOST_SHOWN else number(data, 17)
    if isinstance(data, dict):
        return _(MEAN).format(mean=repr(data["mean"]), low=repr(data["min"]), high=repr(data["max"]))
    return repr(data)


def _tooltip(lines: list[str]) -> str:
    """Text in which Graphviz finds neither entities nor <...>, nor backslashes, which it may read once or twice."""
    text = "\n".join(map(clean, lines)).replace("\\", "\N{REVERSE SOLIDUS OPERATOR}")
    return graphviz.nohtml(html.escape(text, quote=False))
