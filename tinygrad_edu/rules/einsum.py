"""The subscripts of Einstein's sum, and those of its gradients.

In `einsum("ij,jk->ik", a, b)` the gradient of `a` is `einsum("ik,jk->ij", g, b)`: the result's subscripts and the
operand's change places. Three things are added here to make that hold always: "..." is spelled out; a letter that
only the operand has is summed away by the forward, so its gradient is repeated (times ones); and a letter that stands
twice in the operand, as in the trace "ii->", takes a diagonal, so its gradient is put on one (times an identity).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def expand_subscripts(subscripts: str, operands: Sequence[Any]) -> str:
    """The subscripts with an explicit result and letters in place of "...": "i...,i" -> "iAB,i->AB".

    Raises:
        ShapeError: the number of terms is not that of the operands, or a term has more letters than axes.
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ShapeError(f"einsum: '{subscripts}' names {len(terms)} operands, but {len(operands)} were given")
    free = [letter for letter in LETTERS if letter not in subscripts]
    hidden = [operand.ndim - len(term.replace("...", "")) for term, operand in zip(terms, operands, strict=True)]
    if any(n < 0 or (n > 0 and "..." not in term) for n, term in zip(hidden, terms, strict=True)):
        shapes = ", ".join(str(operand.shape) for operand in operands)
        raise ShapeError(f"einsum: '{subscripts}' does not fit operands of shape {shapes}: one letter for each axis")
    dots = "".join(free[: max(hidden)])
    terms = [term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, hidden, strict=True)]
    if not arrow:
        letters = "".join(terms)
        right = "..." + "".join(sorted(x for x in set(letters) if letters.count(x) == 1 and x not in dots))
    return f"{','.join(terms)}->{right.replace('...', dots)}"


def gradient_subscripts(
    subscripts: str, position: int, shape: tuple[int, ...]
) -> tuple[str, list[tuple[int, ...]], list[int]]:
    """The einsum that gives the gradient of one operand.

    Args:
        subscripts: as `expand_subscripts` gives them.
        shape: of the operand at `position`.
    Returns:
        (subscripts, shapes of the ones, sizes of the identities), for operands in the order: the result's gradient,
        the other operands, the ones, the identities.
    """
    left, result = subscripts.split("->")
    terms = left.split(",")
    mine = terms.pop(position)
    free = [letter for letter in LETTERS if letter not in subscripts]
    target, identities = "", []
    for letter, n in zip(mine, shape, strict=True):
        if letter in target:
            identities.append((letter + free[-1], n))
            letter = free.pop()
        target += letter
    known = "".join([result, *terms, *(pair for pair, _ in identities)])
    alone = [(letter, n) for letter, n in zip(target, shape, strict=True) if letter not in known]
    sources = [result, *terms]
    if alone:
        sources.append("".join(letter for letter, _ in alone))
    sources += [pair for pair, _ in identities]
    return f"{','.join(sources)}->{target}", [tuple(n for _, n in alone)] * bool(alone), [n for _, n in identities]
