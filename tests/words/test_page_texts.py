"""Texts within the parts of pages."""

from __future__ import annotations

import pytest

from tinygrad_edu_words import page_texts, speaking

PARTS = {
    'a = _("Play");': 'a = _("Abspielen");',
    'f(_("Play"), _( "Pause", { n }))': 'f(_("Abspielen"), _("Pause", { n }))',
    'ngettext("{n} step", "{n} steps", n)': 'ngettext("{n} step", "{n} steps", n)',  # nobody has translated it
    'my_("Play"), $_("Play"), x._("Play"), _(name)': 'my_("Play"), $_("Play"), x._("Play"), _(name)',
}


@pytest.mark.parametrize("part", PARTS)
def test_of_a_script(part):
    assert page_texts.translated("x.js", part) == part
    assert page_texts.translated("x.css", part) == part
    with speaking("de"):
        assert page_texts.translated("x.js", part) == PARTS[part]


def test_of_html():
    part = '<html lang="en"><b title="[[Next pass]]">[[Previous\n  pass]]</b> [x]</html>'
    assert page_texts.translated("x.html", part) == part.replace("[[", "").replace("]]", "").replace("\n  ", " ")
    with speaking("de"):
        german = page_texts.translated("x.html", part)
    assert german == '<html lang="de"><b title="Nächster Durchlauf">Voriger Durchlauf</b> [x]</html>'
