"""What a first run gives CuPy to compile, in a process of its own: python -m tests.emulator.first_fit compiled|eager"""

from __future__ import annotations

import json
import sys

import numpy as np

from . import activating


def main(compiled: bool) -> None:
    """Print the texts that are compiled, in their order, as a list of JSON."""
    activating.activate()
    from cupy.cuda import compiler

    import tinygrad_edu as tg

    texts: list[str] = []
    original = compiler._compile_module_with_cache

    def noted(source: str, *arguments: object, **options: object) -> object:
        texts.append(source)
        return original(source, *arguments, **options)

    compiler._compile_module_with_cache = noted
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 64)), rng.integers(0, 10, 200)  # the last batch of 32 has 8 rows
    layers = [tg.nn.Dense(64, 32, "relu"), tg.nn.LayerNorm(32), tg.nn.Dropout(0.2, seed=1), tg.nn.Dense(32, 10)]
    model = tg.nn.Sequential(*layers).to("cuda")
    held_out, optimizer = (x[:50], y[:50]), tg.optim.Adam(model.parameters())
    for _ in tg.train.fit(model, (x, y), "cross_entropy", optimizer, validation=held_out, epochs=2, compile=compiled):
        pass
    print(json.dumps(texts))


if __name__ == "__main__":
    main(sys.argv[1] == "compiled")
