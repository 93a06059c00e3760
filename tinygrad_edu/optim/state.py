"""What the state of an optimizer consists of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..storage import schema
from ..storage.schema import Check, Mismatch, at_least, list_of, mapping, record, whole


def state_of(defaults: Mapping[str, Any]) -> Check:
    """The schema of `Optimizer.state_dict`, of an optimizer whose settings have these default values."""
    settings = record({name: setting(value) for name, value in defaults.items()}, {"initial_lr": at_least(0)})
    group = record({"settings": settings, "steps": list_of(list_of(whole())), "state": list_of(mapping(numbers))})
    return record({"kind": schema.text, "groups": list_of(group)})


def setting(default: Any) -> Check:
    """A value of the kind of a default value."""
    if isinstance(default, bool):
        return schema.boolean
    if isinstance(default, (int, float)):
        return schema.finite
    if isinstance(default, (list, tuple)):
        items = list_of(schema.finite, len(default))
        return lambda value: tuple(items(list(value) if isinstance(value, tuple) else value))
    return schema.plain


def numbers(value: Any) -> np.ndarray:
    """An array, or what NumPy makes one of."""
    try:
        return schema.array(value if isinstance(value, np.ndarray) else np.asarray(value))
    except ValueError as error:
        raise error if isinstance(error, Mismatch) else Mismatch("should be an array of numbers") from None
