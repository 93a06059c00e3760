"""Sphinx, run over what `sources` wrote: one tree for each language, at the same time."""

from __future__ import annotations

import errno
import io
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils

from tinygrad_edu_words import LANGUAGES, choose

from . import linking
from .settings import settings
from .sources import write

OURS = ("index.html", "objects.inv", "players", *LANGUAGES[1:])
"""What lies in every site, and hardly in any other folder."""


def build(out: Path) -> list[str]:
    """Build the site into a folder, in the place of an older site; gives the warnings.

    Raises:
        OSError: the folder cannot be written, or holds something that is not the site.
    """
    if out.exists() and any(out.iterdir()) and not all((out / name).exists() for name in OURS):
        raise FileExistsError(errno.EEXIST, "holds other things; name a new folder", str(out))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(len(LANGUAGES), get_context("spawn")) as pool:
        jobs = [(language, str(Path(scratch) / language)) for language in LANGUAGES]
        complaints = [line for lines in pool.map(_in_language, jobs) for line in lines]
        shutil.rmtree(out)
        for language, folder in jobs:
            shutil.copytree(Path(folder) / "html", place(out, language), dirs_exist_ok=True)
    return complaints or linking.broken(out)


def place(out: Path, language: str) -> Path:
    """Where the pages of a language lie: English at the root, others in a folder of their own."""
    return out if language == LANGUAGES[0] else out / language


def _in_language(job: tuple[str, str]) -> list[str]:
    language, folder = job
    choose(language)
    nocolor()
    source, html, doctrees = (Path(folder) / name for name in ("source", "html", "doctrees"))
    write(source, language)
    warnings = io.StringIO()
    config = settings(language, source)
    with patch_docutils(), docutils_namespace():
        Sphinx(str(source), None, str(html), str(doctrees), "html", config, None, warnings).build()
    (html / ".buildinfo").unlink()  # Sphinx's own note, of where it was built
    return [line.replace(str(source), "") + "\n" for line in warnings.getvalue().splitlines() if line.strip()]
