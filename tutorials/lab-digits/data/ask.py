"""Ask the network in digits.safetensors which digit is drawn in mine.txt: . is 0, + is 8, # is 16."""

from pathlib import Path

import tinygrad_edu as tg

HERE = Path(__file__).parent
INK = {".": 0.0, "+": 8.0, "#": 16.0}

rows = (HERE / "mine.txt").read_text(encoding="utf-8").split()
image = [[INK[c] for row in rows for c in row]]
network = tg.load(HERE / "digits.safetensors")
p = network.predict_proba(image)[0]
for k in p.argsort()[::-1][:3]:
    print(f"{network.classes[k]}  {p[k]:6.1%}  {'#' * round(40 * p[k])}")
