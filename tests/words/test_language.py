"""Which language is spoken, and where."""

from __future__ import annotations

import threading

import pytest

import tinygrad_edu_words as words
from tinygrad_edu_cli.main import main

_ = words._  # these texts are no new ones

ENVIRONMENTS = {
    "nothing is said": ({}, "en"),
    "the usual variable": ({"LANG": "de_DE.UTF-8"}, "de"),
    "another country": ({"LANG": "de_AT@euro"}, "de"),
    "a code of Windows": ({"LANG": "de-CH"}, "de"),
    "messages before the rest": ({"LC_MESSAGES": "de_DE", "LANG": "en_US"}, "de"),
    "all before messages": ({"LC_ALL": "en_US", "LC_MESSAGES": "de_DE", "LANG": "de_DE"}, "en"),
    "an empty one is none": ({"LC_ALL": "", "LANG": "de_DE"}, "de"),
    "a list, the first that is known": ({"LANGUAGE": "fr:de:en", "LANG": "en_US.UTF-8"}, "de"),
    "a list that knows none": ({"LANGUAGE": "fr:it", "LANG": "de_DE.UTF-8"}, "de"),
    "no locale, whatever the list": ({"LANGUAGE": "de", "LC_ALL": "C"}, "en"),
    "neither language": ({"LANG": "fr_FR.UTF-8"}, "en"),
    "a name that only begins so": ({"LANG": "den_XX"}, "en"),
}


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_of_a_locale(case):
    environment, language = ENVIRONMENTS[case]
    assert words.from_environment(environment) == language


def test_a_block_is_left_as_it_was_entered():
    with words.speaking("de"):
        with words.speaking("en"):
            assert _("Pause") == "Pause" and _("Play") == "Play"
        assert _("Play") == "Abspielen"
        with pytest.raises(KeyError, match="no language 'fr'"), words.speaking("fr"):
            pass
    assert _("Play") == "Play"


def test_threads_speak_the_language_of_the_process_and_not_of_a_block():
    heard = []
    with words.speaking("de"):
        thread = threading.Thread(target=lambda: heard.append(_("Play")))
        thread.start()
        thread.join()
    words.choose("de")
    try:
        thread = threading.Thread(target=lambda: heard.append(_("Play")))
        thread.start()
        thread.join()
    finally:
        words.choose("en")
    assert heard == ["Play", "Abspielen"]


WRONG = {
    "--lang de": "Es fehlt ein Befehl",
    "--lang=de step a b": "Ein Argument ist zu viel (b)",
    "--lang de step --level deep": "'deep' ist keines von 'auto', 'scalar', 'op', 'layer'",
    "--lang de nonsense": "Es gibt keinen Befehl 'nonsense'",
    "--lang de step --plane": "Es gibt keine Option '--plane'",
    "--lang de train --width many": "Es gibt keine Option",
    "--lang fr step": "invalid value for '--lang': 'fr' is not one of 'en', 'de'",
    "step --lang de": "it stands before the command",
}


@pytest.mark.parametrize("typed", WRONG)
def test_what_is_typed_wrong(typed, capsys):
    assert main(typed.split()) == 2
    assert WRONG[typed] in capsys.readouterr().err
    assert main(["nonsense"]) == 2
    assert capsys.readouterr().err.startswith("error: no such command 'nonsense'")  # nothing stays behind


def test_help_in_the_language_of_the_locale(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert main(["--help"]) == 0
    german = capsys.readouterr().out
    assert german.startswith("Aufruf:") and "Zum Anfangen:\n" in german and "Diese Hilfe zeigen" in german
    assert "Exit-Codes: 0 fertig" in german
    assert main(["--lang", "en", "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage:")
