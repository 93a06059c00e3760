// Numbers over the plane: lines where the network predicts the same, with their numbers, and the scale of the colours.

// Levels for numbers from low to high: multiples of 1, 2 or 5 times a power of ten, six at most.
function levelsOf(low, high) {
  const rough = (high - low) / 6, ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * ten).find((size) => size >= rough);
  const found = [];
  if (!Number.isFinite(step)) return found;
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}

// Where the numbers on a grid of `size` by `size` cross a level: pairs of places, in cells (marching squares).
function crossings(values, size, level) {
  const found = [], at = (i, j) => values[j * size + i] - level;
  const between = (i, j, k, l) => {
    const a = at(i, j), b = at(k, l), part = a / (a - b);
    return (a < 0) !== (b < 0) && Number.isFinite(part) ? [[i + part * (k - i), j + part * (l - j)]] : [];
  };
  for (let j = 0; j + 1 < size; j++) {
    for (let i = 0; i + 1 < size; i++) {
      const ends = [...between(i, j, i + 1, j), ...between(i + 1, j, i + 1, j + 1), ...between(i, j + 1, i + 1, j + 1), ...between(i, j, i, j + 1)];
      for (let k = 0; k + 1 < ends.length; k += 2) found.push([ends[k], ends[k + 1]]);
    }
  }
  return found;
}

function drawLevels(context, values, range, size) {
  context.strokeStyle = context.fillStyle = ink("--ink");
  context.lineWidth = size / 300;
  context.font = `${size / 23}px sans-serif`;
  context.textAlign = "center";
  const pixel = ([i, j]) => [((i + 0.5) / GRID) * size, ((j + 0.5) / GRID) * size];
  for (const level of levelsOf(...range)) {
    const lines = crossings(values, GRID, level);
    if (!lines.length) continue;
    context.beginPath();
    for (const [from, to] of lines) {
      context.moveTo(...pixel(from));
      context.lineTo(...pixel(to));
    }
    context.stroke();
    const [x, y] = pixel(lines[Math.floor(lines.length / 2)][0]), text = say(level, 3), half = size / 23;
    context.save();
    context.lineWidth = size / 60;
    context.strokeStyle = ink("--paper");
    const place = [Math.min(Math.max(x, half * 1.5), size - half * 1.5), Math.min(Math.max(y, half), size - half / 2)];
    context.strokeText(text, ...place);
    context.fillText(text, ...place);
    context.restore();
  }
}

function scaleOf(pictures) { // the colours from the lowest number to the highest
  const canvas = make("canvas", { className: "scale", width: 120, height: 12 }), context = canvas.getContext("2d");
  for (let x = 0; x < 120; x++) {
    context.fillStyle = `rgb(${pictures.mix(x / 59.5 - 1).join()})`;
    context.fillRect(x, 0, 1, 12);
  }
  return canvas;
}
