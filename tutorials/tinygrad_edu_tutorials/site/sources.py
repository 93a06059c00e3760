"""The pages of the site as Sphinx reads them, in one language."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Protocol

from tinygrad_edu_viz.pages.parts import enclosed
from tinygrad_edu_words import LANGUAGES, _

from ..exporting.pages import judge
from ..library import FOLDER, lesson, names
from ..reading.lesson import Lesson, commands
from . import api, lessons
from .framing import Players

ROOT = next((folder for folder in (FOLDER.parent, Path.cwd()) if (folder / "docs").is_dir()), Path.cwd())
"""The checkout: where the package lies, or else, where it is installed, the folder in which the command is called."""
GUIDES = ("stepping", "watching", "training", "python", "gpu", "speed", "building", "teaching")
"""In the order in which they are read; others come behind them."""

_SHOWN = re.compile(r"^```sh run\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]*)\]\((?P<target>\.\./[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


class Write(Protocol):
    """Writes a page; its name is that of its file, without the ending."""

    def __call__(self, name: str, text: str, /) -> None: ...


def write(source: Path, language: str) -> None:
    """Write all pages of a language into a folder.

    Raises:
        OSError: the folder cannot be written.
        LessonError: a lesson that cannot be read.
    """
    players = Players(source / "extra" / "players")
    (source / "extra/lesson.js").write_text(enclosed(judge()), encoding="utf-8")
    course = [lesson(name, language) for name in names()]
    players.prepare(typed for each in course for part in each.all("command") for typed in commands(part))

    def page(name: str, text: str) -> None:
        path = source / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    titles = {each.name: lessons.title(each) for each in course}
    for each in course:
        if each.all("image"):
            shutil.copytree(each.path.parent / "figures", source / "lessons/figures" / each.name)
        page(f"lessons/{each.name}", lessons.page(each, players.frame, f"figures/{each.name}", titles))
    guides = _guides(source, page, players, course) if language == LANGUAGES[0] else []
    if guides:
        api.write(source)
    page("index", _front(language, players, course, guides))


def _front(language: str, players: Players, course: list[Lesson], guides: list[str]) -> str:
    text = (ROOT / "docs" / ("index.md" if language == LANGUAGES[0] else f"index.{language}.md")).read_text("utf-8")
    parts = [
        _with_players(text, players, "").rstrip(),
        f"## {_('Lessons')}",
        "\n".join(map(lessons.line, course)),
        _contents(_("Lessons"), [f"lessons/{each.name}" for each in course]),
    ]
    if guides:
        parts += ["## Guides", "\n".join(f"- [](guides/{name}.md)" for name in guides)]
        parts += ["## API", "What every public name takes, gives and raises: [](api/index.rst)."]
        parts += [_contents("Guides", [f"guides/{name}" for name in guides]), _contents("API", api.PAGES)]
    else:
        words = _("Guides, gallery and API, in English")
        parts.append(f'<p><a href="../index.html" hreflang="{LANGUAGES[0]}">{words}</a></p>')
    return "\n\n".join(parts) + "\n"


def _contents(caption: str, pages: list[str]) -> str:
    return lessons.fence("{toctree}", "\n".join([":hidden:", f":caption: {caption}", "", *pages]))


def _guides(source: Path, page: Write, players: Players, course: list[Lesson]) -> list[str]:
    """The guides, and what they show of the repository; gives their names."""
    shutil.copytree(ROOT / "visualizations/pictures", source / "visualizations/pictures")
    found = sorted(path.stem for path in (ROOT / "docs").glob("*.md") if not path.stem.startswith("index"))
    linked: set[str] = set()

    def rewritten(link: re.Match[str]) -> str:
        target = link["target"].removeprefix("../")
        if (ROOT / target).is_dir():
            return link["words"]  # a folder has no page
        if not target.endswith((".py", "README.md")):
            return link[0]
        linked.add(target)
        return f"[{link['words']}](../source/{Path(target).with_suffix('')}.md{link['anchor'] or ''})"

    for name in found:
        text = _LINK.sub(rewritten, (ROOT / "docs" / f"{name}.md").read_text("utf-8"))
        page(f"guides/{name}", _with_players(text, players, "../") + (_figures(course) if name == "gallery" else ""))
    for target in sorted(linked):
        text = (ROOT / target).read_text("utf-8")
        shown = text if target.endswith(".md") else f"# {target}\n\n" + lessons.fence("python", text)
        page(f"source/{Path(target).with_suffix('')}", f"---\norphan: true\n---\n\n{shown}")
    return [*(name for name in GUIDES if name in found), *(name for name in found if name not in GUIDES)]


def _figures(course: list[Lesson]) -> str:
    """The figures of all lessons, for the gallery."""
    parts = ["", "## Figures of the lessons", "Each lesson draws its own; the code stands there above the picture."]
    for each in course:
        if not (images := each.all("image")):
            continue
        parts.append(f"### {lessons.title(each)}")
        parts.append(f"[The lesson](../lessons/{each.name}.md)")
        parts.append(lessons.fence("sh", f"python -m tinygrad_edu_tutorials.prove figures {each.name}"))
        parts += [f"![{i.attrs['alt']}](../lessons/figures/{each.name}/{Path(i.attrs['src']).name})" for i in images]
    return "\n\n".join(parts) + "\n"


def _with_players(text: str, players: Players, root: str) -> str:
    """A guide, its blocks `sh run` replaced by what they show."""

    def shown(block: re.Match[str]) -> str:
        return "\n\n".join(lessons.command(typed, lambda t: players.frame(t, root)) for typed in block[1].splitlines())

    return _SHOWN.sub(shown, text)
