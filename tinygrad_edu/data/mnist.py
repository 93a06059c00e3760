"""MNIST and Fashion-MNIST: 70,000 small images each, from the user's IDX files or from the net."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ArgumentError, DataError
from .dataset import Dataset
from .download import fetch
from .idx import read_idx

LARGEST_IMAGE = 1 << 16  # pixels, each of which is a feature with a name
Part = Literal["train", "test"]


@dataclass(frozen=True)
class Source:
    """Where the four files are, their MD5 sums as the publishers and torchvision give them, and the classes."""

    url: str
    md5: dict[str, str]
    target_names: tuple[str, ...]


SOURCES = {
    "mnist": Source(  # LeCun, Cortes & Burges 1998; the copy that torchvision reads
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        tuple("0123456789"),
    ),
    "fashion_mnist": Source(  # Xiao, Rasul & Vollgraf 2017; the authors' repository
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
}


def read_mnist(name: str, part: Part = "train", folder: str | Path | None = None) -> Dataset:
    """Images as rows of 784 pixels, from 0 (background) to 1, and their classes.

    The files are looked for in `folder`; else in the folder that the environment variable TINYGRAD_EDU_MNIST (or
    TINYGRAD_EDU_FASHION_MNIST) names; if there is neither, they are downloaded into the user's cache.

    Args:
        name: "mnist" or "fashion_mnist".
        part: "train" for the 60,000 images to learn from, "test" for the 10,000 to be judged by in the end.
        folder: where train-images-idx3-ubyte and so on are, gzipped (.gz) or not.
    Raises:
        ArgumentError: another part.
        DataError: files that are not in the folder, are truncated or not IDX, or do not belong together; pooch is not
            installed; the download failed.
    """
    if part not in ("train", "test"):
        raise ArgumentError(f"part must be 'train' or 'test', not {part!r}")
    prefix = "train" if part == "train" else "t10k"
    folder = folder or os.environ.get(f"TINYGRAD_EDU_{name.upper()}")
    paths = [_find(name, f"{prefix}-{kind}-ubyte", folder) for kind in ("images-idx3", "labels-idx1")]
    images, labels = read_idx(paths[0], dimensions=3), read_idx(paths[1], dimensions=1)
    if len(images) != len(labels):
        raise DataError(
            f"{len(images)} images in {paths[0]}, but {len(labels)} labels in {paths[1]}: they do not belong together"
        )
    _, height, width = images.shape
    if height * width > LARGEST_IMAGE:
        raise DataError(f"{name}: images of {height} × {width} pixels are no images of this set: is the file damaged?")
    pixels = tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width))
    x = images.reshape(len(images), height * width) / 255.0
    x.flags.writeable = False  # a Dataset need not copy it
    return Dataset(x, labels, name, "classification", pixels, SOURCES[name].target_names)


def _find(name: str, file: str, folder: str | Path | None) -> Path:
    """The file in the folder, under one of the names that it goes by; from the net if there is no folder."""
    source = SOURCES[name]
    if not folder:
        hint = f"or put its files into a folder and name it: TINYGRAD_EDU_{name.upper()}=FOLDER"
        try:
            return fetch(f"{source.url}{file}.gz", f"md5:{source.md5[f'{file}.gz']}", name, name)
        except DataError as error:
            raise DataError(f"{error}; {hint}") from error.__cause__
    for spelling in (file, file.replace("-idx", ".idx")):  # some archives write a dot
        for path in (Path(folder, spelling), Path(folder, f"{spelling}.gz")):
            if path.is_file():
                return path
    raise DataError(f"{name}: neither {file} nor {file}.gz is in the folder {folder}")
