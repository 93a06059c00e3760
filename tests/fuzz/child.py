"""Damaged files of one kind, one after the other, through the command line, in a process with little memory.

    python child.py KIND COUNT SEED [FIRST]

Prints a JSON object for each file on which the command fails in another way than it should, and at the end the count.
A hang ends the process. What a file did is seen again with the same KIND and SEED, from its number on.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gzip
import io
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from mutators import of_bytes, of_json, of_safetensors, of_table

import tinygrad_edu as tg
from cli.driving import Script, config, drive
from data.messy import flats, orders, passengers
from tinygrad_edu_cli.main import main
from tinygrad_edu_cli.training import session as sessions
from tinygrad_edu_viz import Course, Trace

HANG = 10  # seconds
MEMORY = 2**30  # bytes more than the programs and libraries themselves take
CODES = {0, 1, 2, 3, 4}  # of the command line; 130 and a traceback are none of those that a damaged file may lead to
QUICK = ("--data", "moons", "--n", "30", "--net", "2-3-1", "--epochs", "2")

Mutant = tuple[list[str], str]
"""The arguments of a command, and what is typed into it."""


def traces(folder: Path, random: Random) -> Callable[[], Mutant]:
    """Saved steps, in all the ways in which they are shown."""
    documents = []
    for k, root in enumerate(_graphs()):
        with np.errstate(all="ignore"):
            Trace.record(root).save(folder / f"{k}.json")
        documents.append((folder / f"{k}.json").read_bytes())
    file = folder / "trace.json"
    ways = [["--plain"], ["--json"], ["--plain", "--full"], ["--level", "scalar", "--plain"], ["--predict"]]
    ways += [["--order", "naive"], ["--apart", "n3", "--json"], ["--apart", "y[0]", "--plain"], ["--level", "layer"]]
    pictures = ["--html", "-o"]

    def mutant() -> Mutant:
        content = random.choice(documents)
        if random.random() < 0.15:
            file.write_bytes(of_bytes(content, random))
        else:
            file.write_text(of_json(json.loads(content), random), errors="surrogatepass")
        if random.random() < 0.01:
            way = random.choice(pictures)
            command = "step" if way == "--html" else "graph"
            return [command, str(file), way, str(folder / ("page.html" if command == "step" else "p.svg"))], ""
        if random.random() < 0.1:
            return ["graph", str(file)], ""
        return ["step", str(file), *random.choice(ways)], "?\n1\n[1,2]\n\n0\n"

    return mutant


def courses(folder: Path, random: Random) -> Callable[[], Mutant]:
    """Saved passes and updates, in all the ways in which they are shown."""
    documents, w = [], tg.Value(0.5, name="w")
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    net = tg.nn.mlp([2, 3, 2], dropout=0.2, rng=0)
    x = np.ones((2, 2), "float32")
    for k, (loss, learned) in enumerate(
        (
            (lambda: tg.tanh(w * 2.0) + w * w, [w]),
            (lambda: (W @ W).sum(), [W]),
            (lambda: tg.losses.cross_entropy(net(tg.Tensor(x)), [0, 1]), net.parameters()),
        )
    ):
        Course.record(loss, tg.optim.Adam(learned, lr=0.1), 2).save(folder / f"{k}.json")
        documents.append((folder / f"{k}.json").read_bytes())
    file = folder / "course.json"
    ways = [
        ["--plain"],
        ["--json"],
        ["--plain", "--full"],
        ["--predict"],
        ["--level", "layer"],
        ["--break", "update:w"],
    ]
    ways += [["--updates", "2"], ["--apart", "n3"], ["--save", str(folder / "again.json"), "--plain"]]

    def mutant() -> Mutant:
        content = random.choice(documents)
        if random.random() < 0.15:
            file.write_bytes(of_bytes(content, random))
        else:
            file.write_text(of_json(json.loads(content), random), errors="surrogatepass")
        return ["step", str(file), *random.choice(ways)], "?\n1\n[1,2]\n\n0\n"

    return mutant


def _graphs() -> list[tg.Value | tg.Tensor]:
    w, x, b = tg.Value(0.5, name="w"), tg.Value(-1.0, name="x"), tg.Value(2.0, name="b")
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    v = tg.Tensor(np.array([0.0, 1.0, -1.0]), requires_grad=True, name="v")
    y = tg.log(v)[np.array([0, 1, 1]), None] * tg.Tensor(np.ones((3, 1)))
    padded = tg.pad(tg.reshape(W, (4, 1)), 1)[1:3, ..., 0]
    large = tg.Tensor(np.ones((40, 40), "float32"), requires_grad=True, name="large")
    net = tg.nn.mlp([2, 3, 2], activation="tanh", rng=0)
    labels = tg.losses.cross_entropy(net(W), np.array([0, 1]))
    summed = tg.sum(W @ W, axis=0, keepdims=True)
    summed.name = "y"
    graphs = [tg.tanh(w * x + b) + w * w, tg.sum(tg.relu(W @ W)), tg.sum(y), tg.sum(padded), labels, tg.sum(summed)]
    return [*graphs, tg.mean(large @ large)]


def checkpoints(folder: Path, random: Random) -> Callable[[], Mutant]:
    """The checkpoint of a run, and the arrays beside it."""
    more = [("--optimizer", "sgd", "--momentum", "0.9", "--schedule", "plateau", "--dropout", "0.2", "--patience", "9")]
    more += [("--optimizer", "adam", "--schedule", "exponential")]
    runs = [*(_recorded(folder / str(k), *each) for k, each in enumerate(more)), _steered(folder / "steered")]

    def mutant() -> Mutant:
        run, content = random.choice(runs)
        _restore(run, content)
        name = random.choice([name for name in content if name.startswith("checkpoints/")])
        _damage(run / name, content[name], random)
        return ["train", "--resume", str(run), "--epochs", "4", "--json"], ""

    return mutant


def metrics(folder: Path, random: Random) -> Callable[[], Mutant]:
    """What was measured, and the settings beside it."""
    other, _ = _recorded(folder / "0", "--patience", "9", "--lr", "10")
    runs = [_recorded(folder / "1", "--patience", "9", "--lr", "0.01"), _steered(folder / "steered")]

    def mutant() -> Mutant:
        run, content = random.choice(runs)
        _restore(run, content)
        name = random.choice(["metrics.jsonl", "metrics.jsonl", "config.json"])
        if name == "config.json" or random.random() < 0.3:
            _damage(run / name, content[name], random)
        else:
            lines = content[name].decode().splitlines()
            k = random.randrange(len(lines))
            lines[k] = of_json(json.loads(lines[k]), random)
            (run / name).write_text("\n".join(lines), errors="surrogatepass")
        if random.random() < 0.3:
            return ["train", "--resume", str(run), "--epochs", "4"], ""
        return ["compare", str(run), str(other), *random.choice([[], ["--json"]])], ""

    return mutant


def _recorded(run: Path, *more: str) -> tuple[Path, dict[str, bytes]]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(["train", *QUICK, *more, "--record", str(run)]) == 0
    return _content(run)


def _steered(run: Path) -> tuple[Path, dict[str, bytes]]:
    """A run that was steered, and taken back, before its last epoch."""
    script = Script(
        ("step", 1, lambda driver: driver.steer(optimizer="rmsprop", batch_size=7)),
        ("epoch", 2, lambda driver: driver.undo(1)),
        ("step", 6, lambda driver: driver.set_rate(0.02)),
    )
    with contextlib.redirect_stderr(io.StringIO()):
        drive(sessions.started(config(" ".join([*QUICK[:-1], "3"])), run, None), script)
    return _content(run)


def _content(run: Path) -> tuple[Path, dict[str, bytes]]:
    return run, {str(file.relative_to(run)): file.read_bytes() for file in run.rglob("*") if file.is_file()}


def _restore(run: Path, content: dict[str, bytes]) -> None:
    shutil.rmtree(run)
    for name, data in content.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(data)


def _damage(file: Path, content: bytes, random: Random) -> None:
    if random.random() < 0.2 or file.suffix == ".jsonl":
        file.write_bytes(of_bytes(content, random))
    elif file.suffix == ".safetensors":
        file.write_bytes(of_safetensors(content, random))
    else:
        file.write_text(of_json(json.loads(content), random), errors="surrogatepass")


def safetensors(folder: Path, random: Random) -> Callable[[], Mutant]:
    """Saved networks that a run begins with."""
    contents = []
    for more in ((), ("--dropout", "0.5"), ("--data", "sine")):
        file = folder / "net.safetensors"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            data = () if "sine" in more else QUICK[:2]
            assert main(["train", *data, *QUICK[2:4], *more, "--epochs", "1", "--save", str(file)]) == 0
        contents.append((file.read_bytes(), "sine" if "sine" in more else "moons"))

    def mutant() -> Mutant:
        content, data = random.choice(contents)
        _damage(file, content, random)
        if random.random() < 0.3:
            rows = folder / "rows.csv"
            rows.write_text("x1,x2,y\n1,2,0\n3,4,1\n")
            return [random.choice(["predict", "evaluate"]), str(file), str(rows)], ""
        return ["train", "--data", data, "--n", "30", "--epochs", "1", "--load", str(file), "--json"], ""

    return mutant


def tables(folder: Path, random: Random) -> Callable[[], Mutant]:
    """CSV files."""
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f}" for a, b in rng.normal(size=(20, 2))]
    texts = [
        "\n".join(["height,width,kind", *(f"{row},{'ab'[k % 2]}" for k, row in enumerate(rows))]),
        "\n".join(["u,v,y", *(f"{row},{k * k}" for k, row in enumerate(rows))]),
        "\n".join(f"{row},{k % 3}" for k, row in enumerate(rows)),
        passengers(30),
        orders(),
        flats().decode("cp1252"),
    ]
    file, network = folder / "data.csv", folder / "net.safetensors"
    file.write_text(passengers())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        data = ["--data", str(file), "--target", "Survived", "--epochs", "1"]
        assert main(["train", *data, "--save", str(network)]) == 0

    def mutant() -> Mutant:
        text = random.choice(texts)
        file.write_bytes(of_bytes(text.encode(), random) if random.random() < 0.3 else of_table(text, random))
        more = random.choice([[], [], ["--target", "u"], ["--task", "regression"], ["--task", "classification"]])
        if random.random() < 0.3:
            return [random.choice(["predict", "evaluate"]), str(network), str(file)], ""
        return ["train", "--data", str(file), "--epochs", "1", "--json", *more], ""

    return mutant


def images(folder: Path, random: Random) -> Callable[[], Mutant]:
    """The files of MNIST, gzipped or not."""
    os.environ["TINYGRAD_EDU_MNIST"] = str(folder)
    contents = {}
    for kind, shape in (("images-idx3", (40, 2, 2)), ("labels-idx1", (40,))):
        header = bytes([0, 0, 8, len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)
        numbers = bytes(k % 251 if len(shape) > 1 else k % 10 for k in range(int(np.prod(shape))))
        contents[f"train-{kind}-ubyte"] = header + numbers

    def mutant() -> Mutant:
        damaged = random.choice([*contents])
        for name, content in contents.items():
            if name == damaged and random.random() < 0.4:  # the magic number, the lengths
                at = random.randrange(4, 8 if "labels" in name else 16)
                content = (
                    content[:at] + random.randbytes(1) + content[at + 1 :] + bytes(random.choice([0, 0, 9, 10**6]))
                )
            elif name == damaged:
                content = of_bytes(content, random)
            packed = random.random() < 0.7
            content = gzip.compress(content, 1) if packed else content
            (folder / name).write_bytes(of_bytes(content, random) if packed and random.random() < 0.2 else content)
        return ["train", "--data", "mnist", "--net", "4-3-10", "--epochs", "1", "--json"], ""

    return mutant


KINDS = {f.__name__: f for f in (traces, courses, checkpoints, metrics, safetensors, tables, images)}


def complaint(code: int, out: str, err: str, arguments: list[str]) -> str:
    """What is wrong with how a command ended; "" for nothing."""
    if code not in CODES:
        return f"exit code {code}"
    for words in ("itself failed", "Traceback", "memory", "Error: "):
        if words in err and "--n " not in err:  # a file may ask for more examples than there is memory for
            return f"{words!r} in the message"
    if code and code != 1 and (err.count("error: ") != 1 or len(err) > 3000):
        return "not one short message"
    if code == 1 and "error: " in err:
        return "a file that cannot be used is no negative result"
    if code in (0, 1) and "--json" in arguments:
        with contextlib.suppress(BrokenPipeError):
            for line in out.splitlines():
                try:
                    json.loads(line, parse_constant=lambda word: 1 / 0)
                except (ValueError, ZeroDivisionError):
                    return f"no JSON: {line[:80]}"
    return ""


def run(kind: str, count: int, seed: int, first: int) -> None:
    os.fsync = lambda handle: None  # as no power failure is tested
    warnings.simplefilter("ignore")  # of numbers: a network with damaged weights may well overflow
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        random = Random(f"{kind} {seed}")
        damage = KINDS[kind](folder, random)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
        for number in range(first, count):
            random.seed(f"{kind} {seed} {number}")
            arguments, typed = damage()
            out, err = io.StringIO(), io.StringIO()
            sys.stdin = io.StringIO(typed)
            faulthandler.dump_traceback_later(HANG, exit=True)
            code = -1
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    code = main(arguments)
                except BaseException as error:
                    err.write(f"Traceback: {type(error).__name__}: {error}"[:500])
            faulthandler.cancel_dump_traceback_later()
            wrong = complaint(code, out.getvalue(), err.getvalue(), arguments)
            if wrong:
                said = re.sub(re.escape(name), "DIR", err.getvalue())
                report = {"number": number, "wrong": wrong, "code": code, "arguments": arguments}
                print(json.dumps({**report, "err": said[:1000]}), flush=True)
    print(json.dumps({"done": count}), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)
