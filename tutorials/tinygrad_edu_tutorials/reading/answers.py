"""What a learner answers to a prediction, beside the right answer and the wrong ones that are explained."""

from __future__ import annotations

import math
import re

from .lesson import Part, wrong_answers

_GAPS = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))")  # between thousands, as German has them
_COMMAS = re.compile(r"[-−]?[1-9]\d{0,2}(,\d{3})+")  # between thousands, as English has them; or a German decimal


def is_right(prediction: Part, given: str) -> bool:
    """Whether an answer is the right one: a letter; or a number, as near as `data-within` says, or else rounded as it
    was typed, to two digits at least."""
    answer = prediction.attrs["answer"]
    right, number = number_of(answer), number_of(given)
    if _COMMAS.fullmatch(given.strip()) and number_of(given.replace(",", "")) == right:
        return True
    if right is None or number is None:
        return _letter(given) == _letter(answer)
    if "within" in prediction.attrs:
        return abs(number - right) <= float(prediction.attrs["within"])
    if math.isclose(number, right, rel_tol=1e-6):
        return True
    if right.is_integer():
        return False
    digits = max(_digits(given), 2)
    unit = 10.0 ** (math.floor(math.log10(abs(right))) - digits + 1)
    is_between = abs(abs(number - right) - unit / 2) < 1e-9 * unit  # 1.25 may be rounded to 1.2 and to 1.3
    return is_between or float(f"{right:.{digits}g}") == number


def why_wrong(prediction: Part, given: str) -> str | None:
    """The explanation of a wrong answer, in Markdown; None if the page has none for it."""
    number = number_of(given)
    for key, why in wrong_answers(prediction).items():
        wrong = number_of(key)
        if (wrong is not None and wrong == number) or _letter(key) == _letter(given):
            return why
    return None


def number_of(text: str) -> float | None:
    """What somebody may type for a number: -3, 0.5, 0,5, 1/3, 2e-6, 64 %, 1 185; None for what is none."""
    plain = _GAPS.sub("", text.strip().replace("−", "-")).replace(",", ".").removesuffix("%").strip()
    above, slash, below = plain.partition("/")
    try:
        return float(above) / float(below) if slash else float(plain)
    except (ValueError, ZeroDivisionError):
        return None


def _digits(text: str) -> int:
    """Significant digits of a number as it was typed."""
    digits = text.strip().lower().partition("e")[0].replace(",", ".")
    return len(digits.lstrip("-−0.").replace(".", ""))


def _letter(text: str) -> str:
    return text.strip().rstrip(".)").lower()
