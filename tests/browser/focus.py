"""Where the focus should be, and where it is; and frames, into which it goes, and out of which it comes, later."""

from __future__ import annotations

from typing import Any

READY = """() => document.querySelector('#slider') ? document.querySelector('#slider[aria-valuetext]') !== null
    : window.tinygrad !== undefined"""
FRAME_READY = "() => document.querySelector('h1') && !document.querySelector('#program')"
# What Tab should lead to, in order: of radio buttons of one name the chosen one.
STOPS = """() => {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    const all = "button, input, select, textarea, summary, a[href], [tabindex='0']";
    window.stops = [...document.querySelectorAll(all)].filter((each) => {
        const chosen = each.type !== "radio" || each.checked;
        return each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex === 0 && chosen;
    });
    return stops.length;
}"""
# Where the focus is: its place among the stops, and what is wrong with how it looks; null at the end of the page.
FOCUS = """() => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    const wrong = [], box = each.getBoundingClientRect(), about = `${each.tagName}#${each.id} ${each.className}`;
    const outlined = (part) => {
        const style = getComputedStyle(part);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const ring = each.querySelector(":scope > .ring"), label = each.closest("label");
    const isRinged = ring && getComputedStyle(ring).stroke !== "none";
    const isFrame = each.tagName === "IFRAME"; // what has the focus is in there, and shown by that page
    if (!isFrame && !outlined(each) && !isRinged && !(label && outlined(label))) wrong.push(`${about} shows no focus`);
    // Seen is what is not wholly behind something.
    const seen = label && each.type === "radio" ? label.getBoundingClientRect() : box;
    const isSeen = [0.5, 0.1, 0.9].some((across) => [0.5, 0.1, 0.9].some((down) => {
        const [x, y] = [seen.left + across * seen.width, seen.top + down * seen.height];
        const top = document.elementFromPoint(x, y);
        return top && (each.contains(top) || label?.contains(top));
    }));
    if (!isSeen) wrong.push(`${about} is out of sight`);
    return [stops.indexOf(each), wrong];
}"""

IN_FRAME = "() => document.activeElement.tagName === 'IFRAME'"
# The focus is on its way from frame to frame until it is elsewhere, and somewhere: in the page, or out of it.
REMEMBER = "() => { window.focused = document.activeElement; return document.hasFocus(); }"
HAS_MOVED = "() => document.activeElement !== window.focused || !document.hasFocus()"
AT_REST = "() => document.activeElement !== document.body || !document.hasFocus()"


def ready_frames(tab: Any) -> list[Any]:
    """The frames of a page that can be seen, when their programs have begun."""
    found = []
    for frame in tab.locator("iframe:visible").all():
        frame.scroll_into_view_if_needed()  # it is not loaded before it is in sight
        found.append(frame.element_handle().content_frame())
        found[-1].wait_for_function(FRAME_READY)
    return found


def press_tab(tab: Any, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, and wait until the focus has come to rest."""
    if len(tab.frames) == 1:
        return tab.keyboard.press(key)  # is done when it is there
    frames = [frame for frame in tab.frames if frame.evaluate(REMEMBER)]
    tab.keyboard.press(key)
    while not any(frame.evaluate(HAS_MOVED) for frame in frames):
        pass
    tab.wait_for_function(AT_REST)
