"""The colours of pictures, for light and for dark paper.

They are Okabe and Ito's ("Color universal design", 2008), which colour-blind people can distinguish: sky blue, orange
and bluish green, thinned for the fills so that text reads well on all of them, and vermilion, darkened, for gradients.
No colour stands alone: a box shows its kind by its outline, too, and a number by the word before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinygrad_edu.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as "#RRGGBB".

    Attributes:
        fills: of boxes: "leaf" with a gradient, "constant", "result", "root" that was differentiated, "layer" of nodes.
        text, quiet, gradient: of letters: titles and data; what is less important; gradients.
        paper: the background.
        group: the fill of the frame around the nodes of a scope; where frames lie in each other the paper alternates.
        line: edges and outlines.
    """

    fills: dict[str, str]
    text: str
    quiet: str
    gradient: str
    paper: str
    group: str
    line: str


LIGHT = Palette(
    fills={"leaf": "#BFE1F6", "constant": "#F2F2F2", "result": "#FFFFFF", "root": "#F9DDA4", "layer": "#C3E8DC"},
    text="#111111",
    quiet="#444444",
    gradient="#8A3300",
    paper="#FFFFFF",
    group="#F6F6F6",
    line="#444444",
)
DARK = Palette(
    fills={"leaf": "#123F5C", "constant": "#333333", "result": "#1B1B1B", "root": "#5C4206", "layer": "#0E4A3B"},
    text="#F4F4F4",
    quiet="#C8C8C8",
    gradient="#FFB48F",
    paper="#121212",
    group="#242424",
    line="#B0B0B0",
)
THEMES = {"light": LIGHT, "dark": DARK}


def palette(theme: str) -> Palette:
    """The colours of a theme.

    Raises:
        ArgumentError: neither "light" nor "dark".
    """
    if theme not in THEMES:
        raise ArgumentError(f"the theme is 'light' or 'dark', not {theme!r}")
    return THEMES[theme]
