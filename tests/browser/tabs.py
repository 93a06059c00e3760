"""Tabs of the browser, and pages that are open in them.

What a test waits for is a function, `wait_for_function("() => ...")`: an expression is evaluated anew in the page at
each look but the first, and the policy of our pages forbids that.
"""

from __future__ import annotations

from typing import Any

PATIENCE = 120_000  # milliseconds for what is waited for, on a machine that has much else to do
USUAL = {"media": "screen", "color_scheme": "light", "reduced_motion": "no-preference", "forced_colors": "none"}


class Tabs:
    """Tabs of the browser, which are used again: to make one takes longer than to open most pages."""

    def __init__(self, chromium: Any):
        self.chromium = chromium
        self.free: list[Any] = []

    def take(self, viewport: dict[str, int] | None = None, **media: str) -> Any:
        """A blank tab.

        Args:
            viewport: its size; by default 1280 by 720 pixels.
            media: what `emulate_media` takes, such as color_scheme="dark".
        """
        tab = self.free.pop() if self.free else self.apart()
        tab.set_viewport_size(viewport or {"width": 1280, "height": 720})
        tab.emulate_media(**{**USUAL, **media})
        return tab

    def apart(self, **settings: Any) -> Any:
        """A new tab, in a context with these settings of its own."""
        tab = self.chromium.new_context(offline=True, **settings).new_page()
        tab.set_default_timeout(PATIENCE)
        return tab

    def give_back(self, tab: Any) -> None:
        tab.goto("about:blank")  # ends what runs there
        self.free.append(tab)


class Opened:
    """A page in the browser; keywords are those of `Tabs.take`, or of `Tabs.apart` where `apart=True`.

    Attributes:
        tab: playwright's page.
        complaints: errors, warnings and dialogs so far.
        requests: addresses that were asked for.
    """

    def __init__(self, tabs: Tabs, address: str, apart: bool = False, **settings: Any):
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab = tabs.apart(**settings) if apart else tabs.take(**settings)
        self._end = self.tab.context.close if apart else lambda: tabs.give_back(self.tab)
        self._listeners = {
            "console": lambda message: self.complaints.append(message.text),
            "pageerror": lambda error: self.complaints.append(str(error)),
            "dialog": lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()),
            "request": lambda request: self.requests.append(request.url),
        }
        for event, listener in self._listeners.items():
            self.tab.on(event, listener)
        self.tab.goto(address)

    def close(self) -> None:
        for event, listener in self._listeners.items():
            self.tab.remove_listener(event, listener)
        self._end()

    def stop_the_clock(self) -> None:
        """From now on time passes only where a test says so; the tab has to be one of its own, for it stays so."""
        self.tab.clock.install()
        self.tab.clock.pause_at("2100-01-01")

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.tab.keyboard.press(key)

    @property
    def position(self) -> int:
        return int(self.tab.locator("#slider").input_value())

    def texts(self, selector: str) -> list[str]:
        return self.tab.locator(selector).all_text_contents()

    def text(self, selector: str) -> str:
        (found,) = self.texts(selector)
        return found

    def box(self, key: str, what: str) -> list[str]:
        """The lines of data, or of grad, in the box of a node."""
        return [line for line in self.texts(f"#node-{key} .{what}") if line]
