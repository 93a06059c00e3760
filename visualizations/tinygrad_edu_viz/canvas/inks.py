"""The colours of the canvas, on a dark screen: Okabe and Ito's, which colour-blind people can distinguish."""

from __future__ import annotations

import numpy as np

from .grid import Array, Style

BLUE, ORANGE, GREEN, PINK = 0x56B4E9, 0xE69F00, 0x4DD0A8, 0xF0A0C8
WHITE, GREY, FAINT, BLACK = 0xFFFFFF, 0x9AA5B1, 0x5B6875, 0x101418
QUIET, WARNING, NOTED, CHANGED = Style(GREY), Style(ORANGE, bold=True), Style(PINK, bold=True), Style(GREEN, bold=True)

MIDDLE = 0x181C22  # between two colours: where a network is unsure
COLD, WARM = 0x0A5C96, 0x8F5300  # dark enough for light letters on them
FIELDS = (COLD, WARM, 0x006048, 0x86406A, 0x5E5A12, 0x3C3C78, 0x8C3C14, 0x464646, 0x0C5E70, 0x6E2929)  # of classes
LETTERS = (0xBFE6FF, 0xFFDC9A, 0xB6F5DF, 0xFFD1E8, 0xF2EFB0, 0xE0E0FF, 0xFFDCCC, 0xE4E4E4, 0xB8F0FF, 0xFFDCDC)
TRAILS = (0xFFFFFF, 0xFFB000, 0x4DD0A8, 0xF0A0C8, 0x9AD8FF, 0xFF8050, 0xE8E080)
BANDS = (  # from dark blue to yellow, as bright to colour-blind eyes as to others (after cividis; Nuñez et al. 2018)
    *(0x00224E, 0x0A3068, 0x2A3F6D, 0x40506B, 0x545F6F, 0x666E72),
    *(0x787D76, 0x8C8D76, 0xA29E71, 0xBAB067, 0xD3C457, 0xFDE737),
)


def mix(first: int | Array, second: int | Array, share: Array) -> Array:
    """Colours between two: the first where `share` is 0, the second where it is 1. Arrays of one shape."""
    mixed = np.zeros(np.shape(share), int)
    for shift in (16, 8, 0):
        start, end = (
            np.bitwise_and(np.right_shift(first, shift), 255),
            np.bitwise_and(np.right_shift(second, shift), 255),
        )
        mixed |= np.rint(start + (end - start) * share).astype(int) << shift
    return mixed
