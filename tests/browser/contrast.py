"""The contrast of all letters with what is behind them, as it was painted: over gradients, in SVG, in forced colours.

A page is photographed without its letters. Each letter's computed colour is then compared with every colour that makes
up a fifth or more of the box around it (https://www.w3.org/TR/WCAG22/#contrast-minimum).
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

OTHER = "[type=range], [type=checkbox], [type=radio], [type=file]"
FIELDS = f":is(select, textarea, input:not({OTHER})):enabled"
CONTROLS = f"button:enabled, {FIELDS}"
LETTERS = (
    f"const FIELDS = {FIELDS!r};"
    + """
(() => {
    const found = [], range = document.createRange(), forced = matchMedia("(forced-colors: active)").matches;
    if (document.activeElement.type === "text") document.activeElement.setSelectionRange(0, 0);
    const clip = (element, { left, top, right, bottom }) => { // what frames that scroll leave of a box; null: nothing
        for (let around = element; around !== document.body; around = around.parentElement) {
            const style = getComputedStyle(around), frame = around.getBoundingClientRect();
            if (style.visibility !== "visible" || style.clipPath !== "none") return null;
            if (style.overflowX === "visible") continue;
            [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
            [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
        }
        return right > left && bottom > top ? { left, top, right, bottom } : null;
    };
    const area = ({ left, top, right, bottom }) => (right - left) * (bottom - top);
    const add = (element, text, whole) => {
        const box = clip(element, whole), style = getComputedStyle(element), svg = element.ownerSVGElement;
        if (!box || area(box) < area(whole) / 2) return; // mostly out of sight
        let opacity = 1;
        for (let around = element; around; around = around.parentElement) opacity *= getComputedStyle(around).opacity;
        found.push({
            text: text.trim().slice(0, 40), box: [box.left, box.top, box.right, box.bottom], opacity,
            colour: svg ? style.fill : style.color, weight: Number(style.fontWeight),
            size: parseFloat(style.fontSize) * (svg?.getScreenCTM().a ?? 1),
            where: `${element.tagName}#${element.id}.${element.getAttribute("class")}`,
        });
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (forced && !element.ownerSVGElement) continue; // the browser sees to what is HTML
        if (!node.data.trim() || element.closest("script, style, option, :disabled, [hidden]")) continue;
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) if (area(box)) add(element, node.data, box);
    }
    for (const field of document.querySelectorAll(forced ? "none" : FIELDS)) {
        const { left, top, right, bottom } = field.getBoundingClientRect();
        if (!right) continue;
        add(field, field.value || "field", { left: left + 4, top: top + 4, right: right - 4, bottom: bottom - 4 });
    }
    return found;
})()"""
)
HIDE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { -webkit-text-fill-color: transparent !important; caret-color: transparent !important;
        text-decoration-color: transparent !important; }
        svg text, svg tspan { fill: transparent !important; forced-color-adjust: none !important; }`);
    document.adoptedStyleSheets.push(sheet);
}"""

UNSEEN = ", ".join(
    [
        ".grid, .frame, #curve > line:not(.axis)",  # help the eye, and tell nothing
        ".hit",  # catches the pointer
        "#edges path",  # the fainter, the nearer to nothing; width and table tell it, and who asks for contrast has it
    ]
)
LINES = (
    f"const UNSEEN = {UNSEEN!r}, CONTROLS = {CONTROLS!r};"
    + """
(() => {
    const found = [], forced = matchMedia("(forced-colors: active)").matches;
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.backgroundColor = "Canvas";
    const canvas = getComputedStyle(probe).backgroundColor;
    probe.remove();
    const paperOf = (element) => {
        for (let around = element; around && !forced; around = around.parentElement) {
            const colour = getComputedStyle(around).backgroundColor;
            if (!colour.endsWith(", 0)")) return colour;
        }
        return canvas;
    };
    const add = (element, around, colours) => {
        const isSeen = element.getClientRects().length && getComputedStyle(element).visibility === "visible";
        const where = `${element.tagName}#${element.id}.${element.getAttribute("class")} in #${around.id}`;
        if (isSeen && colours.length) found.push({ colours, paper: paperOf(around), where });
    };
    for (const shape of document.querySelectorAll("svg :is(rect, path, polygon, polyline, line, circle)")) {
        const style = getComputedStyle(shape);
        const paints = [[style.stroke, style.strokeOpacity], [style.fill, style.fillOpacity]];
        const drawn = paints.filter(([paint]) => paint !== "none");
        if (shape.matches(UNSEEN)) continue;
        add(shape, shape.parentNode, drawn.map(([paint, opacity]) => [paint, opacity * style.opacity]));
    }
    for (const control of document.querySelectorAll(CONTROLS)) {
        const style = getComputedStyle(control);
        add(control, control.parentElement, [[style.borderTopColor, 1], [style.backgroundColor, 1]]);
    }
    return found;
})()"""
)


def luminance(colours: Any) -> Any:
    """Of colours (..., 3) from 0 to 255 (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = np.asarray(colours, dtype=float) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one: Any, other: Any) -> Any:
    """From 1 to 21."""
    a, b = luminance(one) + 0.05, luminance(other) + 0.05
    return np.maximum(a, b) / np.minimum(a, b)


def parsed(colour: str) -> tuple[Any, float]:
    """Red, green and blue; and the opacity, of "rgb(1, 2, 3)" or "rgba(1, 2, 3, 0.5)"."""
    numbers = [float(part) for part in colour.partition("(")[2].rstrip(")").replace("/", ",").split(",")]
    return np.array(numbers[:3]), numbers[3] if len(numbers) > 3 else 1.0


def faint_letters(tab: Any) -> list[tuple[float, str, str]]:
    """(contrast, text, where) of what is too faint to be read, in a viewport as high as the page."""
    letters = tab.evaluate(LETTERS)
    if not letters:
        return []
    sheets = tab.evaluate("document.adoptedStyleSheets.length")
    tab.evaluate(HIDE)
    height = 1 + max(letter["box"][3] for letter in letters)  # below there is nothing to compare
    part = {"x": 0, "y": 0, **tab.viewport_size, "height": min(height, tab.viewport_size["height"])}
    picture = np.array(Image.open(io.BytesIO(tab.screenshot(clip=part))).convert("RGB"))
    tab.evaluate("(n) => { document.adoptedStyleSheets.length = n; }", sheets)
    found = set()
    for letter in letters:
        left, top, right, bottom = (round(side) for side in letter["box"])
        behind = picture[max(top, 0) : bottom, max(left, 0) : right].reshape(-1, 3)
        if not len(behind):
            continue
        colours, counts = np.unique(behind @ [1 << 16, 1 << 8, 1], return_counts=True)
        colours = colours[counts >= min(0.2 * len(behind), counts.max())]
        colours = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
        ink, opacity = parsed(letter["colour"])
        opacity *= letter["opacity"]
        seen = min(contrast(ink * opacity + paper * (1 - opacity), paper) for paper in colours)
        is_large = letter["size"] >= 24 or (letter["size"] >= 18.66 and letter["weight"] >= 700)
        if seen < (3 if is_large else 4.5) - 0.01:
            found.add((round(float(seen), 2), letter["text"], letter["where"]))
    return sorted(found)


def faint_lines(tab: Any) -> list[tuple[float, str]]:
    """(contrast, where) of shapes and of outlines of controls that neither stroke nor fill sets off from the paper."""
    found = set()
    for line in tab.evaluate(LINES):
        paper, _ = parsed(line["paper"])
        inks = [(parsed(colour), opacity) for colour, opacity in line["colours"]]
        seen = max(contrast(ink * a * opacity + paper * (1 - a * opacity), paper) for (ink, a), opacity in inks)
        if seen < 2.99:
            found.add((round(float(seen), 2), line["where"]))
    return sorted(found)
