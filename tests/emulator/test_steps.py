"""What `python -m tests.emulator steps` measures."""

from __future__ import annotations

import pytest

from emulator import activating, steps


@pytest.mark.emulator
def test_training_steps_of_all_kinds() -> None:
    rows, failed = steps.measured("tiny", rounds=1, repeat=1)
    assert not failed
    counts = {name: row.count for name, row in rows.items()}
    assert counts["ours, compiled"] == activating.Count(launches=11)
    assert counts["by hand"] == counts["by hand, captured"] == activating.Count(launches=11)
    assert counts["ours, fused"] == activating.Count(launches=14)
    assert counts["ours, plain"].launches > 14
    assert all(row.seconds > 0 for row in rows.values())
