"""A full disk: the file is named, what is there is whole, and with more room the run goes on."""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cli.killing import RUN, assert_equal_runs, in_child
from tinygrad_edu.storage import files
from tinygrad_edu_cli.training.folder import RunFolder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork: run the tests on Linux or macOS")
EPOCHS = ("--epochs", "3")
PAGE = 4096  # bytes that the smallest file of a tmpfs takes


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 16 pages."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={16 * PAGE}", "tmpfs", str(folder)]
    if os.name == "nt" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system: run the tests as root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has room."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert in_child(*RUN, *EPOCHS, "--record", str(folder)) == 0
    return folder


def test_whichever_file_does_not_fit_is_named(cli, whole: Path, disk: Path):
    named = set()
    for free in range(9):
        run, filler = disk / str(free), disk / "filler"
        filler.write_bytes(bytes((16 - free) * PAGE))
        ran = cli(*RUN, *EPOCHS, "--record", str(run), "--save", str(disk / "net.safetensors"))
        filler.unlink()
        if ran.code == 0:
            break
        said = re.match(r"error: cannot write (\S+): No space left on device\n", ran.err)
        assert ran.code == 4 and said, ran.err
        named.add(re.sub(r"\d+", "N", Path(said[1]).name))
        if (run / "config.json").exists():
            again = ("train", "--resume", str(run))
            assert str(run) not in said[1] or f"go on with: tinygrad-edu train --resume {run}" in ran.err
        else:
            again = (*RUN, *EPOCHS, "--record", str(run))
        assert cli(*again).code == 0
        assert_equal_runs(run, whole)
        subprocess.run(["rm", "-r", str(run)], check=True)
    assert named >= {"config.json", "arrays-N.safetensors", "metrics.jsonl"}


@pytest.mark.parametrize("nth", [5, 7])  # of the first checkpoint: its arrays, its JSON
def test_a_full_disk_during_a_checkpoint(cli, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, nth):
    run = tmp_path / "run"
    fsync, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        ran = cli(*RUN, *EPOCHS, "--record", str(run))
    assert ran.code == 4 and f"error: cannot write {run / 'checkpoints'}{os.sep}" in ran.err
    assert f"make room, and go on with: tinygrad-edu train --resume {run}" in ran.err
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full: run the tests on Linux")
def test_a_full_disk_during_a_line(cli, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch):
    run = tmp_path / "run"
    write = RunFolder.write

    def full(self: RunFolder, event) -> None:
        if event["epoch"] == 2:
            os.dup2(os.open("/dev/full", os.O_WRONLY), self._metrics.fileno())
        write(self, event)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", full)
        ran = cli(*RUN, *EPOCHS, "--record", str(run))
    assert ran.code == 4 and f"error: cannot write {run / 'metrics.jsonl'}: No space left on device" in ran.err
    assert cli("train", "--resume", str(run)).code == 0
    assert_equal_runs(run, whole)


@pytest.mark.parametrize("how", ["full", "write-protected"])
def test_a_learners_folder(cli, disk: Path, monkeypatch: pytest.MonkeyPatch, how: str):
    """What is done is kept, what could not be written is named, and with room again the lesson goes on."""
    root, filler = disk / how, disk / "filler"
    assert cli("tutorial", "start", str(root), "--lang", "de").code == 0
    monkeypatch.chdir(root)
    assert cli("tutorial", "read", "8", "4").code == 0
    before = (root / ".tinygrad-tutorial.json").read_bytes()
    if how == "full":
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(PAGE))
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        for words in (["next"], ["answer", "ways", "5"], ["read", "8", "5"]):
            ran = cli("tutorial", *words)
            assert ran.code == 4 and re.match(r"Fehler: .*: (kein Platz mehr auf dem|.*schreibgeschützt)", ran.err)
            assert (root / ".tinygrad-tutorial.json").read_bytes() == before
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        filler.unlink(missing_ok=True)
    assert cli("tutorial", "next").code == 0 and (root / "08-backprop" / "pass_on.py").stat().st_size
