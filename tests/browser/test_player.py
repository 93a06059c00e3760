"""The page in Chromium: it steps by keyboard, its numbers are the trace's, and it bothers nobody."""

from __future__ import annotations

from itertools import pairwise

import pytest

import hostile
import tinygrad_edu as tg
from browser.focus import IN_FRAME, ready_frames
from tinygrad_edu_viz import Trace
from tinygrad_edu_viz.pages.page import page as compose
from tinygrad_edu_viz.readable import number, number_lines
from tinygrad_edu_viz.views.levels import view

pytestmark = pytest.mark.browser

STATE = """[...document.querySelectorAll('svg, #rows, #story, #details')].map(
    part => part.outerHTML.replaceAll(' class=""', ''))"""
PLACES = """[...document.querySelectorAll('.node .box, #graph, #story')].map(
    part => Object.values(part.getBoundingClientRect().toJSON()))"""
COLOURS = """[getComputedStyle(document.body).backgroundColor,
    getComputedStyle(document.querySelector('#node-n0 .box')).fill]"""


def neuron() -> Trace:
    numbers = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.0, "b": 6.8813735870195432}
    w1, x1, w2, x2, b = (tg.Value(number, name=name) for name, number in numbers.items())
    return Trace.record(tg.tanh(w1 * x1 + w2 * x2 + b))


def reuse() -> Trace:
    a, b = tg.Value(2.0, name="a"), tg.Value(-3.0, name="b")
    return Trace.record((a * b + a) * (a + a))


def tensors() -> Trace:
    W = tg.Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True, name="W")
    b = tg.Tensor([0.0, 0.5], requires_grad=True, name="b")
    return Trace.record((tg.relu(W @ tg.Tensor([1.0, -1.0]) + b) ** 2).mean())


def network() -> Trace:
    model = tg.nn.mlp([64, 32, 10], rng=0)
    return Trace.record(model(tg.Tensor([[0.1] * 64] * 40, name="x")).mean())


@pytest.mark.parametrize("make", [neuron, reuse, tensors])
def test_each_step_shows_the_numbers_of_the_trace(visit, make):
    trace = make()
    page = visit(trace)
    for position in range(len(trace.events) + 1):
        assert page.position == position
        known, gradients = trace.known_after(position), trace.gradients_after(position)
        for k, node in enumerate(trace.nodes.values()):
            if node.is_plain_number:
                continue
            data = number_lines(node.data) if node.id in known else ["·"]
            grad = number_lines(gradients[node.id]) if node.id in gradients else ["·"]
            assert page.box(f"n{k}", "data") == data
            assert page.box(f"n{k}", "grad") == (grad if node.requires_grad else [])
            row = page.texts(f"#rows [data-node='{k}'] td")
            assert row[1:] == [", ".join(data), ", ".join(grad) if node.requires_grad else ""]
        if position:
            event = trace.events[position - 1]
            assert page.text("#formula") == (event.formula or event.text)
            assert page.text("#sentence") == (event.text if event.formula else "")
        page.press("ArrowRight")


def test_full_precision(visit):
    page = visit(neuron(), "#step=9")
    said = dict(zip(page.texts("#details dt"), page.texts("#details dd"), strict=True))
    assert float(said["data"]) == 6.8813735870195432
    assert said["gradient"] == said["upstream"] == "0.4999999999999998" and said["local derivative"] == "1"
    assert said["step 9"] == "0.4999999999999998 from n8" and said["gradient before"] == "0"


@pytest.mark.parametrize("make", [neuron, reuse, network])
def test_there_and_back(visit, make):
    page = visit(make())
    states = []
    while not states or page.position < int(page.tab.locator("#slider").get_attribute("max")):
        states.append(page.tab.evaluate(STATE))
        page.press("ArrowRight")
    for state in reversed(states):
        page.press("ArrowLeft")
        assert page.tab.evaluate(STATE) == state
    assert page.position == 0


def test_keys(visit):
    page = visit(neuron())
    page.press("End")
    assert page.position == 15
    page.press("ArrowRight")  # there is nothing after the end
    assert page.position == 15
    page.press("f")
    assert page.position == 6 and page.text("#formula") == "∂L/∂n9 = 1"
    page.press("Home")
    assert page.position == 0
    page.press("ArrowLeft")
    assert page.position == 0
    page.tab.locator("#slider").focus()
    page.press("ArrowRight", 3)  # one step each, not one of the slider's besides
    assert page.position == 3


def test_buttons_and_slider(visit):
    page = visit(neuron())
    positions = []
    for name in ("Next", "Next", "Back", "Backward", "End", "Start"):
        page.tab.get_by_role("button", name=name, exact=True).click()
        positions.append(page.position)
    assert positions == [1, 2, 1, 6, 15, 0]
    assert page.tab.get_by_role("button", name="Back", exact=True).is_disabled()
    page.tab.locator("#slider").fill("9")
    assert page.text("#where") == "Backward, step 9 of 15"


def test_it_plays_and_stops_at_the_end(visit):
    page = visit(neuron(), apart=True)
    page.stop_the_clock()
    page.press(" ")
    assert page.text("#play") == "Pause"
    page.tab.clock.run_for(5_500)  # a second for each step forward
    assert page.position == 5
    page.tab.clock.run_for(30_000)
    assert (page.position, page.text("#play")) == (15, "Play")
    page.press(" ")  # from the start again
    page.tab.clock.run_for(1_500)
    assert page.position == 1
    page.press(" ")
    page.tab.clock.run_for(5_000)
    assert (page.position, page.text("#play")) == (1, "Play")


def test_links_to_a_step(visit):
    page = visit(neuron(), "#step=9")
    assert page.position == 9
    page.press("ArrowRight")
    assert page.tab.url.endswith("#step=10")
    page.tab.evaluate("location.hash = '#step=2'")
    page.tab.wait_for_function("() => document.getElementById('slider').value === '2'")
    page.tab.get_by_text("All steps").click()
    page.tab.locator("#steps li").nth(6).locator("a").click()
    page.tab.wait_for_function("() => document.getElementById('slider').value === '7'")


@pytest.mark.parametrize("fragment", ["#step=99999", "#step=-1", "#step=x", "#<script>", "#step="])
def test_links_that_lead_nowhere(visit, fragment):
    assert visit(neuron(), fragment).position in (0, 15)


def test_the_active_box_and_edge_are_marked(visit):
    page = visit(reuse(), "#step=5")  # the seed
    seen = []
    for _ in range(6):
        page.press("ArrowRight")
        active, used = page.tab.evaluate(
            "[[...document.querySelectorAll('.node.active')].map(x => x.id),"
            " [...document.querySelectorAll('.edge.backward')].map(x => x.id)]"
        )
        seen.append((active, used))
    trace = reuse()
    keys = {node_id: f"n{k}" for k, node_id in enumerate(trace.nodes)}
    for (active, used), event in zip(seen, trace.events[5:11], strict=True):
        assert active == [f"node-{keys[event.node]}"]
        assert used == [f"edge-{keys[event.node]}-{keys[event.source]}-{event.position}"]


def test_marks_are_more_than_colours(visit):
    page = visit(neuron(), "#step=9")
    width = "getComputedStyle(document.querySelector({0!r})).strokeWidth"
    assert page.tab.evaluate(width.format("#node-n4 .box")) == "3.5px"
    assert page.tab.evaluate(width.format("#node-n0 .box")) == "1px"
    dashes = "getComputedStyle(document.querySelector('.edge.backward path')).strokeDasharray"
    assert page.tab.evaluate(dashes) == "7px, 4px"
    assert page.tab.evaluate("getComputedStyle(document.querySelector('tr.active th'), '::before').content") == '"▸ "'


def test_the_layout_does_not_move(visit):
    page = visit(neuron())
    before = page.tab.evaluate(PLACES)
    page.press("End")
    assert page.tab.evaluate(PLACES) == before


def test_numbers_stay_in_their_boxes(visit):
    page = visit(tensors(), "#step=12")
    outside = page.tab.evaluate("""[...document.querySelectorAll('.node')].filter(node => {
        const box = node.querySelector('.box').getBBox();
        return [...node.querySelectorAll('text')].some(text => {
            const { x, y, width, height } = text.getBBox();
            return x < box.x || x + width > box.x + box.width || y < box.y || y + height > box.y + box.height;
        });
    }).map(node => node.id)""")
    assert outside == []


def test_layers(visit):
    trace = network()
    page = visit(trace)
    positions = []
    while not positions or positions[-1] != page.position:
        positions.append(page.position)
        page.press("ArrowRight")
    from tinygrad_edu_viz import view

    assert tuple(positions) == view(trace, "auto", 300).stops
    assert "steps" in page.text("#where")
    names = page.texts(".layer .strong")
    assert names == ["0 Dense(64, 32, relu)", "1 Dense(32, 10)"]


def test_a_hidden_node_has_its_numbers_in_the_table(visit):
    trace = network()
    page = visit(trace, f"#step={len(trace.events)}")
    k = list(trace.nodes).index("0.bias")
    assert page.texts(f"#rows [data-node='{k}'] td")[2] == number(trace.nodes["0.bias"].gradient).split(",")[0]


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", hostile.NAMES)
def test_names_are_shown_and_not_obeyed(visit, kind):
    name, trace = hostile.NAMES[kind], hostile.trace(hostile.NAMES[kind])
    page = visit(trace, title=name)
    for _ in range(len(trace.events) + 1):
        page.press("ArrowRight")
    page.tab.locator("#node-n0").focus()
    shown = page.text("#details-list") + page.text("#details-title")
    if name.isprintable():
        assert name in shown
    page.tab.get_by_text("All steps").click()
    assert page.tab.evaluate("window.pwned") is None
    assert page.tab.evaluate("document.querySelectorAll('img, script').length") == 2
    assert page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_names_from_right_to_left_do_not_turn_the_formula_around(visit):
    page = visit(hostile.trace("משקל"), "#step=5")
    assert page.text("#formula").startswith("∂L/∂משקל += ")
    assert page.texts("#formula bdi") == ["משקל"] * page.text("#formula").count("משקל")


def test_what_is_smuggled_in_is_not_run(chromium, tmp_path):
    """The policy stands behind the escaping: were a tag to slip through, it would do nothing."""
    file = tmp_path / "page.html"
    attack = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script><p style='color:red'>"
    file.write_text(compose(neuron()).replace("<footer", f"{attack}<footer"), encoding="utf-8")
    tab = chromium.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(file.as_uri())
    assert tab.evaluate("window.pwned") is None and len(complaints) >= 3
    tab.close()


# --- for everybody ----------------------------------------------------------------------------------------------------


def test_a_sentence_is_announced(visit):
    trace = neuron()
    page = visit(trace, "#step=8")
    region = page.tab.locator("[aria-live=polite]")
    page.press("ArrowRight")
    said = region.inner_text()
    assert trace.events[8].text in said and "step 9 of 15" in said


def test_focus_goes_through_the_controls_and_then_the_nodes_in_order(visit):
    page = visit(neuron(), "#step=9")
    order = []
    for _ in range(40):
        page.press("Tab")
        order.append(page.tab.evaluate("document.activeElement.id"))
        if order[-1] == "node-n9":
            break
    buttons = ["start", "back", "play", "next", "backward", "end"]
    assert [place for place in order if place] == [*buttons, "slider", *(f"node-n{k}" for k in range(10))]
    label = page.tab.locator("#node-n4").get_attribute("aria-label")
    assert label == "b, input, data 6.88137, gradient 0.5"
    assert page.tab.locator("#node-n5").get_attribute("aria-label") == "n5, multiply, data -6, gradient not known yet"
    page.press("ArrowLeft")  # keys work from everywhere
    assert page.position == 8


def test_details_follow_pointer_and_focus(visit):
    page = visit(neuron(), "#step=9")
    assert page.text("#details-title") == "b"
    page.tab.locator("#node-n8").hover()
    assert page.text("#details-title") == "n8 (add)"
    page.tab.locator("#where").hover()
    assert page.text("#details-title") == "b"
    page.tab.locator("#node-n0").focus()
    assert page.text("#details-title") == "w1"
    page.tab.locator("#rows [data-node='7']").hover()
    assert page.text("#details-title") == "n7 (add)"


def test_a_click_pins_a_node(visit):
    page = visit(neuron(), "#step=9")
    page.tab.locator("#node-n8").click()
    page.tab.locator("#node-n0").hover()
    assert page.text("#details-title") == "n8 (add), pinned"
    page.press("ArrowRight")
    assert page.text("#details-title") == "n8 (add), pinned" and page.position == 10
    page.tab.locator("#rows [data-node='7']").click()
    assert page.text("#details-title") == "n7 (add), pinned"
    page.press("Escape")
    assert "pinned" not in page.text("#details-title")
    page.tab.locator("#node-n0").focus()
    page.press("Enter")
    assert page.text("#details-title") == "w1, pinned"


def test_arrows_go_through_the_table(visit):
    """Tab leads to one of its rows only."""
    page = visit(neuron(), "#step=9")
    assert page.tab.locator("#rows [tabindex='0']").count() == 1
    page.tab.focus("#rows [tabindex='0']")
    assert page.text("#details-title") == "w1"
    page.press("ArrowDown", 5)
    assert page.text("#details-title") == "n5 (multiply)" and page.position == 9
    page.press("Enter")
    page.press("ArrowUp", 99)
    assert page.text("#details-title") == "n5 (multiply), pinned"
    assert page.tab.evaluate("document.activeElement.dataset.node") == "0"
    assert page.tab.locator("#rows [tabindex='0']").count() == 1


SMALLEST = """Math.min(...[...document.querySelectorAll('body *')]
    .filter(part => part.getClientRects().length && [...part.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(part => parseFloat(getComputedStyle(part).fontSize) * (part.ownerSVGElement?.getScreenCTM().a ?? 1)))"""
INSIDE = """(key) => {
    const [frame, box] = ['#graph', `#node-${key}`].map(name => document.querySelector(name).getBoundingClientRect());
    return box.left >= frame.left && box.right <= frame.right &&
        box.top >= frame.top && box.bottom <= frame.bottom; }"""
BROKEN = """[...document.querySelectorAll('#rows th, #rows td')].filter(cell => cell.textContent &&
    cell.clientHeight > 1.9 * parseFloat(getComputedStyle(cell).lineHeight)).length"""


@pytest.mark.parametrize("width", [1280, 800, 390])
@pytest.mark.parametrize("level", ["layer", "op"])
def test_the_page_of_a_network(visit, level, width):
    """Nothing smaller than 11 pixels, no broken number or name, and where we are and go next in sight."""
    trace = Trace.record(tg.nn.mlp([64, 32, 10], rng=0)(tg.Tensor([[0.1] * 64] * 40, name="x")).mean())
    page = visit(
        compose(trace, level=level), "#step=0", viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    assert page.tab.evaluate(SMALLEST) >= 11 - 1e-6
    assert page.tab.evaluate(BROKEN) == 0
    seen = view(trace, level)
    places = {node: k for k, node in enumerate(trace.nodes)}
    for stop, after in pairwise(seen.stops):
        if stop:
            page.press("ArrowRight")
            now, following = (seen.boxes[seen.box_of[trace.events[step - 1].node]].result for step in (stop, after))
            assert page.tab.evaluate(INSIDE, f"n{places[now]}"), stop
            assert width < 1000 or page.tab.evaluate(INSIDE, f"n{places[following]}"), stop
    frames = page.tab.locator("rect.frame").count()
    assert frames == {"layer": 1, "op": 3}[level]
    assert (
        page.texts("#legend .sample")
        == {
            "layer": ["constant", "the result", "several nodes"],
            "op": ["input with a gradient", "constant", "computed", "the result"],
        }[level]
    )


def test_dark(visit):
    light = visit(neuron(), color_scheme="light").tab.evaluate(COLOURS)
    dark = visit(neuron(), color_scheme="dark").tab.evaluate(COLOURS)
    assert light == ["rgb(255, 255, 255)", "rgb(191, 225, 246)"]
    assert dark == ["rgb(18, 18, 18)", "rgb(18, 63, 92)"]


def test_a_telephone(visit):
    page = visit(neuron(), "#step=9", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    assert page.tab.evaluate("document.documentElement.scrollWidth") == 390
    for node in ("n4", "n5"):  # who receives, and who will be next, are in sight
        box = page.tab.locator(f"#node-{node} .box").bounding_box()
        assert box["x"] >= 10 and box["x"] + box["width"] <= 380


def test_print(visit):
    page = visit(neuron(), "#step=9", color_scheme="dark")
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.tab.locator("#controls").is_visible()
    assert page.tab.locator("#steps li").count() == 15 and page.tab.locator("#steps li").last.is_visible()
    assert page.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_javascript(visit):
    page = visit(neuron(), apart=True, java_script_enabled=False)
    assert page.tab.get_by_text("Stepping needs JavaScript").is_visible()
    assert page.box("n4", "grad") == ["0.5"]
    box, text = page.tab.locator("#node-n4 .box"), page.tab.locator("#node-n4 .grad").first
    fills = [each.evaluate("part => getComputedStyle(part).fill") for each in (box, text)]
    assert fills[0] != fills[1], "the numbers can be read, as the style is there"


def test_a_browser_that_cannot_unpack_it_is_told(chromium, tmp_path):
    """The picture is there, as without JavaScript, and a word."""
    file = tmp_path / "page.html"
    file.write_text(compose(neuron()), encoding="utf-8")
    tab = chromium.new_page()
    tab.add_init_script("delete window.DecompressionStream")
    tab.goto(file.as_uri())
    assert "has no DecompressionStream). Open it in a newer one" in tab.inner_text("[role=alert]")
    assert tab.text_content("#node-n4 .grad") == "0.5"
    tab.close()


def test_two_players_in_one_notebook(visit):
    """Each frame steps by itself."""
    cell = neuron()._repr_mimebundle_()["text/html"]
    page = visit(f"<!DOCTYPE html><title>notebook</title>{cell}{cell}", viewport={"width": 1000, "height": 1400})
    first, second = ready_frames(page.tab)
    first.focus("#node-n0")
    page.tab.wait_for_function(IN_FRAME)
    page.press("ArrowRight", 9)
    first.get_by_text("Backward, step 9 of 15").wait_for()
    assert second.inner_text("#where") == "Start"
