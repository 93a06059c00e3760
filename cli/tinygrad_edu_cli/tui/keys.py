"""The keys: what they do on the screen, what the footer says of them, and the page of help."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType

from tinygrad_edu_viz.cells import cell_width
from tinygrad_edu_words import N_, _

from . import look

BINDINGS: list[BindingType] = [
    Binding("right,l,space", "forward", "one step on"),
    Binding("n", "next_pass", "to the next pass, or one step on"),
    Binding("N", "previous_pass", "to the pass before, or one step back"),
    Binding("u", "update", "to the updates of this pass"),
    Binding("left,h,backspace", "back", "one step back"),
    Binding("home,g", "to_start", "to the start"),
    Binding("end,G", "to_end", "to the end"),
    Binding("f", "to_backward", "to the first backward step"),
    Binding("c", "continue", "on to a breakpoint"),
    Binding("C", "reverse_continue", "back to a breakpoint"),
    Binding("b", "breakpoint", "breakpoint on the chosen node"),
    Binding("down,tab", "select(1)", "choose the next node"),
    Binding("up,shift+tab", "select(-1)", "choose the node before"),
    Binding("slash", "search", "search a node"),
    Binding("enter", "open", "open the chosen node"),
    Binding("z", "zoom(True)", "a finer level"),
    Binding("Z", "zoom(False)", "a coarser level"),
    Binding("escape", "leave", "back to the whole"),
    Binding("e", "export", "write a file"),
    Binding("p", "predict", "predict the next gradient"),
    Binding("pagedown", "scroll(1)", "scroll the text"),
    Binding("pageup", "scroll(-1)", "scroll the text"),
    Binding("question_mark", "help", "help"),
    Binding("q", "quit", "quit"),
]

FOOTER = [
    *[("→", N_("step")), ("←", N_("back")), ("f", N_("backward")), ("c", N_("continue")), ("b", N_("break"))],
    *[("p", N_("predict")), ("/", N_("search")), ("z", N_("level")), ("Enter", N_("open")), ("e", N_("export"))],
    *[("?", N_("help")), ("q", N_("quit"))],
]
FOOTER_OF_COURSE = [*FOOTER[:3], ("u", N_("update")), ("n", N_("pass")), *FOOTER[3:]]
LEFT_OUT = ("e", "Enter", "/", "b", "z", "c", "p", "f", "u", "n", "←", "→", "?")  # first what is missed least

MOVING = N_("""\
→  n  l  Space     the next step
←  N  h  Backspace one step back
f                  to the first step of the backward pass
u                  to the update, where one follows
Home  g            to the start
End  G             to the end
""")
MOVING_OF_COURSE = N_("""\
→  l  Space        the next step, or the next update
←  h  Backspace    one step back, also over updates
n  N               to the next pass, to the pass before
u                  to the update of this pass, then of the next
f                  to the first step of the backward pass
Home  g            to the start
End  G             to the end
""")
STOPPING = N_("""\
b                  set a breakpoint on the chosen node,
                   or remove it
c                  on to the next breakpoint, or to the end
C                  back to the last breakpoint, or to the start

p                  predict: you are asked for each gradient
                   before it is shown

Tab  ↓ ↑           choose another node; or click it
/                  search a node by its name or operation""")
OPENING = N_("""\
Enter              open the chosen node: all its numbers,
                   a heat map, the rule in shapes""")
OPENING_OF_COURSE = N_("""\
Enter              at an update: all its numbers; else
                   open the chosen node: all its numbers,
                   a heat map, the rule in shapes""")
REST = N_("""\
z                  a finer level: layers, then operations, then
                   the chosen operation number by number
Z                  a coarser level (Esc: back to the whole)
e                  write a file: .json has all steps, .html
                   and .gif play them; .svg, .png and .txt
                   are the graph at this step
PgUp PgDn          scroll the text about the step
click the bar      go to the step there
?                  this help""")
QUIT = N_("q                  quit")
QUIT_TO = N_("q                  back to {opener}")
DRAWING = N_("""\

In the drawing
a double border    the node that the step is about
a heavy wire       the way of this step's data or gradient
a heavy border     the node that you chose
●                  a breakpoint
= data   ∂ gradient   · not known yet""")
UPDATED = N_("→ a weight after its update")
TABLE = N_("In the table, μ is the mean of an array.")

HELP = (MOVING, STOPPING, OPENING, REST, QUIT, DRAWING, TABLE)
HELP_OF_COURSE = (MOVING_OF_COURSE, STOPPING, OPENING_OF_COURSE, REST, QUIT, DRAWING, UPDATED, TABLE)


def help_lines(opener: str = "", page: Sequence[str] = HELP) -> list[str]:
    """The page of help.

    Args:
        opener: what q goes back to; "" for the shell.
        page: its parts.
    """
    parts = [_(QUIT_TO if opener and part == QUIT else part) for part in page]
    return "\n".join(parts).replace("{opener}", opener).splitlines()


def footer(
    keys: list[tuple[str, str]], width: int, opener: str = "", left_out: Sequence[str] = LEFT_OUT
) -> list[tuple[str, str]]:
    """The keys and what they do, as many as there is room for.

    Args:
        left_out: the keys that go, in this order, where there is no room.
    """
    back = _("to {opener}").format(opener=opener)
    shown = [(look.shown(key), back if opener and key == "q" else _(text)) for key, text in keys]
    for key in (None, *left_out):
        shown = [pair for pair in shown if pair[0] != look.shown(key or "")]
        if sum(cell_width(key) + len(text) + 3 for key, text in shown) <= width:
            break
    return shown
