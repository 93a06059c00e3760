"""The keys of the tutor's screen: what they do, what the footer says of them, and the page of help."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tinygrad_edu_words import N_

BINDINGS: list[BindingType] = [
    Binding("right,n", "forward", "the next page"),
    Binding("left", "back", "the page before"),
    Binding("space", "read_on", "on by a screen, then to the next page"),
    Binding("down,j", "scroll_by(1)", "down"),
    Binding("up,k", "scroll_by(-1)", "up"),
    Binding("pagedown", "scroll_screen(1)", "down by a screen"),
    Binding("pageup,b", "scroll_screen(-1)", "up by a screen"),
    Binding("home,g", "scroll_far(False)", "to the top"),
    Binding("end,G", "scroll_far(True)", "to the bottom"),
    Binding("p", "predict", "answer a prediction"),
    Binding("r", "run", "run a command of the page"),
    Binding("o", "figure", "show a picture"),
    Binding("e", "edit", "open the editor"),
    Binding("c", "check", "check the exercise"),
    Binding("h", "hint", "the next hint"),
    Binding("s", "solution", "a solution"),
    Binding("l", "lessons", "all lessons"),
    Binding("escape", "leave_field", "back to the page"),
    Binding("question_mark", "help", "help"),
    Binding("q", "quit", "quit"),
]

SPACE, OPEN = N_("Space"), N_("Tab Enter")
FOOTER = [
    (SPACE, N_("read on")),
    *[("→", N_("next")), ("←", N_("back")), ("p", N_("predict")), ("r", N_("run")), ("o", N_("picture"))],
    (OPEN, N_("open")),
    *[("e", N_("edit")), ("c", N_("check")), ("h", N_("hint")), ("s", N_("solution")), ("l", N_("lessons"))],
    *[("?", N_("help")), ("q", N_("quit"))],
]
IN_FIELD = [("Enter", N_("answer")), ("Esc", N_("back to the page"))]
LEFT_OUT = ("l", "s", "←", OPEN, "o", "r", "h", "p", "e", "→", "c", "?")  # first what is missed least

HELP = N_("""\
→  n               the next page, or the next lesson
←                  the page before
Space              on by a screen; at the end, the next page
↓ ↑ j k PgUp PgDn  scroll; Home g and End G: top, bottom
l                  all lessons, and what is done of each

p                  predict: type what you expect, Enter.
                   You are told what a wrong answer looks
                   like, and try again. Esc: to the page
Tab  Enter         to what can be opened, and open it;
                   or click it
o                  the pictures of the page; there b opens
                   the browser
r                  run a command of the page, or the program
                   that you write; its end comes back here

e                  open the exercise in your editor: that in
                   VISUAL or EDITOR, or nano, or vi; there i
                   writes, and Esc :wq Enter saves and leaves
c                  check it. Saving checks it, too, from
                   whatever editor, while this page is open
h                  the next hint; there are three
s                  a solution, after the third hint or once
                   yours is right
?                  this help
q                  quit. All is kept, and the next
                   "tinygrad-edu tutorial" opens this page""")
