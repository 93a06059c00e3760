"""A help page with headings: forty options in one heap help nobody."""

from __future__ import annotations

import click

from tinygrad_edu_words import N_, _

SECTIONS = {
    N_("Data"): "data target task n noise validation standardize",
    N_("Network"): "net activation dropout",
    N_("Learning"): "loss optimizer lr batch_size epochs seed device tf32",
    N_("Against overfitting"): "patience min_delta weight_decay l1 l2 label_smoothing",
    N_("Details of learning"): "momentum nesterov betas alpha rho eps drop_last accumulate clip_norm clip_value",
    N_("Learning rate over time"): "schedule step_size gamma eta_min warmup factor plateau_patience",
    N_("Pictures"): "png svg gif html outputs theme size",
}


class SectionedCommand(click.Command):
    """A command whose options are listed under the headings of SECTIONS, and the others after them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = {str(param.name): param.get_help_record(ctx) for param in self.get_params(ctx)}
        for heading, names in SECTIONS.items():
            self._write(formatter, heading, [rows.pop(name, None) for name in names.split()])
        self._write(formatter, N_("Other options"), list(rows.values()))

    def _write(self, formatter: click.HelpFormatter, heading: str, rows: list[tuple[str, str] | None]) -> None:
        shown = [row for row in rows if row is not None]
        if shown:
            with formatter.section(_(heading)):
                formatter.write_dl(shown)
