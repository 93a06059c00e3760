"""train --step: the first updates of a run as a course, pass by pass."""

from __future__ import annotations

import numpy as np

from tinygrad_edu_viz import Course
from tinygrad_edu_words import _

from ..phrases import count
from ..subject import Subject
from .run import Run


def first_updates(run: Run, updates: int) -> Subject:
    """Learn for some updates, each from a batch of its own, and record them."""
    config = run.config
    assert config.net is not None
    net = "-".join(map(str, config.net))
    size = _("batch {size}").format(size=config.batch_size)
    title = f"{run.dataset.name}   {net} {config.activation} · {config.optimizer} · {size}"
    with np.errstate(all="ignore"):
        course = Course.watch(run.start(), updates, title)
    note = _("{n} to learn from, in batches of {size}; a pass for each batch.").format(
        n=count(len(run.train), "example"), size=config.batch_size
    )
    return Subject(title, course.passes[0], note, course=course)
