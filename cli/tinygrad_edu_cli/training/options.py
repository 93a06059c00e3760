"""The options of a training run, which `train` and `compare` share, and what can be wrong with each by itself."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from tinygrad_edu_words import N_, _, grouped

from ..completion import words, words_or_files

DATA = (
    *("moons", "circles", "spirals", "xor", "blobs", "two_lines", "sine", "plane", "hills", "pass_class"),
    *("digits", "iris", "breast_cancer", "diabetes", "mnist", "fashion_mnist"),
)
ACTIVATIONS = ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu", "softplus", "linear")
LOSSES = ("binary_cross_entropy", "cross_entropy", "mse", "mae", "huber", "hinge")
OPTIMIZERS = ("sgd", "adam", "adamw", "nadam", "adagrad", "adadelta", "rmsprop")
MOST_UNITS = 1_000_000  # of a layer
LONGEST_SHOWN = 60  # characters of a wrong value
SCHEDULES = ("step", "exponential", "cosine", "warmup", "onecycle", "plateau")


class Name(click.ParamType):  # type: ignore[type-arg]
    """One of the known words; the error for a near miss suggests it."""

    name = "name"

    def __init__(self, known: Sequence[str]):
        self.known = tuple(known)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return words(self.known)(ctx, param, incomplete)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value).strip().lower().replace("-", "_")
        if word in self.known:
            return word
        self.fail(unknown(str(value), self.known), param, ctx)


class Number(click.ParamType):  # type: ignore[type-arg]
    """A finite number, from `least` to `most`; `above` and `below` exclude the ends themselves."""

    name = "number"

    def __init__(
        self,
        least: float = -math.inf,
        most: float = math.inf,
        *,
        above: bool = False,
        below: bool = False,
        whole: bool = False,
        why: str = "",
    ):
        self.least, self.most, self.above, self.below, self.whole, self.why = least, most, above, below, whole, why

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = int(value) if self.whole else float(value)
            finite = math.isfinite(number)
        except (ValueError, TypeError, OverflowError):  # of too many digits, too
            self.fail(_("{value!r} is not {expected}").format(value=_cut(value), expected=self.expected), param, ctx)
        low = number > self.least if self.above else number >= self.least
        high = number < self.most if self.below else number <= self.most
        if not finite:
            self.fail(
                _("{value} is not finite; give {expected}").format(value=_cut(value), expected=self.expected),
                param,
                ctx,
            )
        if not (low and high):
            why = f"; {_(self.why)}" if self.why else ""
            self.fail(
                _("{value} is not {expected}").format(value=_cut(value), expected=self.expected) + why, param, ctx
            )
        return number

    @property
    def expected(self) -> str:
        """What is asked for, in words."""
        words = [_("a whole number") if self.whole else _("a number")]
        if self.least > -math.inf:
            words.append(
                (_("above {limit}") if self.above else _("of at least {limit}")).format(limit=f"{self.least:g}")
            )
        if self.most < math.inf:
            words.append(
                (_("below {limit}") if self.below else _("of at most {limit}")).format(limit=grouped(self.most))
            )
        return words[0] + " " * (len(words) > 1) + f" {_('and')} ".join(words[1:])


class Net(click.ParamType):  # type: ignore[type-arg]
    """ "2-16-1": the units of each layer, from the inputs to the outputs."""

    name = "net"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        units = str(value).strip().split("-")
        if len(units) < 2 or not all(map(_is_units, units)):
            self.fail(
                _(
                    "{value!r} is not a net: write the units of each layer with dashes between, from the inputs to "
                    "the outputs, as in 2-16-1"
                ).format(value=_cut(value)),
                param,
                ctx,
            )
        return tuple(map(int, units))


def _is_units(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7 and 0 < int(text) <= MOST_UNITS


class Device(click.ParamType):  # type: ignore[type-arg]
    """The name of a device; "auto" becomes that of the device which is used, and a line says which and why."""

    name = "device"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not isinstance(value, str):
            self.fail(_("{value} is no device: give cpu, cuda, cuda:1 or auto").format(value=_cut(value)), param, ctx)
        if value != "auto" or (ctx is not None and ctx.resilient_parsing):
            return value
        from tinygrad_edu import backends  # brings NumPy, which `--help` need not wait for

        chosen, why = backends.automatic()
        said = (
            _("--device auto: the CPU, as no GPU works here: {why}")
            if chosen.device == "cpu"
            else _("--device auto: {why}, and is used")
        )
        click.echo(said.format(why=why), err=True)
        return chosen.device


class BatchSize(click.ParamType):  # type: ignore[type-arg]
    """A number of examples, or "full" for all of them."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value).strip().lower()
        if text == "full":
            return text
        if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
            self.fail(
                _("{value!r} is neither a whole number of at least 1 nor 'full'").format(value=_cut(value)), param, ctx
            )
        return int(text)


def _cut(value: Any) -> str:
    """What was given, in a message."""
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def unknown(word: str, known: Sequence[str], joined: str = "_") -> str:
    """A complaint about a word, with what was probably meant; `joined` is what the known ones have between parts."""
    near = difflib.get_close_matches(re.sub("[-_ ]", joined, _cut(word).lower()), known, n=1)
    there = _("There are: {known}").format(known=", ".join(known))
    if not near:
        return _("unknown '{word}'.").format(word=_cut(word)) + f" {there}"
    return _("unknown '{word}', did you mean '{near}'?").format(word=_cut(word), near=near[0]) + f" {there}"


_NO_HARM = Number(0)
_COUNT = Number(1, whole=True)
_FRACTION = Number(0, 1, below=True)

OPTIMIZER_SETTINGS = [
    click.option("--momentum", type=_FRACTION, help="sgd, rmsprop: how much of the last step is kept, 0.9 say."),
    click.option("--nesterov", is_flag=True, help="sgd: momentum that looks ahead."),
    click.option("--betas", type=_FRACTION, nargs=2, metavar="B1 B2", help="adam, adamw, nadam: running means."),
    click.option("--alpha", type=_FRACTION, help="rmsprop: running mean of the squares."),
    click.option("--rho", type=_FRACTION, help="adadelta: running mean of the squares."),
    click.option("--eps", type=Number(0, above=True), help="adam and the other adaptive ones: keeps steps finite."),
    click.option("--weight-decay", type=_NO_HARM, help="Every optimizer: shrink the weights a little in each step."),
]

_OPTIONS = [
    click.option(
        "--data",
        metavar="NAME|FILE.csv",
        shell_complete=words_or_files(DATA, ".csv"),
        help=f"What to learn from: {', '.join(DATA)}, or a CSV file.",
    ),
    click.option("--target", metavar="COLUMN", help="The column of the CSV file to be predicted.  [default: the last]"),
    click.option(
        "--task",
        type=Name(("classification", "regression")),
        metavar="NAME",
        help="What to make of the target of a CSV file.  [default: classification for words and few whole numbers]",
    ),
    click.option("--n", type=Number(2, 100_000_000, whole=True), help="How many examples to make, or to take."),
    click.option("--noise", type=Number(0, 1_000_000), help="The noise of examples that are made."),
    click.option(
        "--validation",
        type=Number(0, 1, above=True, below=True, why=N_("it is the share of the examples that is held out")),
        default=0.2,
        show_default=True,
        help="The share of the examples that is held out, to measure on.",
    ),
    click.option(
        "--standardize/--no-standardize",
        default=True,
        help="Give each input mean 0 and deviation 1, measured on the training part (so too the target of a "
        "regression).  [default: yes]",
    ),
    click.option("--net", type=Net(), metavar="2-16-1", help="Units of each layer.  [default: fits the data]"),
    click.option("--activation", type=Name(ACTIVATIONS), metavar="NAME", help=f"{', '.join(ACTIVATIONS)}."),
    click.option("--loss", type=Name(LOSSES), metavar="NAME", help=f"{', '.join(LOSSES)}."),
    click.option(
        "--optimizer",
        type=Name(OPTIMIZERS),
        metavar="NAME",
        default="adam",
        show_default=True,
        help=f"{', '.join(OPTIMIZERS)}.",
    ),
    click.option(
        "--lr",
        type=Number(0, above=True, why=N_("try 0.01")),
        help="Learning rate.  [default: fits the optimizer]",
    ),
    *OPTIMIZER_SETTINGS,
    click.option(
        "--batch-size",
        type=BatchSize(),
        metavar="N|full",
        help="Examples in a step: 1 is stochastic, full is all.  [default: 32]",
    ),
    click.option("--drop-last", is_flag=True, help="Leave out a last batch that is smaller."),
    click.option("--accumulate", type=_COUNT, default=1, help="Add up the gradients of this many batches in a step."),
    click.option("--epochs", type=_COUNT, help="How often to go through the data.  [default: fits the data]"),
    click.option(
        "--dropout",
        type=Number(0, 1, below=True, why=N_("it is the share of hidden units that is silenced, and some must speak")),
        default=0.0,
        help="Silence this share of the hidden units in each step.",
    ),
    click.option("--l1", type=_NO_HARM, default=0.0, help="Penalty: this times the sum of |weight|."),
    click.option("--l2", type=_NO_HARM, default=0.0, help="Penalty: this times the sum of weight**2."),
    click.option(
        "--label-smoothing",
        type=Number(0, 1, below=True, why=N_("it is a share, 0.1 say, and something must be left of each label")),
        help="With the loss cross_entropy: spread this share of each label evenly over all classes. The losses that "
        "are printed are without it, as they are without penalties.",
    ),
    click.option("--clip-norm", type=Number(0, above=True), help="Shorten gradients that are longer than this."),
    click.option(
        "--clip-value",
        type=Number(0, above=True),
        help="Cut each gradient to this size.",
    ),
    click.option(
        "--patience",
        type=Number(1, whole=True, why=N_("the run would stop before it could improve")),
        help="Early stopping: after this many epochs without a better validation loss, keep the best weights.",
    ),
    click.option("--min-delta", type=_NO_HARM, help="With --patience: how much better counts as better."),
    click.option(
        "--schedule",
        type=Name(SCHEDULES),
        metavar="NAME",
        help="How the learning rate changes: step, exponential (--step-size, --gamma), cosine (--eta-min), warmup "
        "(--warmup), onecycle (--warmup), plateau (--factor, --plateau-patience).",
    ),
    click.option("--step-size", type=_COUNT, help="step: epochs between two steps.  [default: a third of all]"),
    click.option(
        "--gamma",
        type=Number(0, 1, above=True),
        help="step, exponential: what the rate is multiplied by.  [default: 0.1; exponential: 0.95]",
    ),
    click.option("--eta-min", type=_NO_HARM, help="cosine: the last learning rate.  [default: 0]"),
    click.option(
        "--warmup",
        type=_COUNT,
        help="warmup, onecycle: epochs in which the rate rises.  [default: 5; onecycle: 30% of all]",
    ),
    click.option(
        "--factor",
        type=Number(0, 1, above=True, below=True),
        help="plateau: the rate is multiplied by it.  [default: 0.1]",
    ),
    click.option(
        "--plateau-patience",
        type=Number(0, whole=True),
        help="plateau: epochs without progress to wait.  [default: 10]",
    ),
    click.option("--seed", type=Number(0, whole=True), default=0, show_default=True, help="Of all random numbers."),
    click.option(
        "--device",
        type=Device(),
        default="cpu",
        show_default=True,
        shell_complete=words(("auto", "cpu", "cuda")),
        help="cpu, cuda, cuda:1, ..., or auto: a GPU that works, else the CPU.",
    ),
    click.option(
        "--tf32",
        is_flag=True,
        default=None,
        help="On a GPU: multiply float32 matrices with 10 bits of mantissa, which is faster and less exact.",
    ),
]


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options of a run."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
