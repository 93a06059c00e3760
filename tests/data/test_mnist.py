"""MNIST: IDX files that a test writes, and downloads from a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import threading
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import download, mnist
from tinygrad_edu.data.idx import read_idx
from tinygrad_edu.errors import ArgumentError, DataError

IMAGES = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2) * 20
LABELS = np.array([7, 0, 9], dtype=np.uint8)


def idx(array: np.ndarray) -> bytes:
    """The array in the format that the page of MNIST describes."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    return header + array.tobytes()


def store(folder: Path, part: str = "train", end: str = "", images: bytes = b"", labels: bytes = b"") -> Path:
    """Both files of a part; gzipped if they end so."""
    folder.mkdir(exist_ok=True)
    for kind, content in (("images-idx3", images or idx(IMAGES)), ("labels-idx1", labels or idx(LABELS))):
        (folder / f"{part}-{kind}-ubyte{end}").write_bytes(gzip.compress(content, mtime=0) if end else content)
    return folder


# --- files of the user ---


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_users_files_are_read(tmp_path: Path, name: str, end: str) -> None:
    data = tg.data.load(name, folder=store(tmp_path, end=end))
    np.testing.assert_allclose(data.x * 255, IMAGES.reshape(3, 4))
    assert data.y.tolist() == [7, 0, 9]
    assert (data.name, data.classes, data.feature_names[-1]) == (name, 10, "pixel_1_1")
    assert data.target_names[9] == {"mnist": "9", "fashion_mnist": "ankle boot"}[name]


def test_the_test_part_has_files_of_its_own(tmp_path: Path) -> None:
    store(tmp_path)
    store(tmp_path, "t10k", labels=idx(LABELS[::-1]))
    assert tg.data.load("mnist", folder=tmp_path, part="test").y.tolist() == [9, 0, 7]
    with pytest.raises(ArgumentError, match="part must be 'train' or 'test', not 'validation'"):
        tg.data.load("mnist", folder=tmp_path, part="validation")  # type: ignore[arg-type]


def test_an_environment_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path / "digits")
    store(tmp_path / "clothes", labels=idx(LABELS[::-1]))
    monkeypatch.setenv("TINYGRAD_EDU_MNIST", str(tmp_path / "digits"))
    monkeypatch.setenv("TINYGRAD_EDU_FASHION_MNIST", str(tmp_path / "clothes"))
    assert tg.data.load("mnist").y.tolist() == [7, 0, 9]
    assert tg.data.load("fashion_mnist").y.tolist() == [9, 0, 7]


def test_a_gzipped_file_is_known_by_its_content(tmp_path: Path) -> None:
    store(tmp_path, images=gzip.compress(idx(IMAGES), mtime=0))
    assert len(tg.data.load("mnist", folder=tmp_path)) == 3


def test_another_spelling_of_the_names_is_found(tmp_path: Path) -> None:
    for path in list(store(tmp_path).iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(tg.data.load("mnist", folder=tmp_path)) == 3


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is in .*"):
        tg.data.load("mnist", folder=tmp_path)


WHOLE, PACKED = idx(IMAGES), gzip.compress(idx(IMAGES), mtime=0)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (WHOLE[:-1], r"is truncated: it has 27 bytes, but should have 28 for an array of shape \(3, 2, 2\)"),
        (WHOLE[:10], "is truncated: it has 10 bytes"),
        (WHOLE + b"x", "is longer than it says: it should have 28"),
        (WHOLE[:3], r"begins with the bytes 00 00 08, but an IDX file of images begins with 00 00 08 03"),
        (b"\x89PNG" + WHOLE, "begins with the bytes 89 50 4e 47"),
        (idx(LABELS), "begins with the bytes 00 00 08 01"),
        (idx(IMAGES.astype(">f4")).replace(b"\x08", b"\x0d", 1), "begins with the bytes 00 00 0d 03"),
        (PACKED[:-9], "gzip cannot unpack it"),
        (PACKED[:12] + b"\xff" * 8 + PACKED[20:], "gzip cannot unpack it"),
        (idx(IMAGES[:2]), "2 images in .*train-images.*, but 3 labels in .*train-labels.*: they do not belong"),
    ],
)
def test_a_damaged_file_is_told_from_a_good_one(tmp_path: Path, images: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        tg.data.load("mnist", folder=store(tmp_path, images=images))


def head(*lengths: int) -> bytes:
    return bytes([0, 0, 8, 3]) + b"".join(length.to_bytes(4, "big") for length in lengths)


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((3, 2, 2), r"is longer than it says: it should have 28 for an array of shape \(3, 2, 2\)"),
        ((60000, 28, 28), r"is truncated: it has 5,000,016 bytes, but should have 47,040,016"),
        ((400000, 1000, 1000), r"says that it holds an array of shape .*, 400,000,000,000 bytes, and at most"),
        ((5, 1000, 1000), r"images of 1000 × 1000 pixels are no images of this set"),
    ],
)
def test_no_more_is_read_than_the_header_says(tmp_path: Path, end: str, lengths: tuple[int, ...], message: str) -> None:
    """A gzipped file may be a thousand times as long as it looks."""
    content = head(*lengths) + bytes(5_000_000)
    store(tmp_path, end=end, images=content, labels=idx(np.zeros(5, np.uint8)))
    del content
    tracemalloc.start()
    with pytest.raises(DataError, match=message):
        tg.data.load("mnist", folder=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (500_000 if lengths == (3, 2, 2) else 12_000_000)


def test_an_empty_file_is_no_idx_file(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"begins with the bytes \(none\)"):
        read_idx(path, 1)


def test_a_label_out_of_range_is_refused(tmp_path: Path) -> None:
    labels = idx(np.array([1, 10, 2], dtype=np.uint8))
    with pytest.raises(DataError, match="label of row 1 is 10, out of range"):
        tg.data.load("mnist", folder=store(tmp_path, labels=labels))


# --- downloads ---


class Server(http.server.ThreadingHTTPServer):
    requests = 0


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.requests += 1
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the files of "mnist", whose checksums are known; the cache is a folder of the test's own."""
    pytest.importorskip("pooch", reason="needs pooch: pip install --group test")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYGRAD_EDU_MNIST", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    served = store(tmp_path / "served", end=".gz")
    known = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in served.iterdir()}
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(served))) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(mnist.SOURCES, "mnist", mnist.Source(url, known, tuple("0123456789")))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_files_are_downloaded_once(server: Server, tmp_path: Path) -> None:
    assert tg.data.load("mnist").y.tolist() == [7, 0, 9]
    assert server.requests == 2
    assert tg.data.load("mnist").y.tolist() == [7, 0, 9]
    assert server.requests == 2
    cached = {path.name for path in (tmp_path / "cache" / "tinygrad-edu" / "mnist").iterdir()}
    assert cached == {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}


def test_another_file_than_the_known_one_never_gets_into_the_cache(server: Server, tmp_path: Path) -> None:
    store(tmp_path / "served", end=".gz", images=idx(IMAGES[::-1]))
    with pytest.raises(DataError, match=r"is not the file that we know .*TINYGRAD_EDU_MNIST=FOLDER"):
        tg.data.load("mnist")
    assert not list((tmp_path / "cache" / "tinygrad-edu" / "mnist").glob("*.gz"))


def test_a_file_that_goes_on_and_on_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST", 20)
    with pytest.raises(DataError, match=r"train-images.*gz is longer than 20 bytes: it is not the file that we know"):
        tg.data.load("mnist")


def test_a_damaged_file_in_the_cache_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    tg.data.load("mnist")
    (tmp_path / "cache" / "tinygrad-edu" / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"x")
    assert tg.data.load("mnist").y.tolist() == [7, 0, 9]


def test_a_file_that_the_server_does_not_have(server: Server, tmp_path: Path) -> None:
    (tmp_path / "served" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"cannot download http://127.0.0.1.*404.*put its files into a folder"):
        tg.data.load("mnist")


def test_a_server_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """The reason is said, and not what requests and urllib3 call it."""
    nowhere = mnist.Source("http://127.0.0.1:9/", mnist.SOURCES["mnist"].md5, tuple("0123456789"))
    monkeypatch.setitem(mnist.SOURCES, "mnist", nowhere)
    with pytest.raises(DataError, match=r"cannot download http://127.0.0.1:9/.*efused.*put its files into") as caught:
        tg.data.load("mnist")
    assert "HTTPConnection" not in str(caught.value) and "Max retries" not in str(caught.value)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_fills_on_a_terminal(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 28, 28)).astype(np.uint8)  # some pieces of 64 KiB
    images = store(tmp_path / "served", end=".gz", images=idx(noise), labels=idx(noise[:, 0, 0] % 10))
    known = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in images.iterdir()}
    monkeypatch.setitem(mnist.SOURCES, "mnist", mnist.Source(mnist.SOURCES["mnist"].url, known, tuple("0123456789")))
    screen = Screen()
    monkeypatch.setattr(download.sys, "stderr", screen)
    tg.data.load("mnist")
    first, second, end = screen.getvalue().split("\n")
    assert end == ""
    assert second.startswith("\rtrain-labels-idx1-ubyte.gz  [")
    shown = [int(part.split()[-2]) for part in first.split("\r")[1:]]
    assert shown == sorted(set(shown)) and len(shown) >= 3 and shown[-1] == 100
    assert first.endswith(f"[{'#' * download.BAR_WIDTH}] 100 %")


def test_without_pooch_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(download.sys.modules, "pooch", None)
    monkeypatch.delenv("TINYGRAD_EDU_FASHION_MNIST", raising=False)
    with pytest.raises(
        DataError, match=r"downloading fashion_mnist needs pooch: pip install 'tinygrad-edu\[data\]'; or .*FOLDER"
    ):
        tg.data.load("fashion_mnist")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_four_files_have_a_checksum_and_ten_classes_a_name(name: str) -> None:
    source = mnist.SOURCES[name]
    assert source.url.startswith("https://") and source.url.endswith("/")
    assert len(set(source.md5.values())) == 4 and len(set(source.target_names)) == 10
    assert all(len(md5) == 32 for md5 in source.md5.values())
