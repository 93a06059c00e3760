"""Compose tunes with your own functions; write them as notes (mine.abc) and as sound (mine.wav)."""

import math
import re
import wave
from pathlib import Path

import numpy as np
from compose import compose
from windows import windows

import tinygrad_edu as tg
from train import train

HERE = Path(__file__).parent
WITHIN = 4  # characters that the network sees
TUNES, TEMPERATURE, SEED = 3, 1.0, 0
BEATS_PER_MINUTE, RATE = 120, 22_050
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def read_tunes(path):
    """The notes of each tune of an ABC file, without its head."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    tunes = ["".join(line for line in block.splitlines() if line[1:2] != ":" and line[:1] != "%") for block in blocks]
    return [tune for tune in tunes if tune]


def sound(tune):
    """A tune as samples between -1 and 1: a sine that fades for each note."""
    parts = [np.zeros(1)]
    for letter, low, half, beats in re.findall(r"([A-G])(,?)(/?)(\d?)", tune):
        length = (0.5 if half else 1.0) * int(beats or 1) * 60 / BEATS_PER_MINUTE
        t = np.arange(int(length * RATE)) / RATE
        pitch = 261.63 * 2 ** (STEPS[letter] / 12 - bool(low))  # C is middle C, in hertz
        parts.append(np.sin(2 * math.pi * pitch * t) * np.exp(-3 * t) * np.minimum(1, 200 * (length - t)))
    return np.concatenate(parts)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 20_000).astype("<i2").tobytes())


tunes = read_tunes(HERE / "tunes.abc")
characters = "." + "".join(sorted(set("".join(tunes))))
pairs = [pair for tune in tunes for pair in windows(tune, WITHIN)]
X = np.array([[characters.index(c) for c in window] for window, _ in pairs])
y = np.array([characters.index(c) for _, c in pairs])

tg.seed(SEED)
net = tg.nn.Sequential(
    tg.nn.Embedding(len(characters), 8),
    tg.nn.Flatten(),
    tg.nn.Dense(WITHIN * 8, 64, activation="tanh"),
    tg.nn.Dense(64, len(characters)),
)
print(f"{len(X)} windows, loss {train(net, X, y)[-1]:.2f}")


def logits_of(window):
    return net(np.array([[characters.index(c) for c in window]])).numpy()[0]


rng = np.random.default_rng(SEED)
mine = [compose(logits_of, characters, rng, TEMPERATURE) for _ in range(TUNES)]
print(*mine, sep="\n")
heads = [f"X:{k}\nT:Tune {k}\nM:4/4\nL:1/4\nK:C\n{tune}\n" for k, tune in enumerate(mine, 1)]
(HERE / "mine.abc").write_text("\n".join(heads), encoding="utf-8")
write_wav(HERE / "mine.wav", np.concatenate([np.append(sound(tune), np.zeros(RATE)) for tune in mine]))
print("lab-tunes/mine.abc, lab-tunes/mine.wav")
