"""tinygrad-edu tutorial watch: what is saved is checked, until the folder is gone."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

from tinygrad_edu_cli.main import main
from tinygrad_edu_tutorials import library

LESSON = "08-backprop"


def test_what_is_saved_is_checked_until_the_folder_is_gone(tmp_path, monkeypatch):
    root = tmp_path / "Übungen von mir"
    assert main(["tutorial", "start", str(root)]) == 0
    monkeypatch.chdir(root)
    assert main(["tutorial", "read", "8", "5"]) == 0
    (root / "notes.py").write_text("1 / 0")  # which is no exercise
    program = [sys.executable, "-P", "-m", "tinygrad_edu_cli", "tutorial", "watch", "--json"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as watcher:
        told, done = [], threading.Event()

        def listen() -> None:
            assert watcher.stdout is not None
            for line in watcher.stdout:
                told.append(json.loads(line))
                if told[-1]["verdict"] == "right":
                    done.set()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        beside = root / "swap.txt"
        solution = library.lesson(LESSON, "en").one("program", "pass_on").text
        while not done.wait(0.05):  # again and again: nobody tells when the watching has begun
            assert watcher.poll() is None
            (root / "notes.py").touch()
            beside.write_text(solution, encoding="utf-8-sig")
            beside.replace(root / LESSON / "pass_on.py")  # as editors do
        root.rename(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / LESSON / "pass_on.py").write_text("...")
        assert watcher.wait(60) == 4
        listener.join(10)
        said = watcher.stderr.read()
    assert "is gone" in said and {each["exercise"] for each in told} == {"pass_on"}
    kept = json.loads((tmp_path / "elsewhere" / ".tinygrad-tutorial.json").read_text())
    assert kept["done"] == [f"{LESSON}/pass_on"]
