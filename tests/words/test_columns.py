"""What the engine says of the columns of a file is read in German, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygrad_edu as tg
from data import messy
from tinygrad_edu.data.account import account
from tinygrad_edu.data.rows import encode_rows, read_rows, rows_in
from tinygrad_edu_cli.training.columns_said import column_text
from tinygrad_edu_words import speaking


def lines(header: str, row: str, rows: int = 12, separator: str = ",") -> str:
    """A table: {k} counts the rows, {y} is x and z by turns."""
    return "\n".join([header, *(row.format(k=k, y="xz"[k % 2]) for k in range(rows))]) + "\n"


PASSENGERS, ORDERS = messy.passengers().encode(), messy.orders().encode()
FILES = {
    "words, gaps and names": PASSENGERS,
    "dates, ids and constants": ORDERS,
    "Windows-1252, semicolons, decimal commas, percent": messy.flats(),
    "Latin-1": lines("a,b", "{k},{y}").replace("x", "\u00fc\u0081").encode("latin-1"),
    "UTF-16": lines("a,b", "{k},{y}").encode("utf-16"),
    "tabs": lines("a\tb", "{k}\t{y}").encode(),
    "bars": lines("a|b", "{k}|{y}").encode(),
    "no header": lines("7,x", "{k},{y}").encode(),
    "a row without a target": lines("a,b", "{k},{y}").replace("\n3,z", "\n3,").encode(),
    "rows without a target": lines("a,b", "{k},{y}", 3000).replace("z", "").replace("\n2,x", "\n2,z").encode(),
    "money with percent": lines("a,b", "$ {k}.5 %,{y}").encode(),
    "two spellings": lines("a,b,c", "{k},Yes,{y}").replace("Yes,x", "yes,X").replace("5,Yes,z", "5,Yes,x").encode(),
    "too many words": lines("a,b,c", "{k},w{k},{y}", 60).replace("w7", "w8").replace("w9", "w8").encode(),
}
NEW = lines("Embarked,more,Sex,Pclass,SibSp,Fare,Age", "Rome,1,female,1,1,{k},") + ",1,,1,1,2,3\n"


def said_of(path: Path, content: bytes) -> Iterator[str]:
    path.write_bytes(content)
    for _name, said in account(tg.data.read_csv(path, target="Survived" if content == PASSENGERS else None)):
        yield from said.split("; ")


def said_of_new_rows(path: Path) -> Iterator[str]:
    path.write_bytes(PASSENGERS)
    data = tg.data.read_csv(path, target="Survived")
    path.write_text(NEW)
    assert data.encoder is not None
    _x, said, new = encode_rows(rows_in(read_rows(path, data.encoder)), data.encoder)
    for sentence in (*said, *new):
        yield from sentence.split("; ")


def is_read(part: str) -> bool:
    with speaking("de"):
        return column_text(part) != part or part == "in UTF-16"


@pytest.mark.parametrize("kind", FILES)
def test_of_a_file(kind: str, tmp_path: Path) -> None:
    said = [*said_of(tmp_path / "table.csv", FILES[kind])]
    assert said and [part for part in said if not is_read(part)] == []


def test_of_new_rows(tmp_path: Path) -> None:
    said = [*said_of_new_rows(tmp_path / "table.csv")]
    assert len(said) > 3 and [part for part in said if not is_read(part)] == []


def test_one_row_and_several_have_their_grammar(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    assert "1 row without a target is left out" in [*said_of(path, FILES["a row without a target"])]
    assert "1,500 rows without a target are left out" in [*said_of(path, FILES["rows without a target"])]


def test_words_in_two_spellings_are_told(tmp_path: Path) -> None:
    said = [*said_of(tmp_path / "table.csv", FILES["two spellings"])]
    assert "some differ in upper and lower case alone: Yes, yes" in said
    assert "some differ in upper and lower case alone: X, x" in said
