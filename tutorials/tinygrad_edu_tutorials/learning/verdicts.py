"""A verdict, which is a key and facts, as a sentence."""

from __future__ import annotations

from typing import Any

from tinygrad_edu_words import N_, _

from ..checking.exercise import Verdict

_KINDS = {
    "number": N_("a number"),
    "text": N_("a text"),
    "dictionary": N_("a dictionary"),
    "list": N_("a list"),
    "array": N_("an array"),
    "Raised": N_("an error"),
}


_MEANINGS = {
    "MutationError": N_(
        "A number was changed after something had been computed from it. Compute that anew, the loss for example, and "
        "then call backward()."
    ),
}
"""What an error of the engine, which speaks English, comes from in a lesson."""


def sentence(verdict: Verdict, exercise: str, file: str) -> str:
    """What a verdict says.

    Args:
        exercise: its name. file: the learner's, as they type it.
    """
    facts: dict[str, Any] = {"case": "", "line": None, "text": "", "said": "", **verdict.facts}
    facts |= {"file": file, "exercise": exercise}
    facts["place"] = _("{file}, line {line}").format(**facts) if facts["line"] else file
    match verdict.key:
        case "right":
            return _("Right! {exercise} is done.").format(**facts)
        case "unfinished" if facts["line"]:
            return _("{place}: here is still something to write, in the place of the dots.").format(**facts)
        case "unfinished":
            return _("{file} is not finished yet: write what the line with TODO asks for.").format(**facts)
        case "missing":
            reset = f"tinygrad-edu tutorial reset {exercise}"
            return _("{file} has no {name} any more. It can be brought back: {reset}").format(**facts, reset=reset)
        case "raised":
            said = _("{place}: {said}").format(**facts) + _quoted(facts["text"])
            meaning = next((_(text) for kind, text in _MEANINGS.items() if facts["said"].startswith(kind)), "")
            return said + (f"\n{meaning}" if meaning else "")
        case "endless":
            told = _("{place}: this did not end within {seconds} seconds. Is there a loop that never stops?")
            return told.format(**facts | {"seconds": f"{facts['seconds']:g}"}) + _quoted(facts["text"])
        case "crashed":
            told = _("Python itself ended while it ran {file} (exit code {code}).").format(**facts)
            return told + _quoted(facts["said"].strip())
        case "engine":
            told = _("{place}: this calls {name}, which is what you are to write yourself.").format(**facts)
            return told + _quoted(facts["text"])
    return difference(facts)


def difference(facts: dict[str, Any]) -> str:
    """Where a result is not as it should be; "" if the facts do not say."""
    if "why" not in facts:
        return ""
    what = facts["what"] or _("the result")
    if what.startswith("["):
        what = _("number {place}").format(place=what)
    got, right = (_thing(facts.get(name), facts["why"]) for name in ("got", "right"))
    told = {
        "number": _("{what} is {got}, and should be {right}."),
        "kind": _("{what} is {got}, and should be {right}."),
        "shape": _("{what} has the shape {got}, and should have {right}."),
        "key": _("{what} is missing in the result."),
        "extra": _("{what} should not be in the result."),
    }[facts["why"]].format(what=what, got=got, right=right)
    return _("{case}: {told}").format(case=facts["case"], told=told) if facts.get("case") else told


def _thing(thing: Any, why: str) -> str:
    if why == "kind":
        return _(_KINDS[thing]) if thing in _KINDS else str(thing)
    return f"{thing:.6g}" if isinstance(thing, float) else str(thing)


def _quoted(text: str) -> str:
    return "".join(f"\n    {line}" for line in text.splitlines())
