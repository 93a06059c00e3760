"""What `source` says before there is code."""

import numpy as np

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
