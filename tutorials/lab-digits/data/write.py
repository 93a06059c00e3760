"""Write train.csv and test.csv of the digits, with your own function."""

from pathlib import Path

from prepare import prepare

import tinygrad_edu as tg

prepare(tg.data.load("digits"), Path(__file__).parent)
