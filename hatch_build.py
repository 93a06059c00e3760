"""The wheel holds the lessons inside of their package; in the repository they stand beside it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Lessons(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders of lessons and of the quiz; an editable installation finds them where they are."""
        if version != "editable":
            for page in Path(self.root, "tutorials").glob("*/*.en.md"):
                place = f"tinygrad_edu_tutorials/lessons/{page.parent.name}"
                build_data["force_include"][str(page.parent)] = place
