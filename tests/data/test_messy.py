"""Tables as people have them: words, gaps, commas, ids and dates, compared with pandas and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from data import messy
from tinygrad_edu.data import account
from tinygrad_edu.data.cells import is_date, is_missing, number_in
from tinygrad_edu.errors import DataError

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


# --- cells ---


@pytest.mark.parametrize(
    ("cell", "point", "comma"),
    [
        ("12", 12, 12),
        ("-1.5", -1.5, None),
        ("1,5", None, 1.5),
        ("1,234", 1234, 1.234),
        ("1.234", 1.234, 1234),
        ("1.234,5", None, 1234.5),
        ("1,234.5", 1234.5, None),
        ("1,234,567", 1234567, None),
        ("1 234 567", 1234567, 1234567),
        ("1'234.5", 1234.5, None),
        ("1\u00a0234,5", None, 1234.5),
        (",5", None, 0.5),
        (".5", 0.5, None),
        ("12%", 0.12, 0.12),
        ("2,5 %", None, 0.025),
        ("\u22123", -3, -3),
        ("1e-3", 0.001, 0.001),
        ("12,34,567", None, None),
        ("1_000", None, None),
        ("", None, None),
        ("%", None, None),
        (",", None, None),
        ("1.2.3", None, None),
        ("12 apples", None, None),
        ("$1,266.50", 1266.5, None),
        ("-€ 5", None, None),
        ("2.803,20 €", None, 2803.2),
        ("-$5", -5, -5),
        ("$", None, None),
    ],
)
def test_numbers_as_people_write_them(cell: str, point: float | None, comma: float | None) -> None:
    assert number_in(cell) == (None if point is None else pytest.approx(point))
    assert number_in(cell, ",") == (None if comma is None else pytest.approx(comma))


@pytest.mark.parametrize("cell", ["2020-01-31", "31.12.2020", "1/2/20", "2020-01-31 12:30", "2020-01-31T12:30:05.1Z"])
def test_dates(cell: str) -> None:
    assert is_date(cell)


@pytest.mark.parametrize(
    "cell", ["3 Jan 2020", "January 3, 2020", "12:30", "2020-01", "3. März 2020", "31.12.20 9:05 PM"]
)
def test_dates_in_words(cell: str) -> None:
    assert is_date(cell)


@pytest.mark.parametrize("cell", ["2020", "1.5", "1.234.567", "may", "1-2", "2020-01-31 apples", "31.12-2020", ""])
def test_no_dates(cell: str) -> None:
    assert not is_date(cell)


def test_everything_that_pandas_takes_for_missing() -> None:
    parsers = pytest.importorskip("pandas._libs.parsers", reason="needs pandas: pip install --group test")
    assert len(parsers.STR_NA_VALUES) > 15
    assert all(map(is_missing, parsers.STR_NA_VALUES))
    assert not any(map(is_missing, ("0", "no", "-", "nano")))


# --- tables ---


def test_words_and_gaps_as_scikit_learn_does(write: Write) -> None:
    """Both parts, fitted on the training part: one-hot, medians, the commonest word."""
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install --group test")
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    path = write(messy.passengers())
    train, held_out = tg.data.read_csv(path, target="Survived").split(0.25, seed=3)
    frame = pandas.read_csv(path)
    fares = [data.x[:, data.feature_names.index("Fare")] for data in (train, held_out)]  # which rows they are
    rows = [[int(np.flatnonzero(frame.Fare == fare)[0]) for fare in part] for part in fares]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot)
    numbers = SimpleImputer(strategy="median")
    columns = [("numbers", numbers, ["Pclass", "Age", "SibSp", "Fare"]), ("words", words, ["Sex", "Embarked"])]
    theirs = ColumnTransformer(columns, verbose_feature_names_out=False).fit(frame.iloc[rows[0]])
    names = [name.replace("Sex_", "Sex=").replace("Embarked_", "Embarked=") for name in theirs.get_feature_names_out()]
    order = [names.index(name) for name in train.feature_names]
    assert sorted(order) == list(range(len(names)))
    for data, part in zip((train, held_out), rows, strict=True):
        np.testing.assert_allclose(data.x, theirs.transform(frame.iloc[part])[:, order])
        np.testing.assert_array_equal(data.y, frame.Survived.iloc[part])


def test_the_account_of_the_passengers(write: Write) -> None:
    data = tg.data.read_csv(write(messy.passengers()), target="Survived")
    said = dict(account(data))
    ages = [float(age) for line in messy.passengers().splitlines()[1:] if (age := line.split(",")[6])]
    assert said == {
        "PassengerId": "left out: numbers that only name a row, or something else",
        "Survived": "the target, classes: 0, 1",
        "Pclass, SibSp, Fare": "numbers",
        "Name": "left out: a word of its own for each row",
        "Sex": "words, 2 inputs: female, male",
        "Age": f"a number; {120 - len(ages)} missing, filled with the median, {np.median(ages):g}",
        "Ticket": "left out: a word of its own for each row",
        "Cabin": "left out: a word of its own for each row",
        "Embarked": said["Embarked"],
    }
    assert said["Embarked"].startswith("words, 3 inputs: Cherbourg, Queenstown, Southampton; ")
    assert said["Embarked"].endswith(" missing, filled with the commonest, Southampton")


def test_nothing_is_learned_of_the_rows_that_are_held_out(write: Write) -> None:
    """Whatever stands in them: a new word, an age of a thousand years."""
    lines = messy.passengers().splitlines()
    train, held_out = tg.data.read_csv(write("\n".join(lines)), target="Survived").split(0.25, seed=1)
    fares = {f"{fare:.4f}" for fare in held_out.x[:, held_out.feature_names.index("Fare")]}

    def changed(line: str) -> str:
        cells = line.split(",")
        return ",".join([*cells[:6], "1000", *cells[7:-1], "Atlantis"]) if cells[9] in fares else line

    other, seen = tg.data.read_csv(write("\n".join(map(changed, lines))), target="Survived").split(0.25, seed=1)
    np.testing.assert_array_equal(other.x, train.x)
    assert other.encoder == train.encoder
    ports = [k for k, name in enumerate(seen.feature_names) if name.startswith("Embarked=")]
    assert (seen.x[:, ports] == 0).all() and (seen.x[:, seen.feature_names.index("Age")] == 1000).all()


def test_a_german_table(write: Write) -> None:
    data = tg.data.read_csv(write(messy.flats()), target="Miete")
    assert data.feature_names == ("Fläche", "Lage=Köln", "Lage=München", "Lage=Ulm", "Leerstand", "Baujahr")
    np.testing.assert_allclose(data.x[:2], [[40.5, 0, 1, 0, 0, 1950], [41.5, 1, 0, 0, 0.01, 1953]])
    np.testing.assert_allclose(data.y[[0, 1, 23]], [1100.10, 1107.11, 2261.33])
    said = dict(account(data))
    assert "separated by semicolons" in said["the file"] and "in Windows-1252" in said["the file"]
    assert "as line 1 is not in UTF-8 (byte 0xe4)" in said["the file"]
    assert said["Fläche"] == "a number; decimal commas" and said["Leerstand"] == "a number; percent: 12% is 0.12"


def test_ids_and_dates(write: Write) -> None:
    data = tg.data.read_csv(write(messy.orders()))
    assert (data.feature_names, data.task) == (("items", "weight"), "regression")
    said = dict(account(data))
    assert said["column 1"] == said["order_id"] == "left out: numbers that only name a row, or something else"
    assert said["when"].startswith("left out: dates")
    assert said["shop"] == "left out: the same in every row, 'North'" and said["note"] == "left out: empty"


@pytest.mark.parametrize(
    ("name", "values", "is_id"),
    [
        *[(name, range(100, 700, 20), True) for name in ("id", "ID", "Id", "user_id", "userId", "CustomerID")],
        *[(name, range(7, 37), True) for name in ("", "index", "No.", "row", "Unnamed: 0", "line nr", "uuid")],
        *[(name, range(100, 700, 20), False) for name in ("", "price index", "no", "age", "idle", "PAID", "grid")],
        ("customer_id", [k % 25 for k in range(60)], True),
        ("class_id", [k % 3 for k in range(60)], False),
        ("id", [k / 2 for k in range(60)], False),
        ("year", range(1990, 2020), False),
    ],
)
def test_what_are_ids(write: Write, name: str, values: Iterable[float], is_id: bool) -> None:
    """A column is left out by its name, and only if its numbers are many whole ones, or count the rows."""
    content = f"{name},a,y\n" + "".join(f"{value},{k % 4},{k % 2}\n" for k, value in enumerate(values))
    assert (tg.data.read_csv(write(content)).feature_names == ("a",)) == is_id


@pytest.mark.parametrize(
    ("content", "x", "y"),
    [
        ("a;b\n1,234;1\n2,5;2\n", [[1.234], [2.5]], [0, 1]),
        ("a;b\n1.234;1,5\n2.500;2,25\n", [[1234], [2500]], [1.5, 2.25]),
        ("a;b\n1.5;1\n2.25;2\n", [[1.5], [2.25]], [0, 1]),
        ("a\tb\n1.5\t1\n2\t2\n", [[1.5], [2]], [0, 1]),
        ('a,b\n"1,234",1\n"2,500",2\n', [[1234], [2500]], [0, 1]),
        ('a,b\n"1,5",1\n"2,5",2\n', [[1.5], [2.5]], [0, 1]),
        ("a|b\n1|1\n2|2\n", [[1], [2]], [0, 1]),
        ("1,5;2,5;x\n3,5;4;y\n", [[1.5, 2.5], [3.5, 4]], [0, 1]),
        ("2019,2020,y\n1,2,3.5\n3,4,4.5\n".split("\n", 1)[1], [[1, 2], [3, 4]], [3.5, 4.5]),
        (
            "ja;nein;ja\nja;ja;nein\nnein;nein;ja\nja;nein;nein\n",
            [[1, 0, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1]],
            [0, 1, 0, 1],
        ),
        ("a,b,y\n1,,0\n2,4,1\n3,NaN,0\n,8,1\n", [[1, 6], [2, 4], [3, 6], [2, 8]], [0, 1, 0, 1]),
        ("a,y\n1,u\n2,\n3,v\n", [[1], [3]], [0, 1]),
        ("sep=|\na|y\n1,5|u\n2|v\n", [[1.5], [2]], [0, 1]),
        ("a,y,\n1,u,\n2,v,\n", [[1], [2]], [0, 1]),
    ],
    ids=[
        "comma",
        "file of commas",
        "points",
        "tab",
        "thousands",
        "quoted",
        "bars",
        "no header",
        "numbers",
        "words only",
        "gaps",
        "no target",
        "excel",
        "separators at the end",
    ],
)
def test_what_is_in_a_table(write: Write, content: str, x: list[list[float]], y: list[float]) -> None:
    data = tg.data.read_csv(write(content))
    np.testing.assert_allclose(data.x, x)
    np.testing.assert_allclose(data.y, y)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_encodings(write: Write, encoding: str) -> None:
    data = tg.data.read_csv(write("Größe,Art\n1,süß\n2,herb\n3,süß\n".encode(encoding)))
    assert (data.feature_names, data.target_names) == (("Größe",), ("herb", "süß"))
    said = dict(account(data)).get("the file", "")
    assert ("Windows-1252" in said) == (encoding in ("cp1252", "latin-1")) and ("UTF-16" in said) == (
        encoding == "utf-16"
    )


def test_all_problems_in_one_message(write: Write) -> None:
    rows = "".join(f"{k},{k * k}.5,{'xy'[k % 2]}\n" for k in range(9))
    content = "a,b,c,a\n".replace(",a\n", "\n") + rows + "9,oops,x\n10\n11,inf,y\n12,1,x,\n13,2,x\n"
    with pytest.raises(DataError) as raised:
        tg.data.read_csv(write(content))
    first, *lines = str(raised.value).splitlines()
    assert first.endswith("table.csv: 4 problems")
    assert [line.split(":")[0].strip() for line in lines] == [
        *("line 12", "line 14", "line 11, column 2 ('b')", "line 13, column 2 ('b')")
    ]


def test_many_problems_are_counted(write: Write) -> None:
    with pytest.raises(DataError, match=r"table.csv: 40 problems\n(.*\n){12}  ... and 28 more$"):
        tg.data.read_csv(write("a,b\n" + "1,2\n3,4\n" * 25 + "1\n" * 40))


def test_few_words_among_numbers_are_words(write: Write) -> None:
    """0, 1, 2, 3+ is a scale; a word in a column of many numbers is a slip."""
    data = tg.data.read_csv(write("n,y\n" + "0,a\n1,b\n2,a\n3+,b\n" * 5))
    assert data.feature_names == ("n=0", "n=1", "n=2", "n=3+")
    with pytest.raises(DataError, match=r"line 12, column 1 \('n'\): '3\+' is not a number"):
        tg.data.read_csv(write("n,y\n" + "".join(f"{k},{k % 2}\n" for k in range(10)) + "3+,1\n"))


@pytest.mark.parametrize("seed", range(12))
def test_what_pandas_writes(tmp_path: Path, seed: int) -> None:
    """Numbers, words and gaps under any separator, decimal sign, marker and encoding come back as they were."""
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install --group test")
    rng = np.random.default_rng(seed)
    separator, decimal = [(",", "."), (";", ","), ("\t", ","), ("|", "."), (";", "."), ("\t", ".")][seed % 6]
    header, marker = bool(rng.integers(2)), str(rng.choice(["", "NaN", "#N/A", "NULL", "<NA>", "n/a"]))
    encoding, n = str(rng.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])), 40
    gaps = rng.random((n, 3)) < 0.2
    frame = pandas.DataFrame(
        {
            "Größe": np.where(gaps[:, 0], np.nan, rng.normal(size=n).round(2) * 10.0 ** rng.integers(-3, 6)),
            "Zahl": pandas.array(rng.integers(-5, 5, n), dtype="Int64").astype("Int64"),
            "Wort": np.where(gaps[:, 1], None, rng.choice(["süß", "a b", 'quo"te', "x,y;z"], n)),
            "Ziel": rng.normal(size=n).round(3),
        }
    )
    frame.loc[gaps[:, 2], "Zahl"] = pandas.NA
    path = tmp_path / "t.csv"
    frame.to_csv(
        path, sep=separator, decimal=decimal, na_rep=marker, header=header, index=bool(seed % 2), encoding=encoding
    )
    data = tg.data.read_csv(path)
    numbers = frame[["Größe", "Zahl"]].astype(float)
    wanted = numbers.fillna(numbers.median())
    words = frame.Wort.fillna(frame.Wort.mode()[0])
    one_hot = [(words == word).astype(float) for word in sorted(set(words))]
    found = data.x[:, 1:] if data.x.shape[1] > 2 + len(one_hot) else data.x  # row numbers without a header stay
    np.testing.assert_allclose(found, np.column_stack([wanted, *one_hot]))
    np.testing.assert_allclose(data.y, frame.Ziel)


def test_a_part_of_a_part_learns_its_own(write: Write) -> None:
    data = tg.data.read_csv(write("a,y\n" + "1,u\n,v\n5,u\n9,v\n" * 4))
    part = data.take(8, seed=1)
    known = part.columns.inputs[0].values  # type: ignore[union-attr]
    assert part.encoder.features[0].fill == np.nanmedian(known)  # type: ignore[union-attr]
    standardized = tg.data.Standardizer.fit(part).apply(part)
    assert abs(standardized.x.mean()) < 1e-12 and len(standardized.take(4)) == 4
    np.testing.assert_array_equal(np.isin(standardized.take(4).x, standardized.x), True)
