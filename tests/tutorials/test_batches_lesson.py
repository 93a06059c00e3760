"""What lesson 12 says of a GPU holds where there is none: its program gives the same number on CuPy's backend."""

from typing import Any

import pytest

import tinygrad_edu as tg
from tinygrad_edu_tutorials.library import lesson


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names of the page's program."""
    names: dict[str, Any] = {"tg": tg, "data": tg.data.load("moons", n=300)}
    exec(next(part.text for part in lesson("12-batches", "en").all("code") if "def trained_on" in part.text), names)
    return names


def test_its_program_gives_the_same_number_on_every_device(page: dict[str, Any], device: str) -> None:
    assert page["trained_on"](device) == pytest.approx(page["trained_on"]("cpu"), rel=1e-9)


def test_it_takes_the_processor_where_there_is_no_gpu(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise tg.DeviceError("no GPU")

    monkeypatch.setattr(tg, "Tensor", refuses)
    assert page["device"]() == "cpu"
