"""tinygrad-edu bench: from which size on a GPU is faster than the CPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from .. import output, terminal_width
from ..errors import INTERRUPTED, CommandError
from ..training.options import Device

_PATH: Any = click.Path(path_type=Path)


@click.command()
@click.option(
    "--device",
    type=Device(),
    default="auto",
    show_default=True,
    help="What the CPU is compared with: cuda, cuda:1, ..., or auto: a GPU that works. cpu measures the CPU alone.",
)
@click.option("--quick", is_flag=True, help="Fewer sizes and turns: some seconds.")
@click.option("--tf32", is_flag=True, help="Let the GPU multiply with 10 bits of mantissa.")
@click.option("--png", type=_PATH, metavar="FILE", help="Write the curves as a picture (the extra plots).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def bench(context: click.Context, device: str, quick: bool, tf32: bool, png: Path | None, as_json: bool) -> None:
    """From which size on is a GPU faster than the CPU?

    A training step of a small network, whose width is doubled again and again, and matrix products. Both devices first
    compute the same numbers, else nothing is timed; then they take turns, and the medians are shown. Ctrl-C ends it
    early, and shows what was measured.

    \b
    Examples:
      tinygrad-edu bench
      tinygrad-edu bench --quick --device cuda:1
      tinygrad-edu bench --png bench.png --json > bench.json
    """
    if png is not None and png.suffix.lower() != ".png":
        raise CommandError(
            _("--png {path}: the picture is a file that ends in .png").format(path=png), _("give --png bench.png")
        )
    from tinygrad_edu import backends  # with what follows, brings NumPy, which `--help` need not wait for

    from ..benching import measuring, pictures, report
    from ..training import devices as chosen
    from ..training import exports

    chosen.check(device, tf32)
    if png is not None:
        exports.check([png])
    chosen.use(device, tf32)
    devices = list(dict.fromkeys(["cpu", backends.get(device).device]))
    if len(devices) == 1:
        text = _("the CPU is measured alone; what a GPU needs here: {command}")
        click.echo(text.format(command="tinygrad-edu doctor"), err=True)
    everything, interrupted = [], False
    try:
        for work in measuring.WORKS:
            rows: list[measuring.Row] = []
            everything.append(report.Measured(work, devices, rows))
            if not as_json:
                output.say("\n".join(report.head(everything[-1])))
            for row in measuring.rows(work, devices, quick, tf32):
                rows.append(row)
                if not as_json:
                    output.say(report.line(row, devices))
            if not as_json:
                _conclude(everything[-1])
    except KeyboardInterrupt:
        interrupted = True
        click.echo(_("interrupted"), err=True)
        if not as_json and everything:
            _conclude(everything[-1])
    if as_json:
        with output.english(True):
            click.echo(json.dumps(report.to_json(everything, devices, tf32, interrupted), allow_nan=False))
    if png is not None:
        pictures.write(png, everything)
    if interrupted:
        context.exit(INTERRUPTED)


def _conclude(measured: Any) -> None:
    """The chart and the crossover below the rows."""
    from .. import painting  # with what follows, brings NumPy, as above
    from ..benching import report

    grid = report.picture(measured, terminal_width.room(), painting.look())
    if grid is not None:
        painting.say(grid)
    output.say(f"{said}\n" if (said := report.conclusion(measured)) else "")
