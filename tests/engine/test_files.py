"""Files that are replaced: whole or not at all, with what was there kept."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tinygrad_edu.storage import files


def test_new_content_under_the_old_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    for mode in (0o640, 0o604):
        file.write_bytes(b"old")
        file.chmod(mode)
        files.write_atomically(file, b"new")
        assert file.read_bytes() == b"new" and stat.S_IMODE(file.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_link_leads_on(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for there in (True, False):  # also where nothing is yet
        real, link = tmp_path / "there" / f"{there}.bin", tmp_path / f"{there}.bin"
        if there:
            real.write_bytes(b"old")
        link.symlink_to(real)
        files.write_atomically(link, b"new")
        assert link.is_symlink() and real.read_bytes() == b"new"


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _to_a_device(path: Path) -> None:
    path.symlink_to("/dev/null")


def _what_it_is(path: Path) -> tuple[int, ...]:
    """All but when it was last read: to look where a link leads is to read it."""
    found = os.lstat(path)
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_pipe, "it is no regular file"),
        (_loop, "it is no regular file"),
        (_to_a_device, "it is no regular file"),
        (Path.mkdir, "it is a folder"),
    ],
)
def test_what_is_no_regular_file_is_refused(tmp_path: Path, make, why) -> None:
    place = tmp_path / "a.bin"
    make(place)
    before = _what_it_is(place)
    with pytest.raises(OSError) as caught:
        files.write_atomically(place, b"new")
    assert why in caught.value.strerror and caught.value.filename == str(place)
    assert _what_it_is(place) == before and os.listdir(tmp_path) == ["a.bin"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere does not exist"):
        files.write_atomically(tmp_path / "nowhere" / "a.bin", b"new")


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0,
    reason="needs another user than root, on Linux or macOS",
)
def test_write_protection(tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch(0o400)
    with pytest.raises(PermissionError, match="it is write-protected"):
        files.write_atomically(tmp_path / "a.bin", b"new")


@pytest.mark.parametrize("moment", ["write_bytes", "fsync", "replace"])
def test_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "a.bin"
    file.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Path if moment == "write_bytes" else files.os, moment, full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            files.write_atomically(file, b"new")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(file))
    assert file.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.bin"]


def test_the_order_in_which_things_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes before the name, and the name before anything that comes later."""
    calls = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(old: str, new: str) -> None:
        calls.append("name")
        replace(old, new)

    monkeypatch.setattr(files.os, "fsync", synced)
    monkeypatch.setattr(files.os, "replace", renamed)
    files.write_atomically(tmp_path / "a.bin", b"new")
    assert calls == ["file", "name", "folder"]


def test_leftovers_of_the_dead_are_swept(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), files.replacing(tmp_path / "a.json") as temporary:
        (tmp_path / temporary.name.replace("a-", "arrays-000003-")).touch()  # as if a process had been killed
        (tmp_path / ".checkpoint.json.x8_abcde.tmp").touch()
        raise SystemExit
    (tmp_path / ".notes.tmp").touch()
    (tmp_path / "arrays-000003.bin").touch()
    files.sweep(tmp_path, "arrays-*", "checkpoint")
    assert sorted(os.listdir(tmp_path)) == [".notes.tmp", "arrays-000003.bin"]
