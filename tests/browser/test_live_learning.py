"""Learning on the page that computes: optimizers with all their settings, undo of everything, and the link."""

from __future__ import annotations

import inspect
import itertools
import math
import random
from typing import Any
from urllib.parse import quote

import pytest

import tinygrad_edu as tg
from browser.test_live_page import NUMBERS, live, neuron
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.javascript.settings import limits

pytestmark = pytest.mark.browser

KINDS = [kind for name in tg.optim.__all__ if inspect.isclass(kind := getattr(tg.optim, name))]
KINDS = [kind for kind in KINDS if issubclass(kind, tg.optim.Optimizer) and kind is not tg.optim.Optimizer]
STATE = "tinygrad.state()"


def said(page: Any, text: str, where: str = "#said") -> None:
    """Wait until it stands there."""
    page.tab.locator(where).filter(has_text=text).wait_for()


def usual(kind: type) -> dict[str, Any]:
    return kind([tg.Value(0.0)]).defaults


def flat(settings: dict[str, Any]) -> dict[str, Any]:
    """By their paths: betas[0]."""
    found = {}
    for name, value in settings.items():
        parts = {f"{name}[{k}]": x for k, x in enumerate(value)} if isinstance(value, tuple) else {name: value}
        found.update(parts)
    return found


def accepted(kind: type, settings: dict[str, Any]) -> bool:
    try:
        kind([tg.Value(0.0)], **settings)
    except ArgumentError:
        return False
    return True


def learned(kind: type, settings: dict[str, Any], updates: int) -> list[float]:
    w, x, b, y = (tg.Value(n, name=name) for name, n in NUMBERS.items())
    optimizer = kind([w, b], **settings)
    for _ in range(updates):
        optimizer.zero_grad()
        ((tg.sigmoid(w * x + b) - y) ** 2).backward()
        optimizer.step()
    return [w.data, x.data, b.data, y.data]


# --- settings --------------------------------------------------------------------------------------------------------


def drawn(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return rng.random() < 0.5
    if isinstance(value, tuple):
        return tuple(drawn(rng, x) for x in value)
    return rng.choice([value, 0.0, round(rng.random(), 3)])


CHOOSE = "([name, settings]) => { try { tinygrad.choose(name, settings); } catch (error) { return error.message; } }"


@pytest.mark.parametrize("kind", KINDS)
def test_updates_with_any_settings_are_python_s(visit, kind):
    page, rng, compared = visit(live(neuron())), random.Random(kind.__name__), 0
    for _ in range(40):
        settings = {**{name: drawn(rng, value) for name, value in usual(kind).items()}, "lr": 0.1}
        refusal = page.tab.evaluate(CHOOSE, [kind.__name__, flat(settings)])
        assert (refusal is None) == accepted(kind, settings), settings
        if refusal is None:
            page.tab.evaluate("(numbers) => { tinygrad.compute(numbers); tinygrad.update(4); }", NUMBERS)
            found = page.tab.evaluate("Object.values(tinygrad.state().numbers).map(String)")
            wanted = learned(kind, settings, 4)
            for x, y in zip(map(float, found), wanted, strict=True):
                assert x == pytest.approx(y, rel=1e-11, abs=1e-13) or (math.isnan(x) and math.isnan(y)), settings
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_refuses_what_python_refuses(visit, kind):
    page = visit(live(neuron()))
    settings = flat(usual(kind))
    numbers = [name for name, value in settings.items() if not isinstance(value, bool)]
    assert set(limits(kind).bounds) == set(numbers)
    for name, x in itertools.product(numbers, [-1.0, -1e-9, 0.0, 0.999, 1.0, 1.5, 1e300]):
        plain, _, place = name.partition("[")
        value = x
        if place:
            value = tuple(x if k == int(place[0]) else other for k, other in enumerate(usual(kind)[plain]))
        refusal = page.tab.evaluate(CHOOSE, [kind.__name__, {name: x}])
        assert (refusal is None) == accepted(kind, {plain: value}), (name, x)
        assert refusal is None or name in refusal
    assert "finite number" in page.tab.evaluate(CHOOSE.replace("settings);", "{lr: NaN});"), [kind.__name__, {}])


def test_each_setting_has_its_field(visit):
    page = visit(live(neuron()))
    page.tab.click("#more summary")
    for kind in KINDS:
        page.tab.select_option("#optimizer", kind.__name__)
        said(page, f" {kind.__name__}", "#more-of")
        assert page.texts("#settings span") == [name for name in flat(usual(kind)) if name != "lr"]
        assert page.text("#rule") == (kind.__doc__ or "").partition("\n")[0]


def test_settings_are_typed_and_refused_with_a_word(visit):
    page = visit(live(neuron()))
    page.tab.click("#more summary")
    page.tab.get_by_label("nesterov", exact=True).click()
    assert "needs momentum > 0" in page.text("#refused")
    assert not page.tab.get_by_label("nesterov", exact=True).is_checked()
    page.tab.get_by_label("momentum", exact=True).fill("0.9")
    assert page.text("#refused") == ""
    page.tab.get_by_label("nesterov", exact=True).check()
    page.tab.get_by_label("momentum", exact=True).fill("-0.9")
    assert page.text("#refused").startswith("momentum of SGD is a number of at least 0, and -0.9 is not.")
    page.tab.get_by_label("weight_decay", exact=True).fill("0.01")
    assert page.tab.get_by_label("momentum", exact=True).input_value() == "0.9"
    state = page.tab.evaluate(STATE)
    wanted = {"lr": 0.1, "momentum": 0.9, "dampening": 0, "weight_decay": 0.01, "nesterov": True}
    assert state["settings"] == wanted
    page.tab.click("#update")
    assert list(page.tab.evaluate(STATE)["numbers"].values()) == pytest.approx(
        learned(tg.optim.SGD, wanted, 1), rel=1e-12
    )


# --- undo ------------------------------------------------------------------------------------------------------------


def test_everything_is_undone_in_its_order(visit):
    page = visit(live(neuron()))
    tab = page.tab
    tab.click("#more summary")
    field = lambda name: tab.get_by_label(name, exact=True)  # noqa: E731

    def opened(link: str) -> None:
        tab.evaluate("(link) => { location.hash = link; }", link)
        said(page, "The link was opened.")
        assert tab.evaluate(STATE)["numbers"]["y"] == 7 and tab.evaluate(STATE)["optimizer"] == "NAdam"

    changes = [
        (lambda: tab.fill("#input-0", "-1.25"), "Undone: w is 1 again."),
        (lambda: tab.click("#update"), "Undone: an update by SGD."),
        (lambda: tab.check("#leaves [aria-label='x learns']"), "Undone: x does not learn."),
        (lambda: tab.fill("#lr", "0.5"), "Undone: lr of SGD is 0.1 again."),
        (lambda: tab.click("#ten"), "Undone: 10 updates by SGD."),
        (lambda: tab.select_option("#optimizer", "Adam"), "Undone: the optimizer is SGD again."),
        (lambda: page.press("Escape"), None),
        (lambda: tab.click("#ten"), "Undone: 10 updates by Adam."),
        (lambda: field("betas[0]").fill("0.5"), "Undone: betas[0] of Adam is 0.9 again."),
        (lambda: field("amsgrad").check(), "Undone: amsgrad of Adam is off again."),
        (lambda: tab.click("#update"), "Undone: an update by Adam."),
        (lambda: tab.uncheck("#leaves [aria-label='w learns']"), "Undone: w learns again."),
        (lambda: tab.click("#reset"), "Undone: the reset."),
        (lambda: tab.focus("#node-n1") or page.press("ArrowUp"), "Undone: x is 2 again."),
        (lambda: opened("#step=2&set=y=7&optimizer=NAdam"), "Undone: the link that was opened."),
    ]
    states = [tab.evaluate(STATE)]
    for change, undone in changes:
        change()
        states.append(tab.evaluate(STATE))
        if undone is None:
            assert states.pop() == states[-1]
    for before, (_, undone) in zip(states[-2::-1], [c for c in changes[::-1] if c[1]], strict=True):
        tab.evaluate("tinygrad.undo()")
        assert tab.evaluate(STATE) == before, undone
        said(page, undone)
    tab.wait_for_selector("#undo:disabled")
    drawn = "document.querySelectorAll('#curve polyline').length"
    assert tab.evaluate(drawn) == 0


def test_the_optimizer_s_memory_is_undone_too(visit):
    """After an undo the next update is the one that it would have been."""
    page = visit(live(neuron()), "#optimizer=Adam&lr=0.1")
    page.tab.evaluate("tinygrad.update(3)")
    before = page.tab.evaluate(STATE)
    page.tab.select_option("#optimizer", "RMSprop")
    page.tab.uncheck("#leaves [aria-label='b learns']")
    page.tab.evaluate("tinygrad.update(5)")
    for _ in range(3):
        page.tab.evaluate("tinygrad.undo()")
    assert page.tab.evaluate(STATE) == before
    page.tab.evaluate("tinygrad.update(2)")
    found = list(page.tab.evaluate(STATE)["numbers"].values())
    assert found == pytest.approx(learned(tg.optim.Adam, {"lr": 0.1}, 5), rel=1e-12)


# --- the link --------------------------------------------------------------------------------------------------------


def state_of(page: Any) -> dict[str, Any]:
    state = page.tab.evaluate(STATE)
    del state["curve"]
    views = [page.tab.is_checked("#predict"), *[page.tab.get_attribute(id, "open") for id in ("#more", "#all")]]
    return {**state, "views": views, "pinned": page.tab.locator(".node.pinned").get_attribute("id")}


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("SGD", {"lr": 0.25, "momentum": 0.9, "nesterov": True}),
        ("Adam", {"lr": 1e-5, "betas[1]": 0.5, "amsgrad": True, "eps": 0}),
        ("RMSprop", {"centered": True, "weight_decay": 1e-3}),
    ],
)
def test_the_link_has_everything(visit, optimizer, settings):
    page = visit(live(neuron()))
    page.tab.evaluate("([name, settings]) => tinygrad.choose(name, settings)", [optimizer, settings])
    page.tab.check("#leaves [aria-label='y learns']")
    page.tab.fill("#input-1", "-3.5e-7")
    page.tab.evaluate("tinygrad.go(8)")
    for id in ("more", "all"):
        page.tab.click(f"#{id} summary")
    page.tab.check("#predict")
    page.tab.click("#rows tr[data-node='4']")
    page.tab.wait_for_url(lambda address: "pin=" in address and "all" in address)
    link = page.tab.evaluate("location.hash")
    again = visit(live(neuron()), link)
    again.tab.wait_for_selector("#question:visible")
    assert state_of(again) == state_of(page) and again.position == page.position == 8
    again.tab.wait_for_url(lambda address: address.endswith(link))
    assert again.text("#said") == ""
    step = "(tinygrad.update(3), JSON.stringify(tinygrad.state()))"
    assert again.tab.evaluate(step.replace("state()", "state().numbers")) == page.tab.evaluate(
        step.replace("state()", "state().numbers")
    )


SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (
            "#step=3&set=" + quote(f"{SCRIPT}=5"),
            f"This part of the link does not fit here, and was passed over: set={SCRIPT}",
        ),
        ("#step=3&optimizer=constructor&lr=NaN", "optimizer=constructor; lr=NaN."),
        ("#optimizer=" + quote(SCRIPT) + "&pin=" + quote(SCRIPT) + "&view=" + quote(SCRIPT), "optimizer=" + SCRIPT),
        (
            "#step=999999999&set=w=1e999&set=w=&set==&learn=__proto__&set=toString=3&optimizer=__proto__&lr=-1",
            "7 parts",
        ),
        ("#step=1&with=nesterov=true", "nesterov=true"),
        ("#step=1&with=momentum=-1&with=betas[0]=0.5&with=constructor=1&with=nesterov=yes", "4 parts"),
        ("#" + "&set=w=1" * 20_000, "The link has 160001 characters, and at most 100000 are read"),
        ("#" + "&set=v=1" * 10_000, "10000 parts of the link do not fit here"),
        ("#" + "&set=w=2" * 250_000, "The link has"),
        ("#step=1&set=%", "set=%"),
        ("#step=" + "9" * 5000 + "&set=w=" + "9" * 5000, "…"),
    ],
    ids="script names markup numbers together settings long unknown million broken digits".split(),
)
def test_a_hostile_link_changes_nothing_and_is_told(visit, link, told):
    page = visit(live(neuron()))
    page.tab.evaluate("(link) => { location.hash = link; }", link)
    said(page, told)
    state = page.tab.evaluate(STATE)
    assert state["numbers"] == NUMBERS and state["optimizer"] == "SGD" and state["learns"] == ["w", "b"]
    assert state["settings"] == {**usual(tg.optim.SGD), "lr": 0.1}
    assert len(page.text("#said")) < 300 and page.tab.locator("img").count() == 0


def test_a_hostile_link_is_told_when_it_opens_the_page(visit):
    page = visit(live(neuron()), "#step=3&set=" + quote(f"{SCRIPT}=5"))
    said(page, "passed over")
    assert page.position == 3 and page.tab.evaluate(STATE)["numbers"] == NUMBERS
