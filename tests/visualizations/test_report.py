"""The page of a run: its curves are where the numbers are, and it holds nothing that it should not."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.pages.curves import Scale, loss_scale, loss_svg, measure_svg
from tinygrad_edu_viz.pages.report import GRID, report
from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_viz.training.shown import Shown
from unpacked import content_of, style_of
from visualizations.shown_runs import shown


def data_of(page: str) -> list[dict]:
    return content_of(page, "data")["runs"]


def points_of(svg: str, kind: str) -> np.ndarray:
    lines = [line for line in ET.fromstring(svg) if line.get("class") == kind and line.tag == "polyline"]
    return np.array([[float(n) for n in point.split(",")] for line in lines for point in line.get("points").split()])


def test_a_curve_is_where_the_numbers_are():
    """On a logarithmic scale equal ratios are equal distances; epochs lie evenly."""
    progress = Progress(train_loss=[8.0, 4.0, 2.0, 1.0], validation_loss=[9.0, 3.0, 3.0, 5.0], _bests=[(2, 3.0)])
    progress.notices, progress.changes, progress.ghosts = [(2, "a < b")], [(3, "lr 1")], [(2, [3.0, 6.0])]
    progress.band = [(4.0, 9.5), (1.0, 7.0), (1.5, 2.5), (0.9, 1.1)]
    svg = loss_svg(progress, loss_scale([progress], 200))
    train, validation = points_of(svg, "train"), points_of(svg, "validation")
    assert np.allclose(np.diff(train[:, 0]), np.diff(train[:, 0])[0], atol=0.11) and (np.diff(train[:, 0]) > 50).all()
    assert np.allclose(np.diff(train[:, 1]), np.diff(train[:, 1])[0], atol=0.11) and (np.diff(train[:, 1]) > 20).all()
    assert validation[1, 1] == validation[2, 1] and train.shape == validation.shape
    assert points_of(svg, "ghost").tolist()[0] == validation[1].tolist(), "it begins where the run goes on"
    texts = [element.text for element in ET.fromstring(svg) if element.tag == "text"]
    assert {"▲", "!1", "η", "epoch 0", "4"} <= {*texts} and "a &lt; b" in svg


def test_what_is_no_number_interrupts_a_curve():
    progress = Progress(train_loss=[1.0, 2.0, np.nan, 4.0, 5.0, np.inf], validation_loss=[])
    root = ET.fromstring(loss_svg(progress, loss_scale([progress], 200)))
    curves = [line for line in root if line.get("class") == "train"]
    assert [len(line.get("points").split()) for line in curves] == [2, 2]
    assert [element.text for element in root].count("×") == 2


@pytest.mark.parametrize("losses", [[0.5], [np.nan], [0.0, 0.0], [-3.0, 2.0], [1e-300, 1e300], [7.0] * 5000])
def test_runs_at_the_edge_have_curves(losses):
    progress = Progress("edge", train_loss=losses, rates=[0.1] * len(losses), train_accuracy=[0.5] * len(losses))
    svg = loss_svg(progress, loss_scale([progress], 200))
    ET.fromstring(svg)
    ET.fromstring(measure_svg(progress, "accuracy", Scale.around(progress.train_accuracy, len(losses), 100)))
    assert len(svg) < 20_000 and "nan" not in svg and "inf" not in svg
    assert '<script type="module">' in report([Shown(progress)])


@pytest.mark.parametrize(
    ("low", "high", "log"), [(0.012, 0.9, True), (0.1, 0.5, True), (2.7, 4.2, True), (1e-9, 1e5, True), (50, 97, False)]
)
def test_ticks_are_round_and_few(low, high, log):
    ticks = Scale.around([low, high], 10, 200, log=log).ticks()
    assert 2 <= len(ticks) <= 8 and all(f"{tick:.1e}"[0] in "123456789" for tick in ticks)
    assert all(float(f"{tick:.2g}") == pytest.approx(tick) for tick in ticks)


def test_frames_hold_what_the_model_answered():
    run = shown("blobs", epochs=4)
    (found,) = data_of(report([run]))
    assert [frame["epoch"] for frame in found["frames"]] == run.epochs() == [0, 1, 2, 3, 4]
    for frame, earlier in zip(found["frames"], run.picture.over_time(run.snapshots, run.epochs()), strict=True):
        levels = np.frombuffer(base64.b64decode(frame["map"]), np.uint8).reshape(2, GRID, GRID) / 255
        assert np.allclose(levels, np.moveaxis(earlier.grid(GRID, GRID)[..., 1:], 2, 0), atol=0.5 / 255 + 1e-9)
        assert frame["wrong"] == np.flatnonzero(~earlier.right).tolist()
    loss = run.progress.validation_loss[1]
    assert f"validation {loss:.4g}" in found["frames"][2]["said"] and "right" in found["frames"][2]["said"]
    assert len(found["points"]) == 45 and found["names"] == list(run.picture.names)


def test_the_best_epoch_is_among_the_frames():
    run = shown("moons", epochs=6)
    run.progress._bests = [(5, 0.1)]
    assert 5 in run.epochs(3) and len(run.epochs(3)) <= 3 and run.epochs(3)[-1] == 6


@pytest.mark.parametrize("name", ["iris", "digits", "sine", "diabetes"])
def test_every_kind_of_picture(name):
    run = shown(name, epochs=2, n=300 if name == "digits" else None)
    (found,) = data_of(report([run]))
    last = found["frames"][-1]
    if name in ("iris", "digits"):
        assert last["counts"] == run.picture.counts.tolist()
        assert all((mistake["image"] is None) == (name == "iris") for mistake in found["mistakes"])
    else:
        low, high = run.picture.span
        wanted = run.picture.curve(120)[1] if name == "sine" else run.picture.prediction
        assert np.allclose(high - np.array(last["y"]) * (high - low), wanted, atol=1e-3 * (high - low))


def test_names_of_users_are_only_text():
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    run = shown("moons", epochs=1)
    progress = replace(run.progress, title=evil, notices=[(1, evil)], changes=[(1, evil)], _bests=[], _batches=[])
    picture = replace(run.picture, names=(evil, "b"), feature_names=(evil, evil))
    hostile = Shown(progress, picture, run.snapshots, evil, evil, (evil,), {evil: evil}, (evil,))
    for page in (report([hostile], evil, table=evil), report([hostile, hostile], table=evil)):
        assert page.count("<script") == 3 and "<img" not in page
        assert "onerror=alert(2)&gt;" in page, "it is shown as it is"


def test_the_policy_and_the_options():
    run = shown("moons", epochs=1)
    page = report([run], "A title", theme="dark")
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "").replace(
        "https://www.w3.org", ""
    )
    assert "(min-width: 0px)" in style_of(page) and "<bdi>A title</bdi>" in page
    with pytest.raises(ArgumentError, match="theme"):
        report([run], theme="pink")
    with pytest.raises(ArgumentError, match="no epoch"):
        report([Shown(Progress())])
