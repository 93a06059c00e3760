"""Which command of a lesson becomes which page."""

from __future__ import annotations

import pytest

from tinygrad_edu_tutorials.exporting.players import player
from tinygrad_edu_tutorials.reading.lesson import Part, commands
from tinygrad_edu_words import speaking

COMMANDS = {  # what the page has that only such a page has; None: there is no page
    'tinygrad-edu step "a*b + a" --set a=2 --set b=-3 --break b  # look at b': "<title>a*b + a</title>",
    "tinygrad-edu train --data circles --lr 0.3 --patience 5": "<title>Spielplatz",
    "tinygrad-edu train --data digits": None,  # more than the plane
    "tinygrad-edu compare lr=0.1,1 --data moons": None,
    'tinygrad-edu step "a*b + a" --set a=2 --set b=-3 --order naive': None,
    "tinygrad-edu step neuron.py:loss": None,
    "tinygrad-edu": None,
    "rm -r lessons": None,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_becomes_the_page_that_it_writes(command):
    with speaking("de"):
        found = player(command)
    wanted = COMMANDS[command]
    assert (found is None) == (wanted is None)
    if found is not None:
        assert wanted in found.page and '<html lang="de">' in found.page
        assert 560 <= found.height <= 900 and found.title


def test_a_command_that_fails_is_no_refusal(tmp_path, monkeypatch):
    broken = tmp_path / "tinygrad_edu_cli"
    broken.mkdir()
    (broken / "__init__.py").write_text("import a_piece_that_is_gone", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"(?s)^tinygrad-edu step 5: exit code 1\n.*a_piece_that_is_gone"):
        player("tinygrad-edu step 5")


def test_a_part_has_a_command_a_line():
    part = Part("command", "# first\ntinygrad-edu step \\\n  --predict\n\ntinygrad-edu compare lr=1,2\n", 1)
    assert [line.split() for line in commands(part)] == [
        ["tinygrad-edu", "step", "--predict"],
        ["tinygrad-edu", "compare", "lr=1,2"],
    ]
