"""read_csv: tables as people write them, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from data.messy import DAMAGED
from tinygrad_edu.data import Dataset
from tinygrad_edu.errors import ArgumentError, DataError

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Puts text (or bytes) into table.csv, as it is."""

    def put(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


POINTS = "a,b,kind\n1,2.5,yes\n3,-4e-1,no\n5,6,yes\n"


def is_points(data: Dataset) -> bool:
    np.testing.assert_array_equal(data.x, [[1, 2.5], [3, -0.4], [5, 6]])
    assert data.y.tolist() == [1, 0, 1]
    return True


# --- what is read ---


def test_words_are_classes_in_the_order_of_the_alphabet(write: Write) -> None:
    data = tg.data.read_csv(write(POINTS))
    assert is_points(data)
    assert (data.name, data.task, data.target_names) == ("table", "classification", ("no", "yes"))
    assert data.feature_names == ("a", "b")


@pytest.mark.parametrize(
    "content",
    [
        POINTS.replace("\n", "\r\n"),
        POINTS.replace("\n", "\r"),
        POINTS.rstrip(),
        POINTS + "\n\n  \n",
        "\n" + POINTS.replace("\n", "\n\n"),
        POINTS.replace(",", ";"),
        POINTS.replace(",", "\t"),
        POINTS.replace(",", " , "),
        POINTS.replace("yes", '"yes"').replace("a,b", '"a","b"'),
        POINTS.encode("utf-8-sig"),
    ],
    ids=[
        "windows",
        "old mac",
        "no last newline",
        "blank end",
        "blank lines",
        "semicolon",
        "tab",
        "spaces",
        "quotes",
        "bom",
    ],
)
def test_tables_are_read_as_people_write_them(write: Write, content: str | bytes) -> None:
    data = tg.data.read_csv(write(content))
    assert is_points(data)
    assert data.feature_names == ("a", "b")


def test_a_line_may_be_very_long(write: Write) -> None:
    """Longer than Python's limit for a cell, which is what it is to the wrong separators."""
    names = [f"column_{k}" for k in range(20_000)]
    data = tg.data.read_csv(write("\n".join([",".join(names), "0," * 19_999 + "1", "1," * 19_999 + "2"])))
    assert data.x.shape == (2, 19_999) and data.feature_names[-1] == "column_19998"


def test_a_separator_in_quotes_is_none(write: Write) -> None:
    data = tg.data.read_csv(write('"width, cm",kind\n1,"b, c"\n2,"a"\n3,"b, c"\n'))
    assert data.feature_names == ("width, cm",)
    assert data.target_names == ("a", "b, c")
    assert data.y.tolist() == [1, 0, 1]


def test_a_line_break_in_quotes_is_none(write: Write) -> None:
    with pytest.raises(DataError, match="line 5, column 1"):
        tg.data.read_csv(write('a,kind\n1,"one\ntwo"\n2,x\ninf,x\n'))


def test_without_a_header_columns_are_numbered(write: Write) -> None:
    data = tg.data.read_csv(write(POINTS.partition("\n")[2]))
    assert is_points(data)
    assert data.feature_names == ("x1", "x2")
    numbers = write("1,2.5\n2,3.5\n3,4.25\n")
    assert tg.data.read_csv(numbers).target_names == ("y",)
    assert tg.data.read_csv(numbers, target="x1").feature_names == ("y",)


def test_the_target_may_be_any_column(write: Write) -> None:
    data = tg.data.read_csv(write("kind,a,b\nx,1,2\ny,3,4\n"), target="kind")
    assert data.feature_names == ("a", "b")
    np.testing.assert_array_equal(data.x, [[1, 2], [3, 4]])
    assert data.y.tolist() == [0, 1]


def column(values: object) -> str:
    return "a,target\n" + "".join(f"{k},{value}\n" for k, value in enumerate(values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([0, 1, 1, 0], ("0", "1")),
        ([5, 7], ("5", "7")),
        (["1.0", "2", "1", "2.0"], ("1", "2")),
        ([10, 9, 10, 9, -1, -1], ("-1", "9", "10")),
        ([2000000, 2000001] * 3, ("2000000", "2000001")),
        ([*range(20), *range(20)], tuple(map(str, range(20)))),
    ],
)
def test_few_whole_numbers_are_classes_in_their_order(write: Write, values: list[object], names: tuple[str]) -> None:
    data = tg.data.read_csv(write(column(values)))
    assert (data.task, data.target_names) == ("classification", names)
    assert [names[label] for label in data.y] == [f"{float(str(value)):.0f}" for value in values]


@pytest.mark.parametrize("values", [[0.5, 1.5, 0.5, 1.5], [1, 2, 3, 4], [*range(21)] * 2, [1, 2, 1, 1e6 + 0.5]])
def test_other_numbers_are_values_of_a_regression(write: Write, values: list[float]) -> None:
    data = tg.data.read_csv(write(column(values)))
    assert (data.task, data.target_names, data.classes) == ("regression", ("target",), 0)
    assert data.y.tolist() == values


def test_the_task_can_be_told(write: Write) -> None:
    assert tg.data.read_csv(write(column([0, 1, 1, 0])), task="regression").y.tolist() == [0, 1, 1, 0]
    data = tg.data.read_csv(write(column([0.5, 1.5, 0.5])), task="classification")
    assert (data.target_names, data.y.tolist()) == (("0.5", "1.5"), [0, 1, 0])
    with pytest.raises(ArgumentError, match="not 'ranking'"):
        tg.data.read_csv(write(POINTS), task="ranking")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"line 2, column 3.*'yes' is not a number: a regression predicts numbers"):
        tg.data.read_csv(write(POINTS), task="regression")


def test_it_reads_what_numpy_writes(write: Write, tmp_path: Path) -> None:
    data = tg.data.load("diabetes", n=50)
    path = tmp_path / "numbers.csv"
    np.savetxt(path, np.column_stack([data.x, data.y]), delimiter=",", fmt="%.17g")
    again = tg.data.read_csv(path, task="regression")
    np.testing.assert_array_equal(again.x, data.x)
    np.testing.assert_array_equal(again.y, data.y)


# --- what is refused ---


@pytest.mark.parametrize(("content", "message"), DAMAGED)
def test_an_error_names_line_and_column(write: Write, content: str, message: str) -> None:
    path = write(content)
    with pytest.raises(DataError, match=message) as raised:
        tg.data.read_csv(path)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (POINTS.encode("utf-16-le"), r"looks like UTF-16 \(byte 1 of it is 0\).*iconv -f UTF-16"),
        (POINTS.encode("utf-16") + b"\0", "begins with the mark of UTF-16, but byte .* is no part of it"),
        (b"PK\x03\x04\x14\xff\xfe" * 9, "is no text: is it a spreadsheet, or packed"),
        (b"PK\x03\x04\x14\0\x08\0", "is no text: is it a spreadsheet, or packed"),
    ],
)
def test_what_is_no_text_is_told_with_what_to_do(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        tg.data.read_csv(write(content))


def test_a_huge_line_is_no_accident_of_python(write: Write) -> None:
    with pytest.raises(DataError, match=r"field larger than field limit .*is it no CSV file"):
        tg.data.read_csv(write("x" * 200_000))


def test_an_unknown_target_is_told_the_nearest_one(write: Write) -> None:
    with pytest.raises(ArgumentError, match=r"no column 'knd'; did you mean 'kind'\? \(columns: a, b, kind\)"):
        tg.data.read_csv(write(POINTS), target="knd")
    with pytest.raises(ArgumentError, match=r"\(columns: x1, x2, y\)"):
        tg.data.read_csv(write("1,2,3\n"), target="kind")


def test_what_is_no_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tg.data.read_csv(tmp_path / "missing.csv")
    with pytest.raises(OSError, match=r"directory|denied"):
        tg.data.read_csv(tmp_path)


@pytest.mark.parametrize("path", [5, None, ["a.csv"]])
def test_what_is_no_path(path):
    with pytest.raises(ArgumentError, match=r"read_csv: the path of a file is wanted, such as 'passengers\.csv', not"):
        tg.data.read_csv(path)
