"""What the engine says of the columns of a file, in parts that are read in the language that is spoken.

The engine speaks English: `tinygrad_edu/data` has the same texts.
"""

from __future__ import annotations

from tinygrad_edu_words import N_, _
from tinygrad_edu_words.sentences import Sentence, spoken

THE_FILE = N_("the file")
WHOLE = {  # parts without a slot: no name of a user is looked up among them
    *(N_("a number"), N_("numbers"), N_("the target, a number"), N_("no header")),
    *(N_("not used: the network was trained without it"), N_("decimal commas"), N_("percent: 12% is 0.12")),
    *(N_("separated by tabs"), N_("separated by semicolons"), N_("separated by vertical bars")),
    N_("the columns are in another order than in the training: each was found by its name"),
    *(N_("in UTF-16"), N_("1 row without a target is left out"), N_("left out: empty")),
    N_("left out: dates: make numbers of them, the year or the days since then, if they matter"),
    N_("left out: numbers that only name a row, or something else"),
    N_("left out: a word of its own for each row"),
}
PATTERNS = (
    Sentence("in Windows-1252, which has all of Latin-1, as line {line} is not in UTF-8 (byte {byte})"),
    Sentence("in Latin-1, as line {line} is not in UTF-8 (byte {byte})"),
    Sentence("{rows} rows without a target are left out"),
    Sentence("the target, classes: {names}"),
    Sentence("some differ in upper and lower case alone: {names}"),
    Sentence("without the sign {sign}"),
    *(Sentence("words, {n} input: {names}"), Sentence("words, {n} inputs: {names}")),
    Sentence("{gaps} missing, filled with the median, {fill}"),
    Sentence("{gaps} missing, filled with the commonest, {fill}"),
    Sentence("{name}: {gaps} missing, filled with the median of the training, {fill}"),
    Sentence("{name}: {gaps} missing, filled with the commonest of the training, {fill}"),
    Sentence("left out: the same in every row, {fill}"),
    Sentence("left out: {different} different words in {rows} rows, too many to learn from"),
    Sentence(
        "{name}: {rows} of {all} rows have words that were not in the training ({words}): they count as none of {known}"
    ),
    Sentence("not used, as the training had no such columns: {names}"),
)


def column_text(text: str) -> str:
    """What is said of a column, or of the file."""
    return "; ".join(_(part) if part in WHOLE else spoken(part) for part in text.split("; "))
