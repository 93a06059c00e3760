"""Runs of `train` that take a moment, for the tests of the commands that learn."""

from __future__ import annotations

import json
from typing import Any

import pytest

QUICK = ("--data", "moons", "--n", "60", "--net", "2-4-1", "--epochs", "3")


def events(ran: Any, code: int = 0) -> list[dict[str, Any]]:
    """The objects that a run with --json printed."""
    assert ran.code == code, ran.err
    return [json.loads(line, parse_constant=pytest.fail) for line in ran.out.splitlines()]  # no bare NaN


def untimed(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what differs between two runs of the same numbers."""
    return [{name: value for name, value in each.items() if name != "seconds"} for each in objects]


def of_the_record(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that a recorded run has, too: without what was looked at in its model."""
    return [each for each in objects if each["kind"] not in ("layers", "answers")]
