"""tg.save and tg.load: a network that takes raw rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg
from data import messy
from tinygrad_edu.errors import ArgumentError, DataError, ShapeError, StateError
from tinygrad_edu.nn.activations import ACTIVATIONS
from tinygrad_edu.storage import arrays

ROWS = (
    "sex,age,fare,survived\n" + "male,22,7.25,no\nfemale,,71.5,yes\nfemale,26,8,yes\nmale,35,53,no\nmale,54,,yes\n" * 8
)


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Any, Any, Path]:
    """A network on words and gaps, the part that it was trained on, and its file."""
    (tmp_path / "rows.csv").write_text(ROWS)
    train, _ = tg.data.read_csv(tmp_path / "rows.csv").split()
    standardizer = tg.data.Standardizer.fit(train)
    model = tg.nn.mlp([train.x.shape[1], 5, 1], "tanh", rng=1)
    for _ in tg.train.fit(
        model, standardizer.apply(train), "binary_cross_entropy", tg.optim.Adam(model.parameters()), epochs=3
    ):
        pass
    path = tmp_path / "net.safetensors"
    tg.save(model, path, train, standardizer=standardizer, loss="binary_cross_entropy")
    return model, train, path


def test_rows_in_every_form(trained: Any) -> None:
    """Each gives what the network gives for the encoded numbers."""
    model, train, path = trained
    loaded = tg.load(path)
    rows = [["male", 30, 10.5], ["female", None, "8.25"], ["?", float("nan"), "1,000"]]
    by_hand = np.array([[0, 1, 30, 10.5], [1, 0, 0, 8.25], [0, 1, 0, 1000]], dtype=float)
    assert [f.fill for f in loaded.encoder.features] == [f.fill for f in train.encoder.features]
    assert loaded.encoder.features[0].fill == "male"
    by_hand[1:, 2] = loaded.encoder.features[1].fill
    x = (by_hand - train.x.mean(axis=0)) / train.x.std(axis=0)
    logits = model(tg.Tensor(x.astype(np.float32))).numpy()[:, 0].astype(float)
    yes = 1 / (1 + np.exp(-logits))
    dicts = [dict(zip(("fare", "extra", "sex", "age"), (c, 0, a, b), strict=True)) for a, b, c in rows]
    forms: list[Any] = [rows, dicts, np.array(rows, dtype=object), [[*row, "no"] for row in rows]]
    for form in forms:
        np.testing.assert_allclose(loaded.predict_proba(form), np.column_stack([1 - yes, yes]), rtol=1e-5)
        assert loaded.predict(form).tolist() == ["yes" if p > 0.5 else "no" for p in yes]


def test_a_data_frame_in_any_order(trained: Any) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install --group test")
    loaded = tg.load(trained[2])
    frame = pandas.read_csv(trained[2].with_name("rows.csv"))
    wanted = loaded.predict_proba(tg.data.read_csv(trained[2].with_name("rows.csv")))
    np.testing.assert_allclose(loaded.predict_proba(frame[["fare", "survived", "age", "sex"]]), wanted)
    np.testing.assert_allclose(loaded.predict_proba(frame.convert_dtypes()), wanted)


def test_numbers_and_tensors(tmp_path: Path) -> None:
    """Classes that are whole numbers come back as such; a regression in the units of its target."""
    digits = tg.nn.mlp([2, 3], rng=0)
    tg.save(digits, tmp_path / "a.safetensors")
    x = np.random.default_rng(0).normal(size=(2000, 2))
    loaded = tg.load(tmp_path / "a.safetensors")
    logits = digits(tg.Tensor(x.astype(np.float32))).numpy().astype(float)
    for form in (x, tg.Tensor(x), x.tolist()):
        np.testing.assert_array_equal(loaded.predict(form), logits.argmax(axis=1))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loaded.predict_proba(x), shares, rtol=1e-5)
    train = tg.data.load("sine", n=50)
    standardizer = tg.data.Standardizer.fit(train)
    line = tg.nn.mlp([1, 1], rng=0)
    tg.save(line, tmp_path / "b.safetensors", train, standardizer=standardizer, loss="mse")
    z = (train.x - train.x.mean()) / train.x.std()
    out = z @ line[0].weight.numpy() * train.y.std() + train.y.mean()
    np.testing.assert_allclose(tg.load(tmp_path / "b.safetensors").predict(train.x), out[:, 0], rtol=1e-5)


@pytest.mark.parametrize("activation", [None, *ACTIVATIONS])
def test_a_loaded_network_answers_as_the_saved_one(activation: str | None, tmp_path: Path) -> None:
    model, x = tg.nn.mlp([2, 7, 3], activation, rng=0), np.random.default_rng(0).normal(size=(20, 2))
    tg.save(model, tmp_path / "net.safetensors")
    found = tg.load(tmp_path / "net.safetensors").model(tg.Tensor(x.astype(np.float32)))
    assert (found.numpy() == model(tg.Tensor(x.astype(np.float32))).numpy()).all()


@pytest.mark.parametrize(
    ("loss", "outputs", "logits", "answer", "shares"),
    [
        ("hinge", 1, [0.3], 1, None),
        ("mse", 1, [0.3], 0, None),
        ("binary_cross_entropy", 1, [0.3], 1, [0.4255574832, 0.5744425168]),
        ("binary_cross_entropy", 2, [0.3, -1.0], 0, [0.6811172, 0.3188828]),
        ("cross_entropy", 2, [0.3, -1.0], 0, [0.7858350, 0.2141650]),
    ],
)
def test_what_outputs_mean(tmp_path: Path, loss: str, outputs: int, logits: Any, answer: int, shares: Any) -> None:
    model = tg.nn.mlp([1, outputs], rng=0)
    model[0].weight.data, model[0].bias.data = np.zeros((1, outputs), "f4"), np.array(logits, "f4")
    data = tg.data.Dataset(np.zeros((2, 1)), [0, 1])
    tg.save(model, tmp_path / "m.safetensors", data, loss=loss)
    loaded = tg.load(tmp_path / "m.safetensors")
    assert loaded.predict([[0.0]]).tolist() == [answer]
    if shares is None:
        with pytest.raises(ArgumentError, match=f"trained with the loss {loss}, whose outputs are no probabilities"):
            loaded.predict_proba([[0.0]])
    else:
        np.testing.assert_allclose(loaded.predict_proba([[0.0]]), [shares], rtol=1e-5)


def test_a_data_set_is_no_network() -> None:
    with pytest.raises(ArgumentError, match=r"tg.data.load\('moons'\)"):
        tg.load("moons")
    with pytest.raises(FileNotFoundError):
        tg.load("moon")


def test_words_that_are_new_are_said(trained: Any) -> None:
    loaded = tg.load(trained[2])
    with pytest.warns(UserWarning, match=r"sex: 1 of 2 rows have words that were not in the training \(diverse\)"):
        loaded.predict([["diverse", 1, 2], ["male", 1, 2]])


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([["male", "old", 2]], DataError, r"row 0, column 1: 'old' is not a number"),
        ([["male", 1, float("inf")]], DataError, "'inf' is not a finite number"),
        ([["male", 1]], ShapeError, "2 columns, but the network was trained on 3: sex, age, fare"),
        (["male", 1, 2], ShapeError, r"a single row is a table of one, \[\[...\]\]"),
        ({"sex": "male"}, ShapeError, r"a row that is a dictionary stands in a list, \[\{...\}\]"),
        ("new.csv", ShapeError, r"'new.csv' is a text\. Of a file: pandas\.read_csv\(path\)"),
        ([["male", 1, 2], ["male", 1]], ShapeError, "different lengths"),
        (
            [{"sex": "male", "fares": 2}],
            DataError,
            r"no column 'age', 'fare', which .* trained on.*\(it has: sex, fares\)",
        ),
        (3, ShapeError, "predictions are made for a table"),
        ([], ShapeError, "predictions are made for a table"),
    ],
)
def test_rows_that_do_not_fit(trained: Any, rows: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tg.load(trained[2]).predict(rows)


def test_gaps_that_nothing_can_fill(tmp_path: Path) -> None:
    tg.save(tg.nn.mlp([2, 2]), tmp_path / "m.safetensors")
    with pytest.raises(DataError, match="'x2': 1 missing, and in training there was nothing to fill them with"):
        tg.load(tmp_path / "m.safetensors").predict([[1.0, None]])


def test_path_and_model_in_the_wrong_order(tmp_path: Path) -> None:
    model, path = tg.nn.mlp([2, 1]), tmp_path / "m.safetensors"
    for call in (tg.train.save_model, tg.train.load_model):
        with pytest.raises(ArgumentError, match=rf"{call.__name__}: .* the wrong order: write {call.__name__}\(path, "):
            call(model, path)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"wrong order: write tg.save\(model, path\)"):
        tg.save(path, model)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="the model is a dict"):
        tg.save({}, path)  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize(
    "model",
    [
        tg.nn.Dense(2, 1),
        tg.nn.Sequential(tg.nn.Dense(2, 3), tg.nn.BatchNorm1d(3), tg.nn.Dense(3, 1)),
        tg.nn.Sequential(tg.nn.Dense(2, 3, "relu"), tg.nn.Dense(3, 3, "tanh"), tg.nn.Dense(3, 1)),
        tg.nn.Sequential(tg.nn.Dense(2, 3, tg.tanh), tg.nn.Dense(3, 1)),
        tg.nn.Sequential(tg.nn.Dense(2, 1, bias=False)),
        tg.nn.Sequential(tg.nn.Dense(2, 1, "sigmoid")),
    ],
)
def test_other_networks_are_refused(tmp_path: Path, model: Any) -> None:
    with pytest.raises(ArgumentError, match=r"save_model\(path, model\).*load_model\(path, model\)"):
        tg.save(model, tmp_path / "m.safetensors")


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("net", [[2, 1], [2, 4, 3, 1]])
def test_networks_of_mlp(tmp_path: Path, net: list[int], dropout: float) -> None:
    model = tg.nn.mlp(net, "gelu", dropout, rng=2)
    tg.save(model, tmp_path / "m.safetensors", loss="mse")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    wanted = model.eval()(tg.Tensor(x)).numpy()[:, 0]
    np.testing.assert_allclose(tg.load(tmp_path / "m.safetensors").predict(x), wanted, rtol=1e-6)


def test_a_file_of_before(tmp_path: Path) -> None:
    old = tg.load(Path(__file__).parents[1] / "old_files" / "model.safetensors")
    assert len(old.predict(np.zeros((3, len(old.encoder.names))))) == 3


def _write(path: Path, **meta: Any) -> None:
    model = tg.nn.mlp([2, 1], rng=0)
    tg.train.save_model(path, model, {"net": [2, 1], **meta})


FEATURES = [{"name": "a", "fill": 1.0, "words": None}, {"name": "b", "fill": None, "words": ["x"]}]
STATE = {"features": FEATURES, "columns": ["a", "b", "y"], "target": "y", "header": True}


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"net": None}, "does not say how the network is built"),
        ({"net": [2]}, r"meta.net should be a list of two"),
        ({"net": [2, 10**9]}, r"meta.net"),
        ({"activation": "rleu"}, r"meta.activation should be one of"),
        ({"dropout": 2}, r"meta.dropout"),
        ({"loss": "love"}, r"meta.loss"),
        ({"task": 1}, r"meta.task"),
        ({"target_names": ["a", "b", "c"]}, r"meta.net has 1 outputs, and there are 3"),
        ({"target_names": ["a"]}, r"meta.net has 1 outputs, and there are 1 target names for a classification"),
        ({"feature_names": ["a"]}, r"meta.net has 2 inputs, and there are 1"),
        ({"encoder": {"features": []}}, "state of the encoder is damaged: it lacks"),
        ({"encoder": {**STATE, "features": [{**FEATURES[0], "fill": [1]}]}}, "encoder is damaged: features.0..fill"),
        ({"encoder": {**STATE, "features": [{**FEATURES[0], "fill": "red"}]}}, "encoder is damaged"),
        ({"encoder": {**STATE, "features": [FEATURES[0]] * 2}}, "features of different names"),
        ({"encoder": {**STATE, "features": FEATURES[:1]}}, "has 2 inputs, and there are 1"),
        ({"standardizer": {"mean": 1}}, "state of the standardizer is damaged"),
    ],
)
def test_a_damaged_file(tmp_path: Path, meta: dict[str, Any], message: str) -> None:
    path = tmp_path / "m.safetensors"
    _write(path, **{"encoder": STATE, **meta} if "feature_names" not in meta else meta)
    with pytest.raises(StateError, match=rf"cannot read .*m.safetensors: meta.*{message.removeprefix('meta')}"):
        tg.load(path)


def test_words_are_no_pickle(tmp_path: Path) -> None:
    """All that was learned stands in the file as JSON, to be read by any program."""
    (tmp_path / "t.csv").write_text(messy.passengers())
    train, _ = tg.data.read_csv(tmp_path / "t.csv", target="Survived").split()
    tg.save(tg.nn.mlp([train.x.shape[1], 1]), tmp_path / "m.safetensors", train)
    _, words = arrays.read_arrays(tmp_path / "m.safetensors")
    features = json.loads(words["tinygrad_edu"])["meta"]["encoder"]["features"]
    assert features[1] == {"name": "Sex", "fill": features[1]["fill"], "words": ["female", "male"]}
    assert isinstance(features[2]["fill"], float)
