"""The site's own work: lessons as pages, docstrings as reStructuredText, and links that lead somewhere. tests/browser
opens the site that is built."""

from __future__ import annotations

import html
import inspect
import re
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu_tutorials.library import FOLDER, lesson, names
from tinygrad_edu_tutorials.site import __main__ as command
from tinygrad_edu_tutorials.site import lessons
from tinygrad_edu_tutorials.site.linking import broken
from tinygrad_edu_words import speaking

PICTURES = FOLDER.parent / "visualizations/pictures"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", names())
def test_a_page_has_all_that_its_lesson_has(name, language):
    read = lesson(name, language)
    with speaking(language):
        page = lessons.page(read, lambda typed: f"<frame {html.escape(typed)}>" if " step" in typed else None, "f", {})
    parts = list(read.flat())
    assert "<!--" not in page
    assert page.count("<details") == page.count("</details>") > len(read.all("hint"))
    for part in parts:
        if part.kind in ("code", "figure", "exercise", "program", "output"):
            assert part.text.strip() in page
        elif part.kind == "image":
            assert f"![{part.attrs['alt']}](f/{Path(part.attrs['src']).name})" in page
        elif part.kind != "command":
            assert part.clean.strip() in page
            assert html.escape(part.summary, quote=False).replace("`", "") in re.sub("</?code>", "", page)
    steps = [typed for part in read.all("command") for typed in lessons.commands(part) if " step" in typed]
    assert re.findall("<frame (.*)>", page) == [html.escape(typed) for typed in steps]
    assert page.count(f"<summary>{'Was eine' if language == 'de' else 'What a wrong'}") <= len(read.all("exercise"))


def test_the_gallery_has_every_picture_and_a_command_for_each():
    text = (FOLDER.parent / "docs/gallery.md").read_text("utf-8")
    shown = re.findall(
        r"^```sh\ntinygrad-edu .*\n```\n\n!\[[^\]]{9,}\]\(\.\./visualizations/pictures/(.*)\)$", text, re.M
    )
    assert sorted(shown) == sorted(path.name for path in PICTURES.iterdir())


LINKS = {  # what a page says: what is wrong with it
    '<a href="other.html#there">': None,
    '<a href="#here" id="here">': None,
    '<a href="https://example.org">': None,
    '<img src="data:image/png;base64,">': None,
    '<a href="gone.html">': "leads to gone.html",
    '<a href="other.html#gone">': "leads to other.html#gone",
    '<img src="gone.png">': "leads to gone.png",
    '<script src="https://example.org/math.js"></script>': "asks for https://example.org/math.js",
    '<link rel="stylesheet" href="//fonts.example.org/a.css">': "asks for //fonts.example.org/a.css",
}


@pytest.mark.parametrize("page", LINKS)
def test_links_are_checked(page, tmp_path):
    (tmp_path / "other.html").write_text('<h1 id="there">')
    (tmp_path / "page.html").write_text(page)
    found = broken(tmp_path)
    assert [LINKS[page] in line and line.startswith("page.html: ") for line in found] == [True] * (
        LINKS[page] is not None
    )


def test_what_is_missing_and_what_is_there_is_told(monkeypatch, capsys, tmp_path):
    assert command.main([]) == 2 and command.main(["--fast"]) == 2 and command.main(["--help"]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(command, "find_spec", lambda name: None)
        assert command.main([str(tmp_path / "site")]) == 3
    assert "needs sphinx" in (said := capsys.readouterr().err) and "--group site" in said
    pytest.importorskip("sphinx", reason="needs Sphinx: pip install --group site")
    (tmp_path / "index.html").write_text("mine")
    assert command.main([str(tmp_path)]) == 4
    assert "holds other things" in capsys.readouterr().err and (tmp_path / "index.html").read_text() == "mine"


DOCSTRINGS = {  # a docstring: the text that people read, and how many blocks of code there are
    "|w|² and *args and a_ and 2**x \\ y.": ("|w|² and *args and a_ and 2**x \\ y.", 0),
    "`Value`s of `tg.nn`, `{'a': 1}`.": ("Values of tg.nn, {'a': 1}.", 0),
    "As follows,\n\n    m ← β₁ * m    |v|\n\nand more.": ("As follows,\n\nm ← β₁ * m    |v|\n\nand more.", 1),
    "A list:\n\n- one *a*\n- two": ("A list:\n\none *a*\n\ntwo", 0),
    ">>> a, b = 1, 2\n>>> a * b\n2": (">>> a, b = 1, 2\n>>> a * b\n2", 1),
}


@pytest.mark.parametrize("said", DOCSTRINGS)
def test_a_docstring_is_read_as_it_is_written(said):
    core = pytest.importorskip("docutils.core", reason="needs Sphinx: pip install --group site")
    from docutils import nodes

    from tinygrad_edu_tutorials.site.docstrings import converted

    quiet = {"report_level": 2, "halt_level": 2, "warning_stream": False}
    tree = core.publish_doctree(
        ".. default-role:: literal\n\n" + "\n".join(converted(said.splitlines())), settings_overrides=quiet
    )
    blocks = [*tree.findall(nodes.literal_block), *tree.findall(nodes.doctest_block)]
    assert (tree.astext(), len(blocks)) == DOCSTRINGS[said]


def test_every_public_name_is_on_a_page_of_the_api(tmp_path):
    from tinygrad_edu_tutorials.site import api

    api.write(tmp_path)
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "api").iterdir())
    for package in (tg, tg.nn, tg.optim, tg.losses, tg.data, tg.train):
        for name in package.__all__:
            home = tg.errors if name in tg.errors.__all__ else package
            where = rf":: {home.__name__}\.{name}$"
            assert inspect.ismodule(getattr(package, name)) or re.search(where, text, re.M), where
