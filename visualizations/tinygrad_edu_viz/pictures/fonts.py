"""Fonts for letters on pictures: DejaVu, which matplotlib brings along, and whatever a machine has for other scripts.

Importing this needs the extra `plots`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from PIL import ImageFont

_WIDE_SCRIPTS = "cjk wqy droidsansfallback unicode pingfang hiragino yahei malgun nanum unifont".split()
"""Parts of the names of fonts that are likely to have Chinese, Japanese and Korean: they are opened first."""


def _dejavu_folder() -> Path:
    """Where matplotlib keeps DejaVu, which has ∂ and Greek letters; importing it would take a second."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ImportError("No module named 'matplotlib'")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


_DEJAVU = {bold: _dejavu_folder() / f"DejaVuSansMono{'-Bold' * bold}.ttf" for bold in (False, True)}


def runs(text: str, size: int, bold: bool) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """The parts of a text, each with a font that has its letters; DejaVu shows a frame for one that no font has."""
    for path, part in groupby(text, key=lambda letter: _path_of(letter, bold)):
        yield "".join(part), _font(path, size)


def missing(text: str) -> str:
    """The letters of a text that no font of this machine has, each once."""
    return "".join([letter for letter in dict.fromkeys(text) if _find(letter) is None])


def families(text: str) -> list[str]:
    """The fonts, by the names that matplotlib knows them by, that have all letters of a text which this machine has."""
    from matplotlib.font_manager import FontProperties, fontManager  # as in `_others`

    found = ["DejaVu Sans"]
    paths = {_find(letter) for letter in text if not letter.isspace() and ord(letter) not in _letters(_DEJAVU[False])}
    for path in sorted(filter(None, paths)):
        fontManager.addfont(path)
        found.append(FontProperties(fname=path).get_name())
    return found


def _path_of(letter: str, bold: bool) -> Path:
    found = _find(letter)
    return _DEJAVU[bold] if found is None or found == _DEJAVU[False] else found


@cache
def _find(letter: str) -> Path | None:
    """A font that has a letter."""
    if letter.isspace() or ord(letter) in _letters(_DEJAVU[False]):
        return _DEJAVU[False]
    return next((path for path in _others() if ord(letter) in _letters(path)), None)


@cache
def _others() -> tuple[Path, ...]:
    from matplotlib.font_manager import findSystemFonts  # takes a second, which texts in DejaVu are spared

    paths = [Path(name) for name in findSystemFonts()]
    return tuple(sorted(paths, key=lambda path: (not any(part in path.name.lower() for part in _WIDE_SCRIPTS), path)))


@cache
def _letters(path: Path) -> frozenset[int]:
    """The code points that a font has."""
    from fontTools.ttLib import TTFont, TTLibError  # which matplotlib needs, too

    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, AssertionError):
        return frozenset()


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
