"""Imports run one way: no file of the product is in a circle, and only imports named here stand inside functions.

An import inside a function counts as any other, one under `if TYPE_CHECKING` does not, as it never runs. import-linter
holds the order of packages and folders (see pyproject.toml).
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "tinygrad_edu",
    "visualizations/tinygrad_edu_words",
    "visualizations/tinygrad_edu_viz",
    "cli/tinygrad_edu_cli",
    "tutorials/tinygrad_edu_tutorials",
)

HELP = "brings NumPy, which `--help` and usage errors need not wait for"
ON_DEMAND = "slow to import, and seldom needed"
OPTIONAL = "an optional package: its absence has an error of its own"
DOOR = "figures are asked for by the name tg.plots, and made where screens are known"
LAZY = {
    "tinygrad_edu.backends": {"tinygrad_edu.backends.cupy": ON_DEMAND},
    "tinygrad_edu.backends.blas": {"cuda": OPTIONAL},
    "tinygrad_edu.backends.cupy": {"cupy": OPTIONAL, "cupyx.scipy": OPTIONAL},
    "tinygrad_edu.data.download": {"module": OPTIONAL},
    "tinygrad_edu.derivatives.anomaly": {"linecache": ON_DEMAND},
    "tinygrad_edu": {
        "tinygrad_edu.compiling": ON_DEMAND,
        "tinygrad_edu.train.predictor": ON_DEMAND,
        "tinygrad_edu_viz.plots": DOOR,
        "f'.{name}'": ON_DEMAND,
    },
    "tinygrad_edu.blocks": {"inspect": ON_DEMAND},
    "tinygrad_edu.checks": {"difflib": ON_DEMAND},
    "tinygrad_edu.tensors.float_pass": {"tinygrad_edu.tensors.float_rules": ON_DEMAND},
    "tinygrad_edu.tensors.value_operators": {
        "tinygrad_edu.tapes.python_code": ON_DEMAND,
        "tinygrad_edu.tensors.float_rules": ON_DEMAND,
    },
    "tinygrad_edu.storage.arrays": {"safetensors.numpy": OPTIONAL},
    "tinygrad_edu.train.history": {"tinygrad_edu_viz.plots": DOOR},
    "tinygrad_edu_viz.plots.animation": {
        "matplotlib.backends.backend_agg": OPTIONAL,
        "matplotlib.figure": OPTIONAL,
        "PIL": OPTIONAL,
        "PIL.Image": OPTIONAL,
    },
    "tinygrad_edu_viz.plots.confusion": {"matplotlib.colors": OPTIONAL},
    "tinygrad_edu_viz.plots.figure": {"matplotlib": OPTIONAL},
    "tinygrad_edu_viz.plots.learning": {"matplotlib.ticker": OPTIONAL},
    "tinygrad_edu_viz.plots.training": {
        "matplotlib": OPTIONAL,
        "matplotlib.figure": OPTIONAL,
        "tinygrad_edu_viz.pictures.fonts": "needs Pillow and matplotlib, which are optional",
    },
    "tinygrad_edu_viz.plots.surface": {"matplotlib.figure": OPTIONAL},
    "tinygrad_edu_viz.pictures.gif": {
        "PIL": OPTIONAL,
        "PIL.Image": OPTIONAL,
        "tinygrad_edu_viz.pictures.fonts": "needs Pillow and matplotlib, which are optional",
        "tinygrad_edu_viz.pictures.course_frames": "needs Pillow and matplotlib, which are optional",
        "tinygrad_edu_viz.pictures.frames": "needs Pillow and matplotlib, which are optional",
    },
    "tinygrad_edu_viz.pictures.fonts": {"matplotlib.font_manager": ON_DEMAND, "fontTools.ttLib": ON_DEMAND},
    "tinygrad_edu_cli.commands.bench": {
        "tinygrad_edu.backends": HELP,
        "tinygrad_edu_cli.benching.measuring": HELP,
        "tinygrad_edu_cli.benching.pictures": HELP,
        "tinygrad_edu_cli.benching.report": HELP,
        "tinygrad_edu_cli.painting": HELP,
        "tinygrad_edu_cli.training.devices": HELP,
        "tinygrad_edu_cli.training.exports": HELP,
    },
    "tinygrad_edu_viz.plots.crossover": {"matplotlib.figure": OPTIONAL},
    "tinygrad_edu_cli.commands.compare": {
        "tinygrad_edu_cli.training.comparison": HELP,
        "tinygrad_edu_cli.training.exports": HELP,
        "tinygrad_edu_cli.training.table": HELP,
    },
    "tinygrad_edu_cli.commands.doctor": {"tinygrad_edu_cli.doctoring.report": HELP},
    "tinygrad_edu_cli.doctoring.gpu": {"cupy": OPTIONAL, "cuda.pathfinder": OPTIONAL, "mpi4py": OPTIONAL},
    "tinygrad_edu_cli.doctoring.machine": {
        "module": OPTIONAL,
        "tinygrad_edu_viz.pictures.fonts": "needs Pillow and matplotlib, which are optional",
    },
    "tinygrad_edu_cli.training.options": {"tinygrad_edu.backends": HELP},
    "tinygrad_edu_cli.commands.evaluate": {
        "tinygrad_edu_cli.training.application": HELP,
        "tinygrad_edu_cli.training.evaluation": HELP,
    },
    "tinygrad_edu_cli.commands.landscape": {"tinygrad_edu_cli.landscapes.show": HELP},
    "tinygrad_edu_cli.commands.playground": {"tinygrad_edu_cli.training.playground_page": HELP},
    "tinygrad_edu_cli.commands.predict": {"tinygrad_edu_cli.training.predictions": HELP},
    "tinygrad_edu_cli.commands.graph": {"tinygrad_edu_cli.drawing": HELP},
    "tinygrad_edu_cli.commands.replay": {"tinygrad_edu_cli.live.replaying": HELP},
    "tinygrad_edu_cli.commands.step": {"tinygrad_edu_cli.faces": HELP},
    "tinygrad_edu_cli.commands.train": {
        "tinygrad_edu_cli.faces": HELP,
        "tinygrad_edu_cli.live.report": "Textual is slow to import, and waits for a keyboard",
        "tinygrad_edu_cli.training.config": HELP,
        "tinygrad_edu_cli.training.exports": HELP,
        "tinygrad_edu_cli.training.first_updates": HELP,
        "tinygrad_edu_viz.courses.course_player": HELP,
        "tinygrad_edu_cli.training.reports": HELP,
        "tinygrad_edu_cli.training.session": HELP,
        "tinygrad_edu_cli.training.summary": HELP,
    },
    "tinygrad_edu_tutorials.exporting.notebooks": {"nbformat": OPTIONAL},
    "tinygrad_edu_cli.commands.tutorial": {
        "tinygrad_edu_cli.tutor.actions": HELP,
        "tinygrad_edu_cli.tutor.exporting": HELP,
        "tinygrad_edu_cli.tutor.quiz": HELP,
    },
    "tinygrad_edu_cli.tutor.actions": {"tinygrad_edu_cli.tutor.watching": ON_DEMAND},
    "tinygrad_edu_cli.tutor.screen": {
        "tinygrad_edu_cli.tutor.screen.app": "Textual is slow to import, and waits for a keyboard"
    },
    "tinygrad_edu_cli.tutor.screen.reader": {"tinygrad_edu_cli.tutor.watching": "the first page need not wait for it"},
    "tinygrad_edu_cli.errors": {"tinygrad_edu_cli.excerpt": HELP},
    "tinygrad_edu_cli.live.replaying": {
        "tinygrad_edu_cli.live.replay_screen": "brings Textual, which waits for a keyboard"
    },
    "tinygrad_edu_cli.main": {
        "tinygrad_edu": HELP,
        "tinygrad_edu.errors": HELP,
        "tinygrad_edu_cli.excerpt": HELP,
    },
    "tinygrad_edu_tutorials.site.__main__": {
        "tinygrad_edu_tutorials.site.building": "brings Sphinx, whose absence has an error of its own",
        "tinygrad_edu_tutorials.site.sources": "stands with it",
    },
    "tinygrad_edu_tutorials.running.forked": {"resource": "not on every system"},
    "tinygrad_edu_cli.tui": {"tinygrad_edu_cli.tui.app": "Textual is slow to import, and waits for a keyboard"},
}


Importing = ast.Import | ast.ImportFrom | ast.Call


class Import(NamedTuple):
    """One file imports a module, or a name of a module."""

    importer: str
    imported: str
    in_function: bool


class Product:
    """The files of a tree, by the names of their modules, and what each imports."""

    def __init__(self, root: Path):
        self.files: dict[str, Path] = {}
        for package in PACKAGES:
            for file in (root / package).rglob("*.py"):
                parts = file.relative_to((root / package).parent).with_suffix("").parts
                self.files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
        self.imports = [found for name in self.files for found in self._imports(name)]

    def _imports(self, name: str) -> Iterator[Import]:
        for node, in_function in _importing(self.files[name].read_text(encoding="utf-8")):
            for imported in self._imported(name, node):
                if imported != name:  # a package asks for its own names
                    yield Import(name, imported, in_function)

    def _imported(self, name: str, node: Importing) -> list[str]:
        """The modules that a statement imports, or a call of `import_module`; those of the product if they are."""
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.Call):
            called = node.args[0]
            text = called.value if isinstance(called, ast.Constant) else ast.unparse(called)
            return [self._absolute(name, str(text))]
        module = self._absolute(name, "." * node.level + (node.module or ""))
        return [f"{module}.{alias.name}" if f"{module}.{alias.name}" in self.files else module for alias in node.names]

    def _absolute(self, name: str, module: str) -> str:
        rest = module.lstrip(".")
        level = len(module) - len(rest)
        if not level:
            return module
        own = name.split(".") if self.files[name].name == "__init__.py" else name.split(".")[:-1]
        return ".".join([*own[: len(own) - level + 1], *([rest] if rest else [])])

    def circle(self) -> list[str]:
        """Files that import each other in a circle, in its order; [] if there is none."""
        graph: dict[str, list[str]] = {name: [] for name in self.files}
        for found in self.imports:
            if found.imported in self.files:
                graph[found.importer].append(found.imported)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            return list(error.args[1])
        return []

    def lazy(self) -> set[tuple[str, str]]:
        """(importer, imported) of all imports inside of functions."""
        return {(found.importer, found.imported) for found in self.imports if found.in_function}


@cache  # copies of a tree differ in one file
def _importing(text: str) -> list[tuple[Importing, bool]]:
    """What imports in a file: statements, and calls of `import_module`; and whether each stands in a function."""
    found: list[tuple[Importing, bool]] = []
    todo: list[tuple[ast.AST, bool]] = [(ast.parse(text), False)]
    while todo:
        node, in_function = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__")
        ):
            found.append((node, in_function))
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING"
        todo += [(child, inside) for child in (node.orelse if typing else ast.iter_child_nodes(node))]
    return found


def _name(node: ast.expr) -> str | None:
    """`name` and `module.name` as "name"."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


@pytest.fixture(scope="module")
def product() -> Product:
    return Product(ROOT)


def test_no_file_is_in_a_circle(product):
    assert product.circle() == []


def test_imports_inside_functions_have_a_reason(product):
    named = {(importer, imported) for importer, row in LAZY.items() for imported in row}
    assert product.lazy() == named


def test_all_files_are_looked_at(product):
    assert {"tinygrad_edu", "tinygrad_edu.errors", "tinygrad_edu_viz.trace", "tinygrad_edu_cli.main"} <= {
        *product.files
    }
    assert len(product.files) > 150 and len(product.imports) > 1000


WRONG = {  # file: a line that must not stand in it, and whether it closes a circle
    "visualizations/tinygrad_edu_viz/trace.py": ("from .pages import notebook", True),
    "visualizations/tinygrad_edu_viz/readable.py": (
        "f = lambda: importlib.import_module('.player', __package__)",
        True,
    ),
    "cli/tinygrad_edu_cli/output.py": ("def f():\n    import tinygrad_edu_cli.main", True),
    "cli/tinygrad_edu_cli/excerpt.py": ("def f():\n    import json", False),
}


@pytest.mark.parametrize("file", WRONG)
def test_a_wrong_import_is_found(file, tmp_path, product):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    line, is_circle = WRONG[file]
    place = tmp_path / file
    place.write_text(f"{place.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    seeded = Product(tmp_path)
    assert bool(seeded.circle()) == is_circle
    name = ".".join(Path(file).with_suffix("").parts).removeprefix("visualizations.").removeprefix("cli.")
    assert not is_circle or name in seeded.circle()
    inside = "def " in line or "lambda" in line
    assert (seeded.lazy() != product.lazy()) == inside


def test_an_import_for_types_alone_is_none(tmp_path):
    package = tmp_path / "tinygrad_edu"
    package.mkdir()
    (package / "__init__.py").write_text("from .a import x\n")
    (package / "a.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import y\nx = 1\n")
    (package / "b.py").write_text("from . import a\ny = a.x\n")
    small = Product(tmp_path)
    assert small.circle() == [] and small.lazy() == set()
    assert Import("tinygrad_edu.b", "tinygrad_edu.a", False) in small.imports
