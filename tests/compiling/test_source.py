"""What `source` says: before there is code, and in the guide."""

import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg

W = tg.Tensor([1.0, 2.0], requires_grad=True)


def test_it_says_when_there_will_be_code():
    step, x = tg.compile(lambda x: (x * W).sum()), np.ones(2)
    for _ in range(2):
        assert step.source.startswith("# There is no code yet: it is made in the second call")
        assert compile(step.source, "source", "exec")  # a comment
        step(x)
    assert step.source.startswith("def ")


def test_and_why_there_will_be_none():
    numbers = iter(range(9))
    step = tg.compile(lambda x: (x * W * float(next(numbers))).sum(), strict=False)
    for _ in range(3):
        step(np.ones(2))
    assert step.why_not and step.source.startswith(
        f"# There is no code: the function cannot be replayed, as {step.why_not}"
    )


GUIDE = Path(__file__).parents[2] / "docs/python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
SAMPLES = [k for k, block in enumerate(BLOCKS) if block.rstrip().endswith("print(step.source)")]


@pytest.mark.parametrize("k", SAMPLES)
def test_the_guide_shows_the_code_of_its_samples(k: int, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    batches = [(tg.Tensor(rng.random((32, 3))), tg.Tensor(rng.random((32, 2)))) for _ in range(3)]
    with tg.default_dtype("float64"):
        exec(BLOCKS[k], {"tg": tg, "batches": batches})
    assert capsys.readouterr().out.rstrip() == BLOCKS[k + 1].rstrip()


def test_the_guide_has_both_kinds_of_functions() -> None:
    assert len(SAMPLES) == 2
