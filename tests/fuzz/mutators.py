"""Damage to files, by a random generator: bytes, JSON documents, safetensors files, tables of cells."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

DIGITS = "7" * 5000
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e308", "1e-320", "-1", "0", "1", "0.5", "-0.0", "true", DIGITS]
NUMBERS += [f"-{DIGITS}", str(2**31), str(2**63), str(2**64), str(10**30), str(-(10**300)), "400000", "1000000000000"]
TEXTS = ["", "x", "nan", "inf", "\ud800", "a\udcffb", "\u202e", "\x00\x1b[31m", "é" * 300, "../../x", "/dev/zero", "n1"]
TEXTS += [
    "__class__",
    "float64",
    "(9999999,9999)f8",
    "int8",
    "a" * 20_000,
    "1",
    "[",
    "\n\r\u2028",
    "😀",
    "::",
    "1:x",
    "...",
]
NESTED = [50, 200, 990, 3000, 100_000]
CONTAINERS = [
    [],
    {},
    [[]],
    [None],
    [[1], [1, 2]],
    [[[1.0]]],
    {"array": 0},
    {"array": 10**9},
    {"tuple": [1]},
    {"tuple": 1},
]
CONTAINERS += [
    {"float": "nan"},
    {"float": "x"},
    {"float": [1]},
    {"array": "model/0.weight"},
    {"": 1},
    {"from": 1},
    [0] * 500,
]
CONTAINERS += [{"shape": [400000, 1000], "dtype": "float32", "mean": 0.0, "min": 0.0, "max": 0.0}, [400000, 1000]]
_RAW = "\ue000raw{}\ue000"


def of_bytes(content: bytes, random: Random) -> bytes:
    """The same file after something has happened to some bytes of it."""
    data = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        at, to = sorted(random.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + random.choice([1, 4, 40, len(data)]))
        match random.randrange(7):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << random.randrange(8)
            case 1 if data:
                data[min(at, len(data) - 1)] = random.randrange(256)
            case 2:
                del data[at:]
            case 3:
                del data[at:to]
            case 4:
                data[at:at] = data[at:to]
            case 5:
                data[at:at] = random.randbytes(random.choice([1, 2, 8]))
            case _:
                data[at:to] = random.choice([b"\0", b" ", b"9", b'"', b"{", b"]", b"\xff"]) * (to - at)
    return bytes(data)


def of_json(document: Any, random: Random, more: list[Any] | None = None) -> str:
    """The text of a JSON document after one or two edits.

    Args:
        more: further values to put into the place of others.
    """
    document, raw = json.loads(json.dumps(document)), []

    def as_text(text: str) -> str:
        raw.append(text)
        return _RAW.format(len(raw) - 1)

    for _ in range(random.choice([1, 1, 1, 2, 3])):
        _edit(document, random, as_text, more or [])
    text = json.dumps(document)
    for number, replacement in enumerate(raw):
        text = text.replace(json.dumps(_RAW.format(number)), replacement)
    return text


def _edit(document: Any, random: Random, as_text: Callable[[str], str], more: list[Any]) -> None:
    places = [(container, key) for container, key in _places(document)]
    if not places:
        return
    container, key = random.choice(places)
    match random.randrange(9):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.insert(key, deepcopy(container[key]))
        case 1:  # the same field twice
            container[as_text(json.dumps(key))] = deepcopy(random.choice([container[key], 1, None]))
        case 2:
            other, its = random.choice(places)
            one, another = container[key], other[its]
            if not (_holds(one, other) or _holds(another, container)):
                container[key], other[its] = another, one
        case 3:
            container[key] = as_text(random.choice(NUMBERS))
        case 4:
            container[key] = random.choice(TEXTS)
        case 5:
            container[key] = deepcopy(random.choice([*CONTAINERS, *more, None]))
        case 6:
            depth = random.choice(NESTED)
            inside = json.dumps(random.choice([1.0, "x", None]))
            ways = [("[", "]"), ('{"a":', "}")]
            opening, closing = random.choice(ways)
            container[key] = as_text(opening * depth + inside + closing * depth)
        case 7 if isinstance(container, dict):
            container[random.choice([*TEXTS, "name", "epoch", "array"])] = container.pop(key)
        case 7:
            random.shuffle(container)
        case _ if type(container[key]) in (int, float):
            container[key] = random.choice(
                [container[key] + 1, -container[key], container[key] * 1e6, [container[key]]]
            )
        case _:
            container[key] = random.choice([[container[key]], {"a": container[key]}, str(container[key]), True])


def _holds(outer: Any, container: Any) -> bool:
    """Whether a container is in another one, or is it."""
    if not isinstance(outer, (dict, list)):
        return False
    return outer is container or any(inner[key] is container for inner, key in _places(outer))


def _places(document: Any) -> list[tuple[Any, Any]]:
    found, stack = [], [document]
    while stack:
        container = stack.pop()
        keys = container.keys() if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                stack.append(container[key])
    return found


def of_safetensors(content: bytes, random: Random) -> bytes:
    """A safetensors file with another header, or with other words in it about the model."""
    length = int.from_bytes(content[:8], "little")
    header, rest = json.loads(content[8 : 8 + length]), content[8 + length :]
    if random.random() < 0.6 and "tinygrad_edu" in header.get("__metadata__", {}):
        words = json.loads(header["__metadata__"]["tinygrad_edu"])
        header["__metadata__"]["tinygrad_edu"] = of_json(words, random)
        text = json.dumps(header)
    else:
        text = of_json(header, random, [["F16"], "BF16", "F8_E4M3", "BOOL", "U64", [0, 2**62], [0, 0]])
    encoded = text.encode("utf-8", "surrogatepass")
    claimed = random.choice([len(encoded)] * 20 + [0, 2**63, 2**32, len(encoded) + 8])
    return claimed.to_bytes(8, "little") + encoded + rest


CELLS = [
    "",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1e308",
    DIGITS,
    "x",
    "1_000",
    "1,5",
    '"',
    '""',
    "a\tb",
    "NA",
    "1e-320",
    "é",
]
CELLS += ["\x00", "0x10", "True", "1.5.2", "a" * 200_000, "\u202e", "٣", "-0", "9" * 18, "9" * 40, "1;2;3", "\ufeff1"]


def of_table(text: str, random: Random) -> bytes:
    """A CSV file after some edits of lines and cells, in some encoding."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(random.choice([1, 1, 2, 4])):
        k = random.randrange(len(rows))
        row = rows[k]
        match random.randrange(9):
            case 0 if len(rows) > 1:
                del rows[k]
            case 1:
                rows.insert(k, list(row))
            case 2 if row:
                del row[random.randrange(len(row))]
            case 3:
                row.insert(random.randrange(len(row) + 1), random.choice(CELLS))
            case 4 if len(rows) > 1:
                del rows[random.randrange(len(rows)) :]
                rows = rows or [row]
            case 5:
                value, place = random.choice(CELLS), random.randrange(max(len(row), 1))
                for each in rows:
                    each[place : place + 1] = [value]
            case 6:
                cell = random.choice(CELLS)
                row[:] = [cell] * random.choice([1, 2, 5 if len(cell) > 9 else 5000])
            case _ if row:
                row[random.randrange(len(row))] = random.choice(CELLS)
    joined = random.choice(["\n"] * 8 + ["\r\n", "\r", "\n\n"]).join(
        random.choice([","] * 12 + [";", "\t", "|"]).join(row) if random.random() < 0.3 else ",".join(row)
        for row in rows
    )
    return joined.encode(random.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "utf-7"]), "replace")
