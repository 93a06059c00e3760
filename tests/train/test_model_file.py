"""A trained model as a file."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import StateError
from tinygrad_edu.storage import arrays, files
from train.small_runs import network, weights


def test_weights_and_words_come_back(tmp_path: Path, device: str) -> None:
    file = tmp_path / "model.safetensors"
    model = tg.nn.Sequential(
        tg.nn.Dense(3, 4, rng=0, device=device), tg.nn.BatchNorm1d(4, device=device), tg.nn.Dropout(seed=3)
    )
    model[2].step = 5
    data = tg.data.load("moons", n=10)
    meta = {
        "net": [3, 4],
        "activation": None,
        "classes": ["Äpfel", "no"],
        "standardizer": tg.data.Standardizer.fit(data).state(),
        "accuracy": 0.1 + 0.2,
    }
    tg.train.save_model(file, model, meta)
    other = tg.nn.Sequential(tg.nn.Dense(3, 4, rng=1), tg.nn.BatchNorm1d(4), tg.nn.Dropout(seed=4))
    found = tg.train.load_model(file, other)
    np.testing.assert_array_equal(weights(other), weights(model))
    assert other[2].step == 5 and other[2].seed == 3
    np.testing.assert_array_equal(found["standardizer"]["mean"], data.x.mean(axis=0))
    assert {**found, "standardizer": 0} == {**meta, "standardizer": 0}
    assert tg.train.read_meta(file)["net"] == [3, 4]


def test_the_file_is_one_of_safetensors(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors: pip install .")
    model = network()
    tg.train.save_model(tmp_path / "model", model)
    arrays = safetensors.load_file(tmp_path / "model")
    np.testing.assert_array_equal(arrays["model/0.weight"], model[0].weight.numpy())


def test_one_of_another_model(tmp_path: Path) -> None:
    tg.train.save_model(tmp_path / "model", network((2, 8, 1)))
    model = network((2, 6, 1))
    before = weights(model)
    with pytest.raises(
        StateError, match=r"(?s)model: .*0.weight, of Dense\(2, 6.*shape \(2, 6\) here, \(2, 8\) in the"
    ):
        tg.train.load_model(tmp_path / "model", model)
    np.testing.assert_array_equal(weights(model), before)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tg.train.load_model(tmp_path / "model", network())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    file = tmp_path / "model"
    tg.train.save_model(file, network())
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(StateError, match=r"cannot read .*: it is no safetensors file, or was cut off"):
        tg.train.load_model(file, network())


@pytest.mark.parametrize("words", [{}, {"tinygrad_edu": "{}"}, {"tinygrad_edu": "no JSON"}, {"tinygrad_edu": "[]"}])
def test_a_file_of_another_program(tmp_path: Path, words: dict[str, str]) -> None:
    (tmp_path / "model").write_bytes(arrays.to_bytes({"w": np.ones(2)}, words))
    with pytest.raises(StateError, match=r"holds arrays, but no model|is no model of|tinygrad_edu is not JSON"):
        tg.train.load_model(tmp_path / "model", network())


def test_a_file_of_a_newer_version(tmp_path: Path) -> None:
    words = {"kind": "tinygrad-edu model", "format": 7, "tinygrad_edu": "3.0", "meta": {}}
    (tmp_path / "model").write_bytes(arrays.to_bytes({}, {"tinygrad_edu": json.dumps(words)}))
    with pytest.raises(StateError, match=r"newer version, tinygrad-edu 3.0 \(format 7"):
        tg.train.read_meta(tmp_path / "model")


@pytest.mark.parametrize("rest", [{}, {"format": 1}, {"format": "1", "meta": {}}, {"format": 1, "meta": [1]}])
def test_a_file_with_something_left_out(tmp_path: Path, rest: dict[str, Any]) -> None:
    words = {"kind": "tinygrad-edu model", "tinygrad_edu": "0.1", **rest}
    (tmp_path / "model").write_bytes(arrays.to_bytes({}, {"tinygrad_edu": json.dumps(words)}))
    with pytest.raises(StateError, match=r"cannot read .*: __metadata__.tinygrad_edu(.format|.meta| lacks)"):
        tg.train.read_meta(tmp_path / "model")


def test_an_interrupted_write_leaves_the_file_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model"
    tg.train.save_model(file, network())
    before = file.read_bytes()

    def ctrl_c(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        tg.train.save_model(file, network(), {"other": 1})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_without_safetensors_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("safetensors"):
            raise ImportError(name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="pip install safetensors"):
        tg.train.save_model(tmp_path / "model", network())
