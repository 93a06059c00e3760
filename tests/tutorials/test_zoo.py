"""The bug zoo: fourteen programs that fit on a screen, each with one cause among four and with a mistake of its own.

What each prints, that a repaired one is right, and what the check says of wrong repairs, is proved by `prove zoo`.
"""

from collections import Counter

from tinygrad_edu_tutorials import library
from tinygrad_edu_tutorials.reading.code import code_only
from tinygrad_edu_tutorials.reading.lesson import wrong_answers
from tinygrad_edu_tutorials.running.judging import exercises_of

ZOO = library.lesson("zoo", "en")
ANIMALS = [part.key for part in ZOO.all("exercise")]
LINES = 30  # of code


def test_fourteen_animals_fit_on_a_screen_and_differ():
    texts = [part.text for kind in ("exercise", "program") for part in ZOO.all(kind)]
    assert len(ANIMALS) == len({code_only(part.text) for part in ZOO.all("exercise")}) == 14
    assert max(sum(map(bool, map(str.strip, text.splitlines()))) for text in texts) <= LINES


def test_each_cause_is_one_of_four_letters_and_the_right_ones_are_spread():
    asked = {key: ZOO.one("predict", key) for key in ANIMALS}
    assert all(sorted([*wrong_answers(part), part.attrs["answer"]]) == list("abcd") for part in asked.values())
    spread = Counter(part.attrs["answer"] for part in asked.values())
    assert min(spread.values()) >= 3 and len(spread) == 4


def test_the_program_of_the_page_is_told_that_nothing_is_repaired():
    exercises = exercises_of(library.FOLDER / "zoo")
    assert {e.stub_is for e in exercises.values()} == {"still"} and all(
        "still" in e.mistakes for e in exercises.values()
    )


def test_the_last_table_names_every_animal_once():
    (table,) = (part.text for part in ZOO.parts if part.text.startswith("| what you see"))
    named = [name for row in table.splitlines()[2:] for name in row.split("|")[3].strip(" -").split(", ") if name]
    assert sorted(named) == sorted(ANIMALS)
