"""Prove lessons: python -m tinygrad_edu_tutorials.prove [NAME ...]

prove [NAME ...]           all rules, for these lessons or for all; `quiz` is the quiz
prove figures NAME ...     draw their figures anew
prove confirm NAME ...     the German says what the English says now
prove alive NAME ...       all rules, and the wrong programs that pass
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .library import FOLDER, QUIZ, find, names
from .proving.page import draw_figures
from .proving.parity import confirmed
from .proving.proof import prove, workers
from .proving.quiz import is_quiz
from .reading.lesson import LessonError
from .reading.reader import read
from .running.forked import call


def main(arguments: Sequence[str]) -> int:
    """Run the command; gives the exit code: 0 proved, 1 faults, 2 wrong usage."""
    order, words = ("prove", arguments)
    if arguments and arguments[0] in ("figures", "confirm", "alive"):
        order, words = arguments[0], arguments[1:]
    if "--help" in arguments or "-h" in arguments or (order != "prove" and not words):
        print(__doc__)
        return 0 if order == "prove" else 2
    try:
        folders = [_folder(word) for word in words] or [*(FOLDER / name for name in names()), QUIZ]
        if order in ("prove", "alive"):
            return _prove(folders, show_alive=order == "alive")
        for folder in folders:
            if order == "confirm":
                kind = "quiz" if is_quiz(folder) else "lesson"
                german = read(folder / f"{kind}.de.md")
                german.path.write_text(confirmed(read(folder / f"{kind}.en.md"), german), encoding="utf-8")
            else:
                outcome = call(draw_figures, str(folder), cpu=120, wall=240)
                print("\n".join(outcome.value or [outcome.printed]))
        return 0
    except (LessonError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _folder(word: str) -> Path:
    """The folder of a lesson or of the quiz, by its path or by its name."""
    path = Path(word)
    if (path / "lesson.en.md").exists() or is_quiz(path):
        return path.resolve()
    return QUIZ if word == QUIZ.name else FOLDER / find(word)


def _prove(folders: list[Path], show_alive: bool) -> int:
    began, failed = time.monotonic(), False
    with ThreadPoolExecutor(workers()) as pool, ThreadPoolExecutor(2) as lessons:
        for proof in lessons.map(lambda folder: prove(folder, pool), folders):
            for fault in proof.faults:
                print("FAULT", fault)
            for exercise, text in proof.alive if show_alive else ():
                print(f"--- passes: {exercise}\n{text}")
            print(proof.summary(), flush=True)
            failed |= bool(proof.faults)
    print(f"{time.monotonic() - began:.1f} s")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
