"""JavaScript in Node.js: what pages compute needs no page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

SERVER = """
const vm = require("vm");
const plain = (name, x) => typeof x === "number" && !Number.isFinite(x) ? {number: String(x)}
    : x === undefined ? null : ArrayBuffer.isView(x) ? [...x] : x;
vm.runInThisContext(require("fs").readFileSync(process.argv[1], "utf8"));
require("readline").createInterface({input: process.stdin}).on("line", (line) => {
    const {code, argument} = JSON.parse(line);
    let found;
    try {
        const value = vm.runInThisContext(`(${code})`);
        found = {value: typeof value === "function" ? value(argument) : value};
    } catch (error) { found = {error: String(error)}; }
    console.log(JSON.stringify(found, plain));
});
"""


class Node:
    """A running Node.js that holds a program."""

    def __init__(self, program: str, folder: Path, node: str):
        file = folder / "program.js"
        file.write_text(program, encoding="utf-8")
        pipe = subprocess.PIPE
        command = [node, "-e", SERVER, str(file)]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")

    def evaluate(self, code: str, argument: Any = None) -> Any:
        """As playwright's: a function is called with the argument.

        Raises:
            RuntimeError: it raised; the message is the error's.
        """
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"code": code, "argument": argument}) + "\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline(), object_hook=_number)
        if "error" in found:
            raise RuntimeError(found["error"])
        return found["value"]

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _number(found: dict[str, Any]) -> Any:
    return float(found["number"].replace("Infinity", "inf")) if list(found) == ["number"] else found
