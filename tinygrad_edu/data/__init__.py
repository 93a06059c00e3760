"""Data to learn from: toy sets, real sets, files of your own; split, standardized, and cut into batches."""

from typing import Any

from ..vocabulary import missing
from .account import account
from .csv_file import read_csv
from .dataset import Dataset
from .loading import NAMES, load, names
from .standardizer import Standardizer

__all__ = ["NAMES", "Dataset", "Standardizer", "account", "load", "names", "read_csv"]


def __getattr__(name: str) -> Any:
    raise missing("tg.data", name, __all__)
