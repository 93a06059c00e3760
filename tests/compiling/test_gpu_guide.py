"""The guide `docs/gpu.md` shows what the code gives."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_edu as tg

GUIDE = (Path(__file__).parents[2] / "docs/gpu.md").read_text(encoding="utf-8")
SAMPLE, KERNEL, STEP = re.findall(r"```(?:python|cpp)\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.gpu
def test_the_kernel_and_the_function_of_its_sample(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    arrays = [(rng.random((32, 3)), rng.random((32, 2))) for _ in range(3)]
    batches = [[tg.Tensor(x, dtype="float32", device="cuda") for x in pair] for pair in arrays]
    names: dict[str, Any] = {"tg": tg, "batches": batches}
    exec(SAMPLE, names)
    kernels, _, functions = capsys.readouterr().out.partition('"""\n\n')
    assert KERNEL in kernels
    assert functions.startswith(STEP)
    assert names["step"].optimizer.source in functions
