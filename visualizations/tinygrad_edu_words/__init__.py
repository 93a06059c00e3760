"""The language that the faces speak, English or German. For everybody who writes a text that people read:

    from tinygrad_edu_words import _, ngettext, pgettext

    say(_("the loss is rising"))
    say(_("no node is called {name}").format(name=name))         never an f-string inside _()
    say(ngettext("{n} step", "{n} steps", n).format(n=n))
    say(_("{n} rows").format(n=grouped(n)))                      a count: never f"{n:,}", which is a decimal to a German
    HEADINGS = N_("data"), N_("gradient")                        marks what is translated later, by _(HEADINGS[0])

In the JavaScript of a page it is the same, with the slots as a second argument, and `words.js` stands before it:

    $("where").textContent = _("step {n} of {total}", { n, total });
    ngettext("{n} step", "{n} steps", n)                         fills {n} by itself

The texts are single literals in double quotes: what is exported in German has the German text in the place of the
English one, so no table is embedded, and a page does not grow. In HTML the parts of pages have [[double brackets]]
around each text, also within an attribute: <button title="[[left arrow]]">[[Back]]</button>. `page_texts` reads both.

English texts are the keys, and the German ones stand in `de.po`, sorted. After a change of texts:

    python visualizations/catalogue.py        brings the new texts into de.po, and takes out what nobody says any more

and then fill the empty `msgstr ""`. Keep each {slot}; `tests/words` finds what is missing, stale, or has other slots.
Formulas, names of operations and options, and what `--json` prints are no texts: they stay, with decimal points. So do
the engine's errors.

The engine of all this imports nothing of the project and is quick to import, as `--help` says its words too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from .reading import catalogue

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de")
GAP = "\u00a0"  # between groups of digits
CONTEXT = "\x04"  # between a context and a text, as in gettext

_process = ENGLISH
_block: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """The code of the language that is spoken here."""
    return _block.get() or _process


def choose(code: str) -> None:
    """Speak a language, in all threads of this process.

    Raises:
        KeyError: it is none of `LANGUAGES`.
    """
    global _process
    _process = _known(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language in a block, as for one page; other threads are not concerned.

    Raises:
        KeyError: it is none of `LANGUAGES`.
    """
    token = _block.set(_known(code))
    try:
        yield
    finally:
        _block.reset(token)


def from_environment(environment: Mapping[str, str]) -> str:
    """The language that a locale asks for; English if that is neither.

    LANGUAGE has several in the order of preference, unless there is no locale at all (LC_ALL=C); then the first of
    LC_ALL, LC_MESSAGES and LANG that is set (https://www.gnu.org/software/gettext/manual/html_node/Locale-Environment-Variables.html).
    """
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    wishes = [] if locale in ("C", "POSIX") else environment.get("LANGUAGE", "").split(":")
    return next((code for wish in [*wishes, locale] if (code := _code(wish)) in LANGUAGES), ENGLISH)


def _code(locale: str) -> str:
    """The language of "de_AT.UTF-8"."""
    return locale.partition(".")[0].partition("@")[0].replace("-", "_").partition("_")[0].lower()


def _known(code: str) -> str:
    if code not in LANGUAGES:
        raise KeyError(f"no language {code!r}: there are {', '.join(LANGUAGES)}")
    return code


def _(text: str) -> str:
    """A text in the language that is spoken."""
    return _found(text, [text])[0]


def N_(text: str) -> str:
    """The text itself, which `_` is given later: this only tells `catalogue.py` of it."""
    return text


def ngettext(one: str, many: str, n: float) -> str:
    """The text for one thing, or for another number of them."""
    forms = _found(one, [one, many])
    return forms[0] if n == 1 else forms[-1]


def pgettext(context: str, text: str) -> str:
    """A text that has several translations; the context says which is meant."""
    return _found(context + CONTEXT + text, [text])[0]


def grouped(n: float) -> str:
    """A count as people read it, in groups of three digits: "1,185" in English, "1\u00a0185" in German.

    The gap is ISO 80000-1's, as a comma is a German's decimal sign. It is U+00A0, no-break, which every terminal and
    font has, unlike the narrow U+202F. Decimals have a point in both languages.
    """
    text = f"{n:,.15g}" if isinstance(n, float) else f"{n:,}"
    return text if language() == ENGLISH else text.replace(",", GAP)


def _found(key: str, english: Sequence[str]) -> Sequence[str]:
    code = language()
    return english if code == ENGLISH else catalogue(code).get(key, english)
