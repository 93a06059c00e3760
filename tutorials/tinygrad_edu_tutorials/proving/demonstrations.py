"""What a lesson says of trainings must hold for other seeds, too, and by a margin."""

from __future__ import annotations

from pathlib import Path

from ..running.judging import load

SEEDS = (0, 1, 2)


def demonstration_faults(folder: str) -> list[str]:
    """Run `DEMONSTRATIONS` of a lesson's `checks.py`: by what they claim, functions of a seed that give the margin,
    which must be positive: `lambda seed: held_out(dropout=0, seed=seed) - held_out(dropout=0.5, seed=seed) - 0.05`."""
    path = Path(folder) / "checks.py"
    claims = getattr(load(path, "lesson_checks"), "DEMONSTRATIONS", {}) if path.exists() else {}
    faults = []
    for claim, margin in claims.items():
        margins = [float(margin(seed)) for seed in SEEDS]
        if min(margins) <= 0:
            found = ", ".join(f"{number:.3g}" for number in margins)
            faults.append(
                f"{Path(folder).name}/checks.py: {claim!r} does not hold: margins {found} for the seeds {SEEDS}"
            )
    return faults
