"""What a lesson's `checks.py` is written with."""

from .comparing import AtLeast, AtMost
from .exercise import Exercise, FunctionExercise, Mistake
from .learner import Contract

__all__ = ["AtLeast", "AtMost", "Contract", "Exercise", "FunctionExercise", "Mistake"]
