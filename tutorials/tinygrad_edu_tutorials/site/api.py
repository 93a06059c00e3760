"""The pages of the API: every public name, with the docstring that it has."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import tinygrad_edu
import tinygrad_edu_viz
from tinygrad_edu import backends, data, errors, losses, nn, optim, random, train
from tinygrad_edu.rules import functional
from tinygrad_edu_viz import plots
from tinygrad_edu_viz.pages import frames

from .. import checking

PACKAGES: dict[ModuleType, str] = {
    tinygrad_edu: "Numbers, arrays, derivatives",
    functional: "Operations",
    nn: "Layers and networks",
    nn.init: "Initial weights",
    losses: "Losses",
    optim: "Optimizers and schedules",
    data: "Data",
    train: "Training",
    backends: "Devices",
    random: "Random numbers",
    errors: "Errors",
    tinygrad_edu_viz: "Traces and pictures",
    plots: "Figures",
    frames: "Pages as frames",
    checking: "Checks of lessons",
}
MEMBERS = {
    "Value": "data grad name requires_grad is_leaf inputs backward item detach",
    "Tensor": "data grad name requires_grad is_leaf T backward retain_grad numpy item detach to argmax argmin",
}
"""Of nodes, which have the operations as methods, too, and what the engine itself needs."""
PAGES = ["api/index"]
"""For the contents of the site; the others stand in that one's."""


def write(source: Path) -> None:
    """Write the pages."""
    folder = source / "api"
    folder.mkdir(parents=True, exist_ok=True)
    for module, title in PACKAGES.items():
        (folder / f"{module.__name__}.rst").write_text(_page(module, title), encoding="utf-8")
    (folder / "index.rst").write_text(_index(), encoding="utf-8")


def _index() -> str:
    toctree = [".. toctree::", "   :maxdepth: 1", "", *(f"   {module.__name__}" for module in PACKAGES)]
    said = "Every public name, with what it takes, gives and raises. ``tg`` is ``import tinygrad_edu as tg``."
    return "\n".join([_heading("API", "="), "", said, "", *toctree, ""])


def _page(module: ModuleType, title: str) -> str:
    short = (tinygrad_edu if module is functional else module).__name__
    parts = [_heading(title, "="), "", f"``{short.replace('tinygrad_edu.', 'tg.')}``", ""]
    if module is not functional:
        parts += [f".. automodule:: {short}", "   :no-members:", ""]
    parts += [f".. py:currentmodule:: {short}", ""]
    for name in _names(module):
        parts += _entry(short, name, getattr(module, name))
    return "\n".join(parts) + "\n"


def _names(module: ModuleType) -> list[str]:
    """The public names of a module that have no page of their own."""
    public = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if _is_own(module, name, value)
    ]
    if module is tinygrad_edu:
        public = [name for name in public if name not in {*errors.__all__, *functional.__all__}]
    return [name for name in public if not inspect.ismodule(getattr(module, name))]


def _is_own(module: ModuleType, name: str, value: object) -> bool:
    return not name.startswith("_") and callable(value) and getattr(value, "__module__", "") == module.__name__


def _entry(module: str, name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        members = ", ".join(MEMBERS.get(name, "").split())
        return [f".. autoclass:: {module}.{name}", f"   :members: {members}".rstrip(), ""]
    if callable(value):
        return [f".. autofunction:: {module}.{name}", ""]
    return [f".. py:data:: {module}.{name}", "", f"   {', '.join(f'``{each}``' for each in value)}", ""]


def _heading(text: str, sign: str) -> str:
    return f"{text}\n{sign * len(text)}"
