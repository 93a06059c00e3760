"""train --step: the first updates of a run as a course, pass by pass."""

from __future__ import annotations

import numpy as np

from tinygrad_edu_viz import Course

from ..phrases import count
from ..subject import Subject
from .run import Run


def first_updates(run: Run, updates: int) -> Subject:
    """Learn for some updates, each from a batch of its own, and record them."""
    config = run.config
    assert config.net is not None
    net = "-".join(map(str, config.net))
    title = f"{run.dataset.name}   {net} {config.activation} · {config.optimizer} · batch {config.batch_size}"
    with np.errstate(all="ignore"):
        course = Course.watch(run.start(), updates, title)
    note = (
        f"{count(len(run.train), 'example')} to learn from, in batches of {config.batch_size}; a pass for each batch."
    )
    return Subject(title, course.passes[0], note, course=course)
