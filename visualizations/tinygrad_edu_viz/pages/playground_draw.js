// Drawing: what the outputs and every unit say about the plane, the examples, and the losses.

const GRID = 50;
const ENDS = { light: [[217, 138, 61], [243, 241, 238], [79, 159, 208]], dark: [[224, 140, 50], [38, 40, 43], [70, 160, 220]] };
const CLASS_COLOURS = { // of three classes or four
  light: [[217, 138, 61], [79, 159, 208], [88, 170, 130], [190, 120, 170]],
  dark: [[224, 140, 50], [70, 160, 220], [70, 170, 120], [200, 120, 170]],
};
const MARKS = ["▲", "●", "■", "◆"];
const INKS = ["--neg", "--pos", "--third", "--fourth"];

class Canvas { // pictures of a run
  constructor(run, isDark) {
    this.run = run;
    this.isDark = isDark;
    this.small = make("canvas", { width: GRID, height: GRID });
    this.image = this.small.getContext("2d").createImageData(GRID, GRID);
    const { inputs } = run.set, places = run.train.places, n = run.train.n;
    const range = (k) => {
      const column = Array.from({ length: n }, (_, i) => places[i * inputs + k]);
      return n ? [Math.min(...column), Math.max(...column)] : [-1, 1];
    };
    const sides = inputs === 2 ? [range(0), range(1)] : [range(0), [Math.min(...run.train.labels), Math.max(...run.train.labels)]];
    if (run.set.isDrawn) sides.splice(0, 2, [-1, 1], [-1, 1]);
    const half = Math.max(...sides.map(([low, high]) => high - low), 0.5) * 0.56;
    this.halves = inputs === 2 ? [half, half] : sides.map(([low, high]) => Math.max(high - low, 0.5) * 0.6);
    this.middle = sides.map(([low, high]) => (low + high) / 2);
    if (run.set.task === "regression") this.range = [Math.min(...run.train.labels), Math.max(...run.train.labels)];
    this.places = new Float64Array(GRID * GRID * inputs);
    for (let i = 0; i < GRID * GRID; i++) {
      this.places[i * inputs] = this.middle[0] + (((i % GRID) + 0.5) / GRID * 2 - 1) * this.halves[0];
      if (inputs === 2) this.places[2 * i + 1] = this.middle[1] - ((Math.floor(i / GRID) + 0.5) / GRID * 2 - 1) * this.halves[1];
    }
    this.x = run.features(this.places, GRID * GRID);
  }
  compute() { // the outputs, and with them every unit's
    return this.run.network.predict(this.x, GRID * GRID);
  }
  at(x, y, size) { // where a place is, in pixels
    return [((x - this.middle[0]) / this.halves[0] + 1) * size / 2, (1 - (y - this.middle[1]) / this.halves[1]) * size / 2];
  }
  place(px, py, size) {
    return [this.middle[0] + (px / size * 2 - 1) * this.halves[0], this.middle[1] - (py / size * 2 - 1) * this.halves[1]];
  }
  mix(k) { // the colour of a number from -1 to 1
    const [low, middle, high] = ENDS[this.isDark ? "dark" : "light"], end = k < 0 ? low : high;
    return middle.map((c, at) => c + (end[at] - c) * Math.min(1, Math.abs(k)));
  }
  colour(i, rgb) {
    this.image.data.set([...rgb, 255], 4 * i);
  }
  map(canvas, value, crisp = false) { // of numbers from -1 to 1
    for (let i = 0; i < GRID * GRID; i++) {
      const v = value(i);
      this.colour(i, Number.isNaN(v) ? [128, 128, 128] : this.mix(crisp ? Math.sign(v) : v));
    }
    return this.spread(canvas, crisp);
  }
  classes(canvas, outputs, crisp) { // the likeliest class of each place, paler where it is less sure
    const found = CLASS_COLOURS[this.isDark ? "dark" : "light"], paper = ENDS[this.isDark ? "dark" : "light"][1], m = this.run.outputs;
    for (let i = 0; i < GRID * GRID; i++) {
      const row = Array.from(outputs.subarray(i * m, i * m + m)), best = this.run.predicted(outputs, i);
      const sum = row.reduce((all, z) => all + Math.exp(z - row[best]), 0), sure = crisp ? 1 : (1 / sum - 1 / m) / (1 - 1 / m);
      this.colour(i, Number.isNaN(sum) ? [128, 128, 128] : paper.map((c, at) => c + (found[best][at] - c) * sure));
    }
    return this.spread(canvas, crisp);
  }
  spread(canvas, crisp) {
    this.small.getContext("2d").putImageData(this.image, 0, 0);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = !crisp;
    context.drawImage(this.small, 0, 0, canvas.width, canvas.height);
    return context;
  }
  unit(canvas, layer, unit, outputs) {
    const { run } = this, { network, s } = run;
    if (layer < 0) {
      const width = run.sizes[0], column = Array.from({ length: GRID * GRID }, (_, i) => this.x[i * width + unit]);
      const high = Math.max(...column), low = Math.min(...column), half = (high - low) / 2 || 1;
      return this.map(canvas, (i) => (column[i] - (high + low) / 2) / half);
    }
    const { y, m, hidden } = network.layers[layer];
    if (!hidden) return this.map(canvas, (i) => this.signed(outputs[i * m + unit]));
    const shift = ["sigmoid", "step"].includes(s.activations[layer]) ? (v) => 2 * v - 1 : (v) => v;
    return this.map(canvas, (i) => shift(y[i * m + unit]));
  }
  signed(v) { // an output, from -1 to 1
    return { binary_cross_entropy: Math.tanh(v / 2), cross_entropy: Math.tanh(v / 2), hinge: v }[this.run.s.loss]
      ?? (this.range ? this.fromMiddle(v) : 2 * v - 1);
  }
  fromMiddle(v) { // a number to be predicted: -1 for the lowest example, 1 for the highest
    const [low, high] = this.range;
    return (2 * v - low - high) / (high - low || 1);
  }
  answer(canvas, outputs, { crisp, tests, ring }) {
    const { run } = this, size = canvas.width;
    let context = canvas.getContext("2d");
    if (run.set.inputs === 1) {
      context.fillStyle = ink("--paper");
      context.fillRect(0, 0, size, size);
    } else if (run.outputs > 1) context = this.classes(canvas, outputs, crisp);
    else context = this.map(canvas, (i) => this.signed(outputs[i]), crisp);
    if (this.range && run.set.inputs === 2) drawLevels(context, outputs, this.range, size);
    context.drawImage(this.examples(size, tests), 0, 0);
    if (run.set.inputs === 1) this.fitted(context, outputs, size);
    if (ring === null) return;
    context.strokeStyle = this.isDark ? "#fff" : "#000";
    context.lineWidth = size / 120;
    context.beginPath();
    context.arc(...this.at(...this.spot(run.train, ring), size), size / 33, 0, 7);
    context.stroke();
  }
  fitted(context, outputs, size) { // the curve of a regression
    context.strokeStyle = ink("--ink");
    context.lineWidth = size / 100;
    context.beginPath();
    for (let i = 0; i < GRID; i++) context.lineTo(...this.at(this.places[i], outputs[i], size));
    context.stroke();
  }
  spot(part, i) {
    return this.run.set.inputs === 2 ? [part.places[2 * i], part.places[2 * i + 1]] : [part.places[i], part.labels[i]];
  }
  examples(size, tests) { // drawn once
    const key = `${size} ${tests} ${this.isDark}`;
    if (this.layer?.key === key) return this.layer.canvas;
    const canvas = make("canvas", { width: size, height: size });
    this.layer = { key, canvas };
    this.points(canvas, this.run.train, size / 83, true);
    if (tests) this.points(canvas, this.run.test, size / 83, false);
    return canvas;
  }
  points(canvas, part, size, filled, every = 1) {
    const context = canvas.getContext("2d"), inks = INKS.map(ink), { task, inputs } = this.run.set, isField = task === "regression" && inputs === 2;
    for (let i = 0; i < part.n; i += every) {
      const [x, y] = this.at(...this.spot(part, i), canvas.width), far = isField ? this.fromMiddle(part.labels[i]) : 0;
      const kind = isField ? Number(far > 0) : task === "regression" ? 1 : part.labels[i], wide = size * (isField ? 0.5 + 0.8 * Math.abs(far) : 1);
      context.beginPath();
      if (kind === 1) context.arc(x, y, wide, 0, 7);
      else polygon(context, x, y, wide, kind);
      context.lineWidth = filled ? 1 : 1.5;
      context.fillStyle = inks[kind];
      context.strokeStyle = filled ? (this.isDark ? "#000" : "#fff") : inks[kind];
      if (filled) context.fill();
      context.stroke();
    }
  }
}

const ink = (name) => getComputedStyle(document.body).getPropertyValue(name);

function polygon(context, x, y, size, kind) { // ▲ ■ ◆
  const corners = {
    0: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]], 2: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    3: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  };
  for (const [dx, dy] of corners[kind]) context.lineTo(x + dx * size, y + dy * size);
  context.closePath();
}

const LOSS_INKS = { A: ["--pos", "--neg"], B: ["--third", "--fourth"] };

function drawLosses(canvas, runs) { // of one run or two: [[letter, run], ...]
  const c = canvas.getContext("2d"), { width, height } = canvas, rows = runs.flatMap(([, { curve }]) => curve), { t } = runs[0][1];
  c.clearRect(0, 0, width, height);
  const last = Math.max(...rows.map(([step]) => step), t, 1), finite = rows.flatMap((row) => row.slice(1, 3)).filter(Number.isFinite);
  const high = Math.min(Math.max(...finite, 1e-9), 4 * (finite[0] ?? 1));
  const at = (step, loss) => [8 + (step / last) * (width - 16), height - 10 - (Math.min(loss, high) / high) * (height - 34)];
  c.font = "20px sans-serif";
  for (const [letter, { curve }] of runs) {
    [1, 2].forEach((column) => {
      c.beginPath();
      c.strokeStyle = ink(LOSS_INKS[letter][column - 1]);
      c.lineWidth = 3;
      c.setLineDash(column === 1 ? [] : [8, 6]);
      let down = false;
      for (const row of curve) {
        if (Number.isFinite(row[column])) c[down ? "lineTo" : "moveTo"](...at(row[0], row[column]));
        down = Number.isFinite(row[column]);
      }
      c.stroke();
    });
    const named = curve[Math.floor(curve.length * (letter === "A" ? 0.4 : 0.7))];
    if (runs.length < 2 || !named || !Number.isFinite(named[1])) continue;
    const [x, y] = at(named[0], named[1]);
    c.fillStyle = ink("--ink");
    c.fillText(letter, x, Math.max(18, y - 8));
  }
  c.setLineDash([]);
  c.strokeStyle = c.fillStyle = ink("--faint");
  c.lineWidth = 1;
  c.beginPath();
  c.moveTo(at(t, 0)[0], 0);
  c.lineTo(at(t, 0)[0], height);
  c.moveTo(8, height - 10);
  c.lineTo(width - 8, height - 10);
  c.stroke();
  c.textAlign = "right";
  c.fillText(say(high, 3), width - 8, 18);
  c.textAlign = "left";
}

// The learning rates over the same steps as the losses.
function drawRate(canvas, runs) {
  const c = canvas.getContext("2d"), { width, height } = canvas, { t } = runs[0][1];
  c.clearRect(0, 0, width, height);
  const last = Math.max(...runs.map(([, { curve }]) => curve.at(-1)[0]), t, 1);
  const rates = runs.map(([letter, run]) => [letter, [...run.curve.map((row) => [row[0], row[3]]), [run.t, run.paceAt(run.t).lr]].sort(([a], [b]) => a - b)]);
  const high = Math.max(...rates.flatMap(([, rows]) => rows.map(([, lr]) => lr)), 1e-300);
  const at = (step, lr) => [8 + (step / last) * (width - 16), height - 8 - (lr / high) * (height - 30)];
  c.font = "20px sans-serif";
  for (const [letter, rows] of rates) {
    c.strokeStyle = ink(LOSS_INKS[letter][0]);
    c.fillStyle = ink("--ink");
    c.lineWidth = 3;
    c.beginPath();
    for (const row of rows) c.lineTo(...at(...row));
    c.stroke();
    const [x, y] = at(...rows[Math.floor(rows.length * (letter === "A" ? 0.4 : 0.7))]);
    if (runs.length > 1) c.fillText(letter, x, Math.max(18, y - 6));
  }
  c.fillStyle = ink("--faint");
  c.textAlign = "right";
  c.fillText(say(high, 3), width - 8, 18);
  c.textAlign = "left";
}
