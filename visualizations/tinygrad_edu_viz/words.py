"""The sentences of a trace."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backprop import Step
from tinygrad_edu.node import Node


def labels(nodes: list[Node], ids: dict[Node, str]) -> dict[Node, str]:
    return ids


def number(data: Any) -> str:
    return f"{data:.6g}" if isinstance(data, float) else str(data)


def forward(node: Node, labels: dict[Node, str], data: dict[Node, Any]) -> str:
    assert node.op
    return f"{labels[node]} = {node.op.name}({', '.join(labels[x] for x in node.inputs)}) = {number(data[node])}"


def seed(root: Node, labels: dict[Node, str], given: Any) -> tuple[str, str]:
    formula = f"∂L/∂{labels[root]} = {number(given)}"
    return formula, formula


def backward(step: Step, labels: dict[Node, str], row: dict[str, Any], first: bool) -> tuple[str, str]:
    formula = f"∂L/∂{labels[step.input]} += {number(row['contribution'])}"
    return formula, formula
