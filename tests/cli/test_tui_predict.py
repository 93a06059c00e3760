"""Predict mode in the full screen."""

from __future__ import annotations

from tinygrad_edu_cli.subject import open_source
from tinygrad_edu_cli.tui.graph_pane import GraphPane

from .full_screen import full_screen, in_loop


def product():
    """The questions: dL/d(a·b) = 4, dL/dc = -6, dL/da = -12, dL/db = 8."""
    return open_source("a*b*c", ["a=2", "b=-3", "c=4"])


@in_loop
async def test_answers_and_the_score():
    async with full_screen(product()) as screen:
        await screen.press("p")
        await screen.until("What is ∂L/∂n3 after this step?", "∂L/∂n4 = 1", "BACKWARD 3/7")
        assert "∂L/∂n3 += " not in screen.text
        await screen.type("2*2")
        await screen.until("Right: ∂L/∂n3 = 4.", "BACKWARD 4/7")
        await screen.type("")
        await screen.until("What is ∂L/∂c after this step?")
        await screen.type("?")
        await screen.until("Hint: ∂L/∂c += ∂L/∂n4 · ∂n4/∂c, with ∂n4/∂c = n3", "BACKWARD 4/7")
        await screen.type("2+")
        await screen.until("cannot read the expression", "BACKWARD 4/7")
        await screen.press("escape")
        await screen.until("1 of 1 right.")
        assert screen.player.position == 4


@in_loop
async def test_mistakes_skipping_and_the_end():
    async with full_screen(product()) as screen:
        screen.go(4)
        await screen.press("p")
        await screen.until("What is ∂L/∂c")
        await screen.type("1")
        await screen.until("1 is ∂L/∂n4, passed on unchanged", "Try once more", "4/7")
        assert "It is -6" not in screen.text
        await screen.type("1")
        await screen.until("1 is ∂L/∂n4, passed on unchanged", "It is -6", "5/7")
        for _ in range(2):
            await screen.type("")  # the next question
            await screen.until("What is")
            await screen.type("")  # skipped
            await screen.until("Skipped")
        await screen.type("")
        await screen.until("That was the last step.", "0 of 3 right, 2 skipped.", "7/7")
        await screen.type("")
        await screen.until("That was the last step.")
        await screen.press("escape")
        await screen.until("0 of 3 right, 2 skipped.")


@in_loop
async def test_a_second_try_and_a_decimal_comma():
    async with full_screen(product()) as screen:
        await screen.press("p")
        await screen.until("What is ∂L/∂n3")
        await screen.type("-4")
        await screen.until("has the right size, and the wrong sign", "Try once more", "3/7")
        await screen.type("4,0")
        await screen.until("4,0 is read as 4.0", "Right", "4/7")
        await screen.press("escape")
        await screen.until("0 of 1 right, 1 at the second try.")


@in_loop
async def test_why_nothing_was_asked():
    async with full_screen(open_source("log(x)", ["x=0"])) as screen:
        await screen.press("p")
        await screen.until("Nothing was asked: nan and infinities stand where there should be numbers.")


@in_loop
async def test_who_is_asked_about_is_in_sight():
    """The whole box of the node whose gradient is asked for, on the smallest screen."""
    async with full_screen(open_source(None, []), size=(80, 24)) as screen:
        await screen.press("p")
        pane, asked = screen.app.screen_stack[0].query_one(GraphPane), 0
        for event in screen.player.trace.events:
            if event.kind == "backward" and event.source:
                await screen.until(f"What is ∂L/∂{event.node} after")
                box = pane.picture.layout.boxes[event.node]
                left, top = pane.scroll_offset
                assert top <= box.row and box.row + box.height <= top + pane.size.height, event.node
                assert left <= box.column and box.column + box.width <= left + pane.size.width, event.node
                asked += 1
                await screen.type("")
                await screen.until("Skipped")
                await screen.type("")
        assert asked == 12
