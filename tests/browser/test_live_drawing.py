"""What a change of a number writes into the page that computes: texts that are others, and in sight; the rest later."""

from __future__ import annotations

import pytest

import tinygrad_edu as tg
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.readable import number

pytestmark = pytest.mark.browser

# Changes an input, and gives the texts that the next picture has written: [where, old, new, whether it is in sight].
WRITTEN = """(changes) => new Promise((done) => {
    const found = [];
    const inSight = (element) => {
        let { left, top, right, bottom } = element.getBoundingClientRect();
        for (const frame of [element.closest('#graph, #table, #leaves'), document.documentElement]) {
            const box = frame === document.documentElement
                ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : frame.getBoundingClientRect();
            [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
            [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
        }
        return right > left && bottom > top;
    };
    const observer = new MutationObserver((records) => {
        for (const { target, type, oldValue } of records) {
            const element = target.nodeType === 3 ? target.parentElement : target;
            const frame = element.closest('#graph, #table, #leaves');
            const whole = element.closest('.node, tr') ?? element;
            if (frame) found.push([frame.id, type === 'characterData' ? oldValue : null, target.data, inSight(whole)]);
        }
    });
    for (const id of ['graph', 'table', 'leaves']) {
        observer.observe(document.getElementById(id),
            { subtree: true, characterData: true, characterDataOldValue: true, childList: true });
    }
    tinygrad.compute(changes);
    requestAnimationFrame(() => queueMicrotask(() => {
        observer.disconnect();
        done(found);
    }));
})"""


DRAWN = "() => document.querySelector('#result').textContent"
# Who observes last is told last what is in sight.
OBSERVED = "() => new Promise((told) => new IntersectionObserver(told).observe(document.body))"
LAST = "(text) => [...document.querySelectorAll('#rows tr')].at(-1).children[2].textContent === text"


def layered(changes: dict[str, float] | None = None) -> tg.Value:
    """A network of 167 nodes with 55 inputs: more than a screen shows."""
    changes = changes or {}

    def value(name: str, start: float) -> tg.Value:
        return tg.Value(changes.get(name, start), name=name)

    xs = [value(f"x{i}", 0.3 * i - 0.5) for i in range(3)]
    total = value("c", 0.1)
    for j in range(10):
        h = value(f"b{j}", 0.05 * j)
        for i, x in enumerate(xs):
            h = h + value(f"w{j}{i}", 0.1 * j - 0.2 * i) * x
        total = total + value(f"v{j}", 0.5 - 0.1 * j) * tg.tanh(h)
    return total


STARTS = (1.5, 2.0, -3.0, 0.5)


def test_texts_that_stay_are_not_written(visit):
    def make(**changes: float) -> tg.Value:
        a, b, c, d = (tg.Value(changes.get(name, x), name=name) for name, x in zip("abcd", STARTS, strict=True))
        return a * b + c * d

    before, after = Trace.record(make()), Trace.record(make(a=-0.25))
    page = visit(compose(before, live=True), "#step=99", viewport={"width": 1280, "height": 2000})
    page.tab.wait_for_function(DRAWN)
    found = page.tab.evaluate(WRITTEN, {"a": -0.25})
    pairs = zip(before.nodes.values(), after.nodes.values(), strict=True)
    nodes = [(number(old.data), number(new.data)) for old, new in pairs]
    data = [pair for pair in nodes if pair[0] != pair[1]]
    grads = [("1.5", "-0.25")]  # only b's, which is a
    assert sorted((old, new) for where, old, new, _ in found if where == "graph") == sorted(data + grads)
    assert sorted((old, new) for where, old, new, _ in found if where == "table") == sorted(data + grads)
    assert [(old, new) for where, old, new, _ in found if where == "leaves"] == grads


def texts(page) -> list[list[str]]:
    return page.tab.evaluate(
        "['.node .data', '.node .grad', '#rows td', '#leaves output']"
        ".map((which) => [...document.querySelectorAll(which)].map((element) => element.textContent))"
    )


def test_what_is_out_of_sight_is_written_later(visit):
    changes = {"x0": 0.75, "w00": -1.25}
    page = visit(compose(Trace.record(layered()), live=True), "#step=9999")
    page.tab.wait_for_function(DRAWN)
    page.tab.evaluate(OBSERVED)
    before = texts(page)
    found = page.tab.evaluate(WRITTEN, changes)
    assert found and all(seen and old != new for _, old, new, seen in found)
    again = visit(compose(Trace.record(layered(changes)), live=True), "#step=9999")
    again.tab.wait_for_function(DRAWN)
    wanted = texts(again)
    others = sum(a != b for old, new in zip(before, wanted, strict=True) for a, b in zip(old, new, strict=True))
    assert len(found) < others / 2
    page.tab.wait_for_function(LAST, arg=wanted[2][-2])  # when the hand rests
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert texts(page) == wanted


def test_what_comes_into_sight_shows_the_latest_numbers(visit):
    page = visit(compose(Trace.record(layered()), live=True), "#step=9999")
    page.tab.wait_for_function(DRAWN)
    page.tab.evaluate("""() => { // a hand that does not rest
        const change = (x0) => {
            tinygrad.compute({ x0 });
            requestAnimationFrame(() => change(1.25 - x0));
        };
        change(0.5);
    }""")
    page.tab.locator("#rows tr").last.scroll_into_view_if_needed()
    trace = Trace.record(layered({"x0": 0.5}))
    page.tab.wait_for_function(LAST, arg=number(trace.nodes[trace.root].data))
