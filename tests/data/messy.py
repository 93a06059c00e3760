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
