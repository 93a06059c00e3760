"""What Sphinx is told, and what is done to its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ELSEWHERE = {"en": ("de/", "Deutsch", "de"), "de": ("../", "English", "en")}
"""From the root of a language: the way to the other one, its name, its code."""


def settings(language: str, source: Path) -> dict[str, Any]:
    """Sphinx's configuration for a language."""
    return {
        "project": "tinygrad-edu",
        "html_title": "tinygrad-edu",
        "language": language,
        "extensions": [
            *("myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tinygrad_edu_tutorials.site.docstrings"),
            "tinygrad_edu_tutorials.site.settings",
        ],
        "source_suffix": {".md": "markdown", ".rst": "restructuredtext"},
        "highlight_language": "none",
        "pygments_style": "a11y-high-contrast-light",
        "smartquotes_action": "D",
        "nitpicky": True,
        "default_role": "py:obj",
        "myst_heading_anchors": 3,
        "templates_path": [str(HERE / "theme")],
        "html_theme": "furo",
        "html_static_path": [str(HERE / "static")],
        "html_css_files": ["site.css"],
        "html_js_files": ["german.js"] if language == "de" else [],
        "html_extra_path": [str(source / "extra")],
        "exclude_patterns": ["extra"],
        "html_copy_source": False,
        "html_show_copyright": False,
        "html_show_search_summary": False,  # they would be fetched, which pages that are files may not
        "html_sidebars": {"**": [f"sidebar/{part}.html" for part in SIDEBAR]},
        "html_theme_options": {"navigation_with_keys": True},
        "autodoc_member_order": "bysource",
        "autodoc_typehints_format": "short",
        "napoleon_numpy_docstring": False,
        "python_maximum_signature_line_length": 90,
        "python_use_unqualified_type_names": True,
    }


SIDEBAR = ("brand", "language", "search", "scroll-start", "navigation", "scroll-end")


def setup(app: Any) -> dict[str, Any]:
    app.connect("builder-inited", _dark_code, priority=100)  # before furo asks for it, which is no extension by itself
    app.connect("html-page-context", _twin)
    app.connect("html-page-context", _for_everyone, priority=900)  # after furo
    return {"parallel_read_safe": True}


def _dark_code(app: Any) -> None:
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def _for_everyone(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """What screen readers and keys need beside what Sphinx and furo write: levels of headings, code that scrolls."""
    for part, written, better in (
        ("furo_navigation_tree", 'role="heading"', 'role="heading" aria-level="2"'),
        ("body", "<pre>", '<pre tabindex="0">'),
    ):
        if part in context:
            context[part] = context[part].replace(written, better)


def _twin(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Where the page is in the other language; where it is in one only, its front page."""
    way, word, code = ELSEWHERE[app.config.language]
    both = name.startswith("lessons/") or name in ("index", "search")
    up = "../" * name.count("/")
    context["twin"] = {"address": f"{up}{way}{name if both else 'index'}.html", "word": word, "code": code}
