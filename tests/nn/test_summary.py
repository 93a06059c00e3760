"""model.summary(): layers, shapes of outputs, and counts, which NumPy and the shapes of the arrays confirm."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn

TABLE = """\
Sequential
     layer                            output    parameters
     Sequential                       (32, 1)
  0  Dense(2, 16, activation='relu')  (32, 16)          48
  1  Dropout(p=0.5)                   (32, 16)
  2  Dense(16, 1)                     (32, 1)           17
  65 parameters to learn
  260 bytes of memory for them"""


def test_the_table():
    net = nn.mlp([2, 16, 1], dropout=0.5, rng=0)
    printed = repr(net)
    for x in ((32, 2), np.zeros((32, 2), "float32"), tg.Tensor(np.zeros((32, 2)), dtype="float32")):
        assert net.summary(x) == repr(net.summary(x)) == TABLE
    assert repr(net) == printed
    assert net.summary().splitlines()[1:3] == [
        "     layer                            parameters",
        "  0  Dense(2, 16, activation='relu')          48",
    ]


def test_memory_is_written_in_three_digits():
    for features, memory in ((249, "1 KB"), (248, "996 bytes"), (249899, "1 MB"), (249799, "999 KB")):
        assert nn.Perceptron(features).summary().splitlines()[-1] == f"  {memory} of memory for them"


class Twice(nn.Module):
    def __init__(self):
        self.inner = nn.Dense(3, 3, rng=0)
        self.unused = nn.Dense(1, 1, rng=0)
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):
        return tg.relu(self.norm(self.inner(self.inner(x))))


NETS = {
    "twice": (Twice, (4, 3)),
    "convolution-like": (lambda: nn.Sequential(nn.Flatten(), nn.Dense(12, 2), nn.LayerNorm(2), tg.tanh), (5, 3, 4)),
    "one layer": (lambda: nn.Perceptron(3), (7, 3)),
    "of scalars": (lambda: nn.mlp([2, 2, 1]).scalar(), (3, 2)),
    "frozen": (lambda: frozen(nn.mlp([2, 3, 1])), (3, 2)),
}


def frozen(net):
    net[0].weight.requires_grad = False
    return net


@pytest.mark.parametrize("name", NETS)
def test_counts_and_that_nothing_changes(name):
    make, shape = NETS[name]
    net = make()
    net.train()
    before, modes, random = (
        net.state_dict(),
        [m.training for m in net.modules()],
        tg.random.generator().bit_generator.state,
    )
    text = net.summary(shape)
    assert tg.random.generator().bit_generator.state == random
    assert [m.training for m in net.modules()] == modes and all("forward" not in vars(m) for m in net.modules())
    for key, numbers in net.state_dict().items():
        np.testing.assert_array_equal(numbers, before[key])
    learned = sum(np.size(p.data) for p in net.parameters())
    assert f"  {learned:,} parameters to learn" in text
    kept = sum(np.prod(array.shape, dtype=int) for _, array in net.named_arrays()) - learned
    assert (f"  {kept:,} numbers that are kept" in text) == (kept > 0)
    x = np.zeros(shape) if name == "of scalars" else np.zeros(shape, "float32")
    assert str(net.eval()(x).shape) in text
    assert ("not called" in text) == (name == "twice")
    assert all(len(line) == len(line.rstrip()) for line in text.splitlines())


def test_what_zeros_will_not_do_for():
    words = nn.Embedding(5, 2)
    with pytest.raises(tg.DtypeError, match="must be an integer") as caught:
        words.summary((1, 3))
    assert "called the model with zeros of this shape; an example may be given" in caught.value.__notes__[0]
    assert "(1, 3, 2)" in words.summary(np.zeros((1, 3), int)) and "forward" not in vars(words)


def test_on_a_device(device):
    assert "(4, 1)" in nn.mlp([2, 3, 1]).to(device).summary((4, 2))
