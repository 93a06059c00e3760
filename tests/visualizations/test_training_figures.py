"""Figures and moving pictures of runs: what is drawn is read back, and is what was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu_viz.training.answers import Boundary
from tinygrad_edu_viz.training.progress import Progress
from tinygrad_edu_viz.training.shown import Shown
from tinygrad_edu_viz.training.snapshots import EvenSnapshots, spread
from visualizations.shown_runs import shown

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib: pip install --group test")
Image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install --group test")
from tinygrad_edu_viz.plots import figure  # noqa: E402
from tinygrad_edu_viz.plots.animation import save_animation  # noqa: E402
from tinygrad_edu_viz.plots.training import draw_runs, look_of, save_figure, scale_of, styled  # noqa: E402


@pytest.fixture(scope="module")
def moons() -> Shown:
    return shown("moons", epochs=6)


def drawn(runs: list[Shown], size: str = "slide", theme: str = "light", laid_out: bool = False):
    form, look = figure.format_of(size), look_of(theme)
    with styled(look, form):
        made = draw_runs(runs, form, look)
        if laid_out:
            made.draw_without_rendering()
    return made


def lines_of(ax) -> dict[str, list[float]]:
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}


def test_the_curves_are_what_was_measured(moons):
    progress = moons.progress
    loss, accuracy, answers = drawn([moons]).axes
    assert lines_of(loss)["training"] == progress.train_loss
    assert lines_of(loss)["validation"] == progress.validation_loss
    assert lines_of(accuracy)["validation"] == progress.validation_accuracy
    band = next(c for c in loss.collections if c.get_label() == "batches of the epoch").get_paths()[0].vertices
    assert {*band[:, 1].round(9)} >= {round(n, 9) for low_high in progress.band for n in low_high}
    assert f"best: epoch {progress.best[0]}" in lines_of(loss)
    right = moons.picture.right[moons.picture.held_out]
    assert answers.get_title() == f"{100 * right.mean():.1f} % of {len(right)} held out are right"
    words = [text.get_text() for text in answers.get_legend().get_texts()]
    assert words == [*moons.picture.names, *(["wrong"] if not moons.picture.right.all() else [])]
    rings = [c for c in answers.collections if c.get_label() == "wrong"]
    assert sum(len(c.get_offsets()) for c in rings) == (~moons.picture.right).sum()


def test_restored_weights_are_named_above_what_they_answer(moons):
    assert drawn([replace(moons, restored=4)]).axes[-1].get_title() == (
        f"{drawn([moons]).axes[-1].get_title()}\nwith the weights of epoch 4"
    )


def test_images_that_are_taken_for_others_stand_below_the_counts():
    run = shown("digits", epochs=1, n=300)
    _, _, *images, counts = drawn([run]).axes
    surest = run.picture.mistakes(6)
    assert [ax.get_title() for ax in images] == [f"{mistake.true} → {mistake.answer}" for mistake in surest]
    assert all(np.array_equal(ax.get_images()[0].get_array(), m.image) for ax, m in zip(images, surest, strict=True))
    assert sum(int(text.get_text()) for text in counts.texts) == run.picture.counts.sum() == 75


def test_what_was_undone_steered_and_noticed_is_there(moons):
    progress = Progress(**{name: vars(moons.progress)[name] for name in ("title", "train_loss", "validation_loss")})
    progress.ghosts = [(2, [0.5, 0.4, 0.3])]
    progress.changes = [(3, "lr 0.005")]
    progress.notices = [(0, "It is a line."), (4, "It is flat."), (4, "It is dead.")]
    progress.rates = [0.1, 0.1, 0.005]
    made = drawn([replace(moons, progress=progress)])
    loss, rates = made.axes[0], made.axes[1]
    assert lines_of(loss)["undone"] == [0.5, 0.4, 0.3]
    assert {text.get_text() for text in loss.texts} == {"!1", "!2", "lr 0.005"}
    assert [list(line.get_ydata()) for line in rates.get_lines()] == [[0.1, 0.1, 0.005]]
    below = " ".join(text.get_text() for half in made.subfigs for text in half.texts)
    assert all(part in below for part in ("!1 epoch 0: It is a line.", "!2 epoch 4: It is flat.", "It is dead."))


@pytest.mark.parametrize("name", ["moons", "iris", "sine", "diabetes"])
def test_letters_are_large_enough_in_every_format(name):
    run = shown(name, epochs=2)
    several = [replace(run, label=f"lr={k}") for k in range(5)]
    for size, runs in (("paper", [run]), ("900x700", several)) if name == "iris" else (("400x300", [run]),):
        made = drawn(runs, size, "dark", laid_out=True)
        found = [text for text in made.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in found) >= 9 and len(found) > 10, size


def test_where_there_is_no_room_for_pictures_there_are_curves(moons):
    several = [replace(moons, label=f"{k}") for k in range(6)]
    assert [len(drawn(several, size).axes) for size in ("slide", "700x400")] == [12, 6]
    with pytest.raises(ArgumentError, match=r"6 runs have no room in this size: give \d+x\d+"):
        drawn(several, "320x320")


def test_runs_side_by_side_have_one_scale():
    runs = [shown("moons", lr=lr, label=f"lr={lr:g}") for lr in (0.0001, 0.1, 3.0)]
    axes = drawn(runs).axes
    curves, pictures = axes[::2], axes[1::2]
    assert [ax.get_title() for ax in curves] == ["lr=0.0001", "lr=0.1", "lr=3"]
    assert {ax.get_ylim() for ax in curves} == {scale_of(runs)} and len({ax.get_xlim() for ax in curves}) == 1
    for ax, run in zip(curves, runs, strict=True):
        others = [list(line.get_ydata()) for line in ax.get_lines()]
        assert all(other.progress.losses in others for other in runs), "each has the others behind it"
        assert lines_of(ax)["training"] == run.progress.train_loss
    assert all(ax.get_title().endswith(" % right") for ax in pictures)


def test_one_that_blows_up_does_not_press_the_others_flat():
    runs = [Shown(Progress(train_loss=losses)) for losses in ([1.0, 0.5], [2.0, 1e30], [np.nan, np.inf])]
    low, high = scale_of(runs)
    assert low < 0.5 and 2 < high < 20
    made = drawn(runs)
    assert len(made.axes) == 3


@pytest.mark.parametrize("kind", ["one epoch", "diverged", "one row", "no picture", "constant loss"])
def test_runs_at_the_edge(kind, tmp_path, moons):
    progress, picture = Progress("edge", train_loss=[0.5], validation_loss=[0.6], band=[(0.1, 0.9)]), moons.picture
    if kind == "diverged":
        progress = Progress("edge", train_loss=[0.5, np.nan], validation_loss=[np.nan, np.inf])
    elif kind == "constant loss":
        progress = Progress("edge", train_loss=[0.0, 0.0], validation_loss=[0.0, 0.0])
    elif kind == "one row":
        part = slice(0, 1)
        picture = replace(picture, points=picture.points[part], labels=picture.labels[part], held_out=np.array([False]))
    run = Shown(progress, None if kind == "no picture" else picture, EvenSnapshots())
    drawn([run, replace(run, label="b")], "400x300")
    save_figure(tmp_path / "a.png", [run], "png", size="400x300")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (400, 300)


def test_files_tell_nothing_of_this_machine(moons, tmp_path):
    save_figure(tmp_path / "a.svg", [moons], "svg", "A <title>", size="400x300")
    save_figure(tmp_path / "b.svg", [moons], "svg", "A <title>", size="400x300")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text(), "the same picture is the same file"
    assert "A &lt;title&gt;" in text and str(tmp_path) not in text and "<dc:date>" not in text
    save_figure(tmp_path / "a.png", [moons], "png", "A title", "dark", "400x300")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.info.keys() <= {"Title", "Software", "dpi"} and picture.size == (400, 300)
        assert picture.convert("RGB").getpixel((1, 1)) == (0x12, 0x12, 0x12)


@pytest.mark.parametrize("names", [["sine"], ["moons", "iris"]])
def test_a_moving_picture(names, tmp_path):
    runs = [shown(name, epochs=2 + k, label=f"{k}") for k, name in enumerate(names)]
    written = save_animation(tmp_path / "a.gif", runs, size="400x300")
    with Image.open(tmp_path / "a.gif") as moving:
        assert moving.n_frames == written == max(len(run.epochs()) for run in runs) and moving.size == (400, 300)
        seen = []
        for k in range(moving.n_frames):
            moving.seek(k)
            seen.append(moving.convert("RGB").tobytes())
        assert len({*seen}) == moving.n_frames, "each picture differs"
        assert moving.info["duration"] > 1000
    assert (tmp_path / "a.gif").stat().st_size < 200_000
    with pytest.raises(ArgumentError, match="weights on the way"):
        save_animation(tmp_path / "b.gif", [replace(runs[0], snapshots=None)])


def test_pictures_of_earlier_epochs_leave_the_model_alone(moons):
    """The copy answers as a new network with the recorded weights does; the model, and who holds its arrays, are as
    before."""
    picture, model = moons.picture, moons.picture.model
    assert isinstance(picture, Boundary)
    arrays, before = [p.data for p in model.parameters()], model.state_dict()
    now = picture.grid(4, 4)
    for epoch, earlier in zip(moons.epochs(), picture.over_time(moons.snapshots, moons.epochs()), strict=True):
        fresh = tg.nn.mlp([2, 5, 1], rng=1)
        fresh.load_state_dict(moons.snapshots.weights(epoch))
        assert np.array_equal(earlier.grid(4, 4), picture.of(fresh).grid(4, 4))
        assert np.array_equal(picture.grid(4, 4), now), "also in between"
    assert np.array_equal(earlier.grid(4, 4), now), "the last are those that it has"
    assert all(p.data is array for p, array in zip(model.parameters(), arrays, strict=True))
    assert all(np.array_equal(array, before[name]) for name, array in model.state_dict().items())


@pytest.mark.parametrize("epochs", [0, 1, 5, 40, 41, 1000])
def test_snapshots_are_few_and_spread(epochs):
    kept = EvenSnapshots(most=10)
    best = epochs // 3
    for epoch in range(epochs + 1):
        kept.keep(epoch, {"w": np.full(3, epoch)}, best=epoch == best)
    assert kept.epochs[0] == 0 and kept.epochs[-1] == epochs and best in kept.epochs and len(kept.epochs) <= 12
    assert all((kept.weights(epoch)["w"] == epoch).all() for epoch in kept.epochs)
    gaps = np.diff([epoch for epoch in kept.epochs if epoch % kept.step == 0])
    assert {*gaps} <= {kept.step}
    assert len(spread(range(epochs), 7)) == min(7, epochs)


def test_large_weights_are_kept_less_often():
    kept = EvenSnapshots()
    for epoch in range(20):
        kept.keep(epoch, {"w": np.lib.stride_tricks.as_strided(np.zeros(1), (2_000_000,), (0,))})  # 16 MB each
    assert len(kept.epochs) <= 6


@pytest.mark.parametrize("size", ["poster", "100x100", "1e3x5", "-5x900", "99999x500", "x"])
def test_a_size_that_is_none(size):
    with pytest.raises(ArgumentError, match="size"):
        figure.format_of(size)
