"""Players beside the pages of the site: each is written once, into a file of its own."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tinygrad_edu_words import _

from ..exporting.players import player

TOGETHER = 2  # commands that run at the same time


class Players:
    """The players of a site in one language.

    Args:
        folder: for their files.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def prepare(self, typed: Iterable[str]) -> None:
        """Make the players of commands, several at a time; `player` keeps them."""
        with ThreadPoolExecutor(TOGETHER) as pool:
            list(pool.map(player, dict.fromkeys(typed)))

    def frame(self, typed: str, root: str = "../") -> str | None:
        """The player of a command as an element of HTML, with the command below it; None if there is none.

        Args:
            root: the way from the page to the site's root.
        """
        found = player(typed)
        if found is None:
            return None
        name = f"{hashlib.sha256(found.page.encode()).hexdigest()[:12]}.html"
        (self.folder / name).write_text(found.page, encoding="utf-8")
        address, sandbox = f"{root}players/{name}", " ".join(["allow-scripts", *found.allowed])
        return (
            f'<figure class="player"><iframe src="{address}" title="{html.escape(found.title)}" sandbox="{sandbox}" '
            f'height="{found.height}" loading="lazy"></iframe>\n<figcaption><code>{html.escape(typed)}</code> '
            f'<a href="{address}">{_("on a page of its own")}</a> {html.escape(found.note)}</figcaption></figure>'
        )
