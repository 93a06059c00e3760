"""Where people stumble who know another library: each of its names is answered with ours, and ours exist."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import vocabulary

X = tg.Tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 3.0]], requires_grad=True)
MODULES = {"tg": tg, "tg.nn": tg.nn, "tg.optim": tg.optim, "tg.losses": tg.losses}
KINDS = {"x": (vocabulary.NODE, X), "model": (vocabulary.MODULE, tg.nn.mlp([3, 2], rng=0))}


def resolve(dotted: str) -> None:
    item = {"tg": tg, "x": X, "model": KINDS["model"][1], "optimizer": tg.optim.SGD([X], lr=1.0)}[dotted.split(".")[0]]
    for name in dotted.split(".")[1:]:
        item = getattr(item, name)


def check_sentence(text: str) -> None:
    """Everything of ours that a message names exists."""
    for found in re.findall(r"\b(?:tg|x|model|optimizer)(?:\.[A-Za-z_]\w*)+", text.replace("tg.train.load_model", "")):
        resolve(found)


@pytest.mark.parametrize("place", MODULES)
def test_names_of_other_libraries_in_modules(place):
    for name in vocabulary.PLACES[place]:
        with pytest.raises(AttributeError) as caught:
            getattr(MODULES[place], name)
        assert str(caught.value).startswith(f"{place} has no {name!r}: ")
        check_sentence(str(caught.value))
        assert not hasattr(MODULES[place], name) and name not in dir(MODULES[place])


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_other_libraries_in_objects(kind):
    table, item = KINDS[kind]
    asked = 0
    for name in table:
        if isinstance(vars(type(item)).get(name), vocabulary.Foreign) or not hasattr(item, name):
            asked += 1
            with pytest.raises(AttributeError, match=re.escape(f"{type(item).__name__} has no {name!r}: ")) as caught:
                getattr(item, name)
            check_sentence(str(caught.value))
            assert name not in dir(item)
    assert asked >= len(table) - 2


ASKED = [
    (lambda: tg.nn.Linear, r"tg\.nn has no 'Linear': write tg\.nn\.Dense\("),
    (lambda: tg.Linear, r"write tg\.nn\.Dense\("),
    (lambda: tg.Dense, r"write tg\.nn\.Dense$"),
    (lambda: tg.nn.SGD, r"write tg\.optim\.SGD$"),
    (lambda: tg.nn.MSELoss, r"write tg\.losses\.mse\("),
    (lambda: tg.nn.relu, r"write tg\.relu$"),
    (lambda: tg.nn.LSTM, r"there is none; write a tg\.nn\.Module"),
    (lambda: tg.optim.Adm, r"did you mean tg\.optim\.Adam\?"),
    (lambda: tg.tensro, r"did you mean tg\.Tensor\?"),
    (lambda: tg.optim.lr_scheduler, r"tg\.optim\.StepLR"),
    (lambda: tg.nowhere_near, "tg has no 'nowhere_near'$"),
    (lambda: X.view(3, 2), r"Tensor has no 'view': write x\.reshape\("),
    (lambda: tg.Value(1.0)._prev, r"Value has no '_prev': write x\.inputs"),
    (lambda: setattr(tg.Value(1.0), "label", "a"), r"Value has no 'label': write x\.name"),
    (lambda: tg.nn.mlp([2, 1]).zero_grad(), r"Sequential has no 'zero_grad': write optimizer\.zero_grad\(\)"),
    (lambda: X.flat, r"Tensor has no 'flat': write x\.numpy\(\)\.flat"),
    (lambda: X.searchsorted, r"write x\.numpy\(\)\.searchsorted"),
    (lambda: tg.from_numpy, r"write tg\.Tensor\(array\)"),
    (lambda: tg.ones, r"write tg\.Tensor\(np\.ones\("),
    (lambda: tg.eye, r"write tg\.Tensor\(np\.eye\("),
    (lambda: tg.linspace, r"write tg\.Tensor\(np\.linspace\("),
    (lambda: tg.ones_like, r"write np\.ones_like\(x\)"),
    (lambda: tg.data.DataLoader, r"tg\.data has no 'DataLoader': write tg\.data\.Dataset\("),
    (lambda: tg.data.Adam, r"write tg\.optim\.Adam$"),
    (lambda: tg.train.fti, r"tg\.train has no 'fti'; did you mean tg\.train\.fit\?"),
    (lambda: tg.Tensor.view, r"the class Tensor has no 'view'"),
]


@pytest.mark.parametrize(("ask", "message"), ASKED)
def test_what_is_asked_for(ask, message):
    with pytest.raises(AttributeError, match=message):
        ask()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from tinygrad_edu.nn import Linear", r"tg\.nn has no 'Linear': write tg\.nn\.Dense\("),
        ("from tinygrad_edu import tensor", r"write tg\.Tensor"),
        ("from tinygrad_edu.losses import MSELoss", r"write tg\.losses\.mse\("),
        ("from tinygrad_edu.optim import lr_scheduler", r"tg\.optim\.StepLR"),
    ],
)
def test_and_imported(line, message):
    with pytest.raises(ImportError, match=message):
        exec(line)
    exec("from tinygrad_edu import nn, losses, storage\nfrom tinygrad_edu.nn import dense, Dense")


KEYWORDS = [
    (lambda: X.sum(dim=0), r"sum has no argument 'dim': write axis=0\. It has: .*keepdims"),
    (lambda: tg.mean(X, axis=0, keepdim=True), r"mean has no argument 'keepdim': write keepdims=True"),
    (lambda: X.var(dim=1), r"var has no argument 'dim': write axis=1"),
    (lambda: tg.stack([X, X], dim=1), r"stack has no argument 'dim': write axis=1"),
    (lambda: tg.transpose(X, dims=(1, 0)), r"transpose has no argument 'dims': write axes=\(1, 0\)"),
    (lambda: X.argmax(dim=1), r"argmax has no argument 'dim': write axis=1"),
    (lambda: X.std(unbiased=1), r"std has no argument 'unbiased': write ddof=1"),
    (lambda: X.std(unbiased=True), r"std has no argument 'unbiased': write ddof=1\."),
    (lambda: X.var(unbiased=False), r"var has no argument 'unbiased': write ddof=0\."),
    (
        lambda: X.sum().backward(retain_graph=True),
        r"no argument 'retain_graph': leave it out: .* called again\. It has",
    ),
    (lambda: tg.Value(1.0).backward(retain_graph=True), "no argument 'retain_graph': leave it out"),
    (lambda: X.sum().backward(nowhere_near=1), r"no argument 'nowhere_near'\. It has: gradient, create_graph$"),
    (lambda: tg.optim.SGD([X], lr=1.0).zero_grad(set_to_none=True), "no argument 'set_to_none': leave it out: .*None"),
    (lambda: tg.softmax(X, axsi=1), r"softmax has no argument 'axsi': write axis=1"),
    (lambda: tg.nn.Softmax(dim=1), r"Softmax has no argument 'dim': write axis=1"),
    (lambda: tg.nn.Dense(2, units=3), r"Dense has no argument 'units': write out_features=3"),
    (lambda: tg.nn.Dropout(rate=0.5), r"Dropout has no argument 'rate': write p=0\.5"),
    (lambda: tg.optim.SGD([X], learning_rate=0.1), r"SGD has no argument 'learning_rate': write lr=0\.1"),
    (lambda: tg.optim.Adam([X], epsilon=0.1), r"Adam has no argument 'epsilon': write eps=0\.1"),
    (lambda: tg.nn.mlp([2, 1], actvation="relu"), r"mlp has no argument 'actvation': write activation='relu'"),
]


@pytest.mark.parametrize(("call", "message"), KEYWORDS)
def test_keywords(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_an_error_inside_a_function_is_its_own():
    with pytest.raises(TypeError, match="nope"):
        tg.take(X, Strange(), axis=0)


class Strange:
    def __array__(self, *_: object, **__: object) -> None:
        raise TypeError("nope")


@pytest.mark.parametrize("base", [tg.Value, tg.Tensor, tg.nn.Module])
def test_subclasses_may_have_these_names(base):
    class Mine(base):
        def view(self):
            return 1

        def fit(self):
            return 2

    mine = Mine(1.0) if base is not tg.nn.Module else Mine()
    assert (mine.view(), mine.fit()) == (1, 2)
    for name in ("label", "weights"):
        setattr(mine, name, 3)
        assert getattr(mine, name) == 3 and name in dir(mine)


def test_copies_and_pickles_have_nothing_of_it():
    for item in (X, tg.Value(2.0), KINDS["model"][1]):
        for again in (copy.deepcopy(item), pickle.loads(pickle.dumps(item))):
            assert not hasattr(again, "view") and repr(again) == repr(item)


# --- what is accepted ---


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3), None), ((2, 3), 0), ((2, 3), -1), ((4,), 0), ((), None), ((), -1), ((2, 3, 4), 1)]
)
def test_positions_are_numpys(name, shape, axis, device):
    numbers = np.random.default_rng(0).integers(0, 3, shape).astype(float)
    x = tg.Tensor(numbers, requires_grad=True, device=device)
    for keepdims in (False, True):
        expected = getattr(np, name)(numbers, axis=axis, keepdims=keepdims)
        for found in (
            getattr(x, name)(axis=axis, keepdims=keepdims),
            getattr(tg, name)(x, axis, keepdims),
        ):
            assert not isinstance(found, tg.Tensor)
            np.testing.assert_array_equal(x.backend.asnumpy(found), expected)
    np.testing.assert_array_equal(getattr(tg, name)(numbers.tolist(), axis), getattr(np, name)(numbers, axis=axis))


def test_positions_of_values_and_what_has_none():
    assert tg.argmax([tg.Value(1.0), tg.Value(3.0), tg.Value(2.0)]) == 1
    for call in (lambda: X.argmax(axis=2), lambda: tg.argmin(np.ones((0, 3)), axis=0), lambda: X[:0].argmax()):
        with pytest.raises(tg.ShapeError, match=r"arg(max|min): .*(axis 2 is out of range|no elements)"):
            call()
    with pytest.raises(tg.GraphError, match="a Value is a single number"):
        tg.argmax(tg.Value(1.0))
    with pytest.raises(AttributeError):
        tg.Value(1.0).argmax  # noqa: B018


def test_positions_in_a_compiled_function():
    w = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    step = tg.compile(lambda x: (w * x.argmax(axis=0)).sum())
    for k in range(5):
        x, w.grad = np.random.default_rng(k).random((4, 3)), None
        assert step(tg.Tensor(x)).item() == (np.argmax(x, axis=0) * [1, 2, 3]).sum()
        np.testing.assert_array_equal(w.grad.numpy(), np.argmax(x, axis=0))


# --- wide inputs ---


def widths(call) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(w.filename == __file__ for w in caught)
    return [str(w.message) for w in caught]


@pytest.mark.parametrize(
    "make",
    [
        lambda: tg.nn.Dense(3, 2),
        lambda: tg.nn.Perceptron(3),
        lambda: tg.nn.LayerNorm(3),
        lambda: tg.nn.BatchNorm1d(3),
        lambda: tg.nn.mlp([3, 4, 4, 2], dropout=0.5),
        lambda: tg.nn.Sequential(tg.nn.Sequential(tg.nn.Dense(3, 3)), tg.nn.Dense(3, 1)),
    ],
)
def test_an_input_wider_than_the_network_is_warned_of_once(make, device):
    wide = np.ones((4, 3))
    net = make().to(device)
    assert widths(lambda: net(tg.Tensor(wide, device=device, dtype="float32"))) == []
    assert device != "cpu" or widths(lambda: net(wide.tolist())) == []
    wide = tg.Tensor(wide, device=device)
    messages = widths(lambda: [net(wide), net(wide)])
    assert len(messages) == 1 and "the input is of float64 and the parameters are of float32" in messages[0]
    assert "x.astype('float32')" in messages[0] and "dtype='float64'" in messages[0]
    assert net(wide).dtype == np.float64
    with tg.no_grad():
        assert len(widths(lambda: [make().to(device)(wide)])) == 1


@pytest.mark.parametrize("x", [np.ones((2, 3), "float16"), np.ones((2, 3), int), np.ones((2, 3), bool)])
def test_inputs_that_are_not_wider(x):
    assert widths(lambda: tg.nn.Dense(3, 2)(x)) == []
    assert widths(lambda: tg.nn.Dense(3, 2, dtype="float64")(x.astype("float64"))) == []
    assert widths(lambda: tg.nn.Dense(3, 2).scalar()(x.astype("float64"))) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.nn.mlp(10, 16, 1), r"one list.*tg\.nn\.mlp\(\[10, 16, 1\]\)"),
        (lambda: tg.nn.mlp(3, [4, 4, 1]), r"one list.*tg\.nn\.mlp\(\[3, 4, 4, 1\]\)"),
        (lambda: tg.nn.mlp(10), r"one list"),
        (lambda: tg.nn.mlp("2-16-1"), r"a list of numbers, as in tg\.nn\.mlp\(\[2, 16, 1\]\), not '2-16-1'"),
        (lambda: tg.losses.cross_entropy([[1.0, 2.0]], tg.Tensor([1])), r"tg\.Tensor\(labels, dtype=int\)$"),
        (lambda: tg.losses.cross_entropy([[1.0, 2.0]], [[0, 1]]), "Probabilities are floating-point numbers$"),
        (lambda: tg.Tensor(2, 3), r"requires_grad is True or False, not 3 \(int\); numbers go into one list"),
        (
            lambda: tg.concatenate(X, X),
            r"concatenate: the tensors go into one list: tg\.concatenate\(\[a, b\], axis=0\)",
        ),
        (lambda: tg.stack(X, X), r"stack: the tensors go into one list"),
        (lambda: tg.stack(tg.Value(1.0), tg.Value(2.0)), r"stack: the tensors go into one list"),
        (lambda: tg.nn.Dense(3, 2)(np.ones((3, 2))), r"Examples are rows: give x\.T"),
        (lambda: tg.nn.Dense(784, 2)(np.ones((5, 28, 28))), r"tg\.nn\.Flatten\(\)"),
    ],
)
def test_arguments_that_are_no_list(call, message):
    with pytest.raises(tg.TinygradError, match=message):
        call()
