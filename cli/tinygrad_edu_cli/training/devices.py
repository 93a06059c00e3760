"""The device that a command computes on, and how precisely a GPU multiplies there."""

from __future__ import annotations

import re

from tinygrad_edu import backends
from tinygrad_edu.errors import DeviceError
from tinygrad_edu_words import _

from ..errors import CommandError, MissingPieceError
from .options import unknown


def check(device: str, tf32: bool) -> None:
    """Refuse a device that is not there, and TF32 on a device that has none.

    Raises:
        MissingPieceError: there is no such GPU, or no CuPy.
        CommandError: a name that is none of a device; TF32 on the CPU.
    """
    try:
        is_host = backends.get(device).is_host
    except DeviceError as error:
        if re.fullmatch(r"cuda(:\d+)?", device):
            raise MissingPieceError(f"--device {device}: {error}", _("or leave it out, and train on the CPU")) from None
        raise CommandError(f"--device: {unknown(device, ['cpu', 'cuda', 'cuda:1', 'auto'])}") from None
    if tf32 and is_host:
        raise CommandError(
            _("--tf32 is a way in which GPUs multiply, and {device} has none").format(device=device),
            _("leave it out, or give --device cuda"),
        )


def use(device: str, tf32: bool) -> None:
    """Have the device multiply as precisely as was asked for."""
    backend = backends.get(device)
    if not backend.is_host:
        backend.allow_tf32(tf32)
