"""Tables as people have them, of our own making, and what is in them."""

from __future__ import annotations

import numpy as np

PORTS = ("Cherbourg", "Queenstown", "Southampton")


def passengers(rows: int = 120, seed: int = 0) -> str:
    """Like the list of the Titanic: ids, names, words, gaps, a class as a number."""
    rng = np.random.default_rng(seed)
    lines = ["PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Ticket,Fare,Cabin,Embarked"]
    for k in range(1, rows + 1):
        sex = rng.choice(["male", "female"])
        age = "" if rng.random() < 0.2 else f"{rng.integers(1, 80)}"
        survived = int(rng.random() < (0.8 if sex == "female" else 0.2))
        port = rng.choice([*PORTS, "", PORTS[2]])
        cabin = f"C{k}" if rng.random() < 0.2 else ""
        name = f'"Number {k}, of {rows}"'
        cells = (
            survived,
            rng.integers(1, 4),
            name,
            sex,
            age,
            rng.integers(0, 3),
            f"A/5 {k}",
            f"{k + rng.random():.4f}",
        )
        lines.append(",".join(map(str, (k, *cells, cabin, port))))
    return "\n".join(lines) + "\n"


def flats() -> bytes:
    """As Excel saves it in Germany: semicolons, decimal commas, thousands with points, percent, Latin-1."""
    lines = ["Fläche;Miete;Lage;Leerstand;Baujahr"]
    for k in range(24):
        rent = f"{1 + k // 12}.{100 + 7 * k},{10 + k}"
        lines.append(f"{40 + k},5;{rent};{['München', 'Köln', 'Ulm'][k % 3]};{k % 5} %;{1950 + 3 * k}")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def orders() -> str:
    """Ids and dates, a constant, an empty column, row numbers of pandas, and two numbers to learn from."""
    lines = [",order_id,when,shop,note,items,weight,price"]
    for k in range(30):
        day = f"{k % 28 + 1}.0{k % 9 + 1}.2024"
        lines.append(f"{k},{9000 + 7 * k % 211},{day} 12:00,North,,{k % 4 + 1},{k * 0.3 + 1:.2f},{2 + k * 1.25:.2f}")
    return "\n".join(lines) + "\n"


DAMAGED = [  # tables from which nothing can be learned, and what is said of each
    ("", "is empty"),
    ("\n\n \n", "is empty"),
    ("a,b,kind\n", "has a header, but no rows"),
    ("1\n2\n", "line 1: only one column"),
    ("a b c\n1 2 3\n", "line 1: only one column.*commas, semicolons or tabs"),
    ("a,b,kind\n1,2,x\n3,y\n", "line 3: 2 cells, but line 1 has 3"),
    ("a,b,kind\n1,2,x\n\n3,4,y,\n", "line 4: 4 cells, but line 1 has 3"),
    ("a,b,kind\n1,,x\n1,?,y\n", "no column to learn from: 'a' is left out: the same .*, 1; 'b' is left out: empty"),
    ("id,when,kind\n1,2020-01-03,x\n2,2020-01-04,y\n5,2020-01-05,x\n", "'id' .* only name .*'when' .*dates"),
    ("a,b,kind\n1,2,x\n3,4,\n", "the target is 'x' in every row"),
    ("a,b,kind\n1,2,\n3,4,NA\n", "no value in the column 'kind', which is the target"),
    ("a,b,kind\n1,2,x\n3,red,y\n", r"line 3, column 2 \('b'\): 'red' is not a number: correct it"),
    ("a;b;k\n1,5;2;x\n1.5.2;3;y\n", r"line 3, column 1 \('a'\): '1.5.2' is not a number: correct it"),
    ("My data\na,b,c\n1,2,x\n3,4,y\n", "line 1: 1 cell, but 3 other lines have 3: delete it, if it is a title"),
    ("a,b\n1,2,x\n3,4,y\n5,6,y\n", "line 1: 2 cells, but 3 other lines have 3: .*give each column one name"),
    ("a,b,kind\n1,1_000,x\n3,4,y\n", "'1_000' is not a number"),
    ("a,b,kind\n1,inf,x\n3,4,y\n", r"line 2, column 2 \('b'\): inf is not a finite number"),
    ("a,b,kind\n1,1e999,x\n3,4,y\n", "1e999 is not a finite number"),
    ("a,b,y\n1,2,inf\n3,4,1\n", r"line 2, column 3 \('y'\): inf is not a finite number"),
    ("a,kind\n1,x\n2,x\n", "the target is 'x' in every row, so there is only one class"),
    ("a,kind\n1,1\n2,1.0\n", "the target is '1' in every row"),
    ("a,kind\n1,x\n", "only one class"),
    ("a,kind\n1,x\n2,y\n3,z\n", "each row has a class of its own"),
    ("a,kind\n1,1\n2,one\n3,1\n", r"line 3, column 2 \('kind'\): 'one' is not a number: name all classes in words"),
    ("2019,2020,target\n1,2,3\n4,5,6\n", "line 1, column 3.*'target' is not a number.*a header"),
    ("a,b,a\n1,2,3\n", "line 1: two columns are named 'a'"),
    ("a,b,a,b,a\n1,2,3,4,5\n", "3 problems\n.*line 1: 3 columns are named 'a'.*\n.*line 1: two columns are named 'b'"),
    (
        "a,b,kind\n1,2,x\n3,4\n5,6,y,z\n7,inf,x\n8,9,y\n",
        "3 problems\n.*line 3: 2 .*\n.*line 4: 4 .*\n.*line 5, column 2",
    ),
    ("date,value\n2020-01-01,0.5\n2020-01-02,1.5\n", "no column to learn from: 'date' is left out: dates"),
    ('a,kind\n1,"x\n2,y\n', "after line 1: unexpected end of data: is a double quote missing"),
    ('a,kind\n1,"x"y\n', "after line 1: .*: is a double quote missing"),
]
