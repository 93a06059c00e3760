"""The findings as lines, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import N_, _

from ..errors import MissingPieceError
from . import gpu, machine, trial
from .finding import Check, Finding, State, found

TRIAL = "trial"
CHECKS: list[tuple[str, Check]] = [
    ("Python", machine.python),
    ("NumPy", machine.numpy),
    ("Graphviz", machine.graphviz),
    ("fonts", machine.fonts),
    ("terminal", machine.terminal),
    ("extras", machine.extras),
    ("CuPy", gpu.cupy),
    ("driver", gpu.driver),
    ("CUDA libraries", gpu.libraries),
    ("GPU", gpu.devices),
    ("MPI", gpu.mpi),
    (TRIAL, trial.trials),
]
FOR_A_GPU = "CuPy", "driver", "CUDA libraries", "GPU", TRIAL
SIGNS: dict[State, str] = {"works": "+", "absent": "-", "old": "!", "broken": "x"}
STATES: dict[State, str] = {"works": N_("works"), "absent": N_("absent"), "old": N_("old"), "broken": N_("broken")}


def findings() -> Iterator[Finding]:
    """All of them, each as soon as it is found."""
    for name, check in CHECKS:
        yield from found(name, check)


def lines(finding: Finding, width: int, names: int = 18) -> Iterator[str]:
    """A finding: its state as a sign and a word, its name, the fact, and below it what to do next."""
    word = _(STATES[finding.state])
    head = f"{SIGNS[finding.state]} {word:<8} {finding.name}" + " " * (names - cell_width(finding.name))
    room = max(width - cell_width(head) - 2, 30)
    first, *rest = textwrap.wrap(finding.fact, room, break_long_words=False, break_on_hyphens=False) or [""]
    yield f"{head}  {first}"
    for line in rest:
        yield " " * (cell_width(head) + 2) + line
    if finding.advice:
        yield " " * (cell_width(head) + 2) + f"-> {finding.advice}"


def to_json(all_found: Sequence[Finding]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "kind": "doctor",
        "works": not has_fault(all_found),
        "cuda": has_cuda(all_found),
        "rows": [f._asdict() for f in all_found],
    }


def has_fault(all_found: Sequence[Finding]) -> bool:
    """Whether something that is there is broken or too old."""
    return any(finding.state in ("broken", "old") for finding in all_found)


def has_cuda(all_found: Sequence[Finding]) -> bool:
    """Whether a network has learned on a GPU."""
    return any(finding.part == TRIAL and "cuda" in finding.name and finding.state == "works" for finding in all_found)


def require_cuda(all_found: Sequence[Finding]) -> None:
    """Raise MissingPieceError unless a network has learned on a GPU; it says what is in the way first."""
    if has_cuda(all_found):
        return
    in_the_way = [f for f in all_found if f.part in FOR_A_GPU and f.state != "works"]
    why, advice = (in_the_way[0].fact, in_the_way[0].advice) if in_the_way else (_("there is no GPU"), "")
    raise MissingPieceError(_("no network can learn on a GPU here: {why}").format(why=why), advice)
