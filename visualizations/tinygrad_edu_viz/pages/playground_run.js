// A run of the playground: settings, data, network. It knows no page. What it does in a step depends on the settings and
// the step's number alone, so that any step can be returned to.

const MOST = { layers: 6, units: 10, steps: 20000, marks: 600, rows: 5000 };
const FEATURES = { // what the network may be given of the two inputs
  x1: (a) => a, x2: (a, b) => b, "x1²": (a) => a * a, "x2²": (a, b) => b * b, "x1·x2": (a, b) => a * b,
  "sin x1": (a) => Math.sin(a), "sin x2": (a, b) => Math.sin(b),
};
const IN_PYTHON = { // the same of the columns of `x`
  x1: "x[:, 0]", x2: "x[:, 1]", "x1²": "x[:, 0] * x[:, 0]", "x2²": "x[:, 1] * x[:, 1]", "x1·x2": "x[:, 0] * x[:, 1]",
  "sin x1": "np.sin(x[:, 0])", "sin x2": "np.sin(x[:, 1])",
};
const SWITCHED = { // optimizers with a setting that is on
  "SGD, momentum": { name: "SGD", own: { momentum: 0.9 } },
  "SGD, Nesterov": { name: "SGD", own: { momentum: 0.9, nesterov: true } },
};
const optimizerNames = () => [...Object.keys(OPTIMIZERS), ...Object.keys(SWITCHED)];
const chosenOptimizer = (name) => SWITCHED[name] ?? { name, own: {} };

const START = {
  data: "moons", noise: null, features: ["x1", "x2"], hidden: [6, 4], activations: ["tanh", "tanh"], loss: null,
  optimizer: "Adam", lr: 0.03, batch: 10, l1: 0, l2: 0, weight_decay: 0, dropout: 0, seed: 0,
};
const WHOLE = new Set(["batch", "seed"]);
const LIVE = new Set(["lr", "l1", "l2", "weight_decay"]); // what may change in the middle of a run
const LEAST = { batch: 1 }, LARGEST = { dropout: 0.9, noise: 5, batch: 1e6, lr: 1e6, l1: 1e6, l2: 1e6, weight_decay: 1e6 };

const lossesFor = (set) => {
  const fitting = set.task === "regression" ? ["mse", "mae", "huber"]
    : set.classes.length > 2 ? ["cross_entropy"] : ["binary_cross_entropy", "mse", "hinge"];
  return fitting.filter((name) => name in LOSSES || name in ROW_LOSSES);
};

const listed = (value) => (Array.isArray(value) ? value : String(value).split(","));

// Settings made of what somebody asks for, on top of others: { settings, refused }, the latter the names of what no run
// can have. `sizes`, of inputs, hidden layers and outputs, and `activation`, of all layers, are accepted, too.
function settled(asked, before, sets) {
  const s = { ...before }, refused = [];
  const take = (name, value, ok) => (ok ? (s[name] = value) : refused.push(name));
  const given = { ...asked };
  if (given.sizes !== undefined) given.hidden = String(given.sizes).split(/[-,]/).slice(1, -1).join(",");
  if (given.data !== undefined) {
    take("data", given.data, Object.hasOwn(sets, given.data));
    if (s.data !== before.data) [s.noise, s.loss] = [null, null];
  }
  const set = sets[s.data];
  if (given.features !== undefined) {
    const names = listed(given.features);
    take("features", Object.keys(FEATURES).filter((name) => names.includes(name)),
      names.length > 0 && names.every((name) => Object.hasOwn(FEATURES, name)));
  }
  if (given.hidden !== undefined) {
    const units = listed(given.hidden).filter((n) => n !== "").map(Number);
    take("hidden", units, units.length <= MOST.layers && units.every((n) => Number.isInteger(n) && n >= 1 && n <= MOST.units));
  }
  const activations = given.activations ?? given.activation;
  if (activations !== undefined) {
    const names = listed(activations).filter((name) => name !== "");
    take("activations", names, names.every((name) => Object.hasOwn(ACTIVATIONS, name)) && (names.length > 0 || !s.hidden.length));
  }
  s.activations = s.hidden.map((_, k) => s.activations[k] ?? s.activations.at(-1) ?? "tanh");
  if (given.optimizer !== undefined) take("optimizer", given.optimizer, optimizerNames().includes(given.optimizer));
  if (given.loss !== undefined && given.loss !== null) take("loss", given.loss, lossesFor(set).includes(given.loss));
  if (!lossesFor(set).includes(s.loss)) s.loss = lossesFor(set)[0];
  for (const name of ["noise", "lr", "batch", "l1", "l2", "weight_decay", "dropout", "seed"]) {
    if (given[name] === undefined || given[name] === null) continue;
    const x = given[name] === "" ? NaN : Number(given[name]);
    const inside = x >= (LEAST[name] ?? 0) && x <= (LARGEST[name] ?? Number.MAX_SAFE_INTEGER);
    take(name, x, inside && (!WHOLE.has(name) || Number.isInteger(x)));
  }
  s.noise ??= set.noise;
  if (set.inputs === 1) s.features = ["x1"];
  else if (before.data !== undefined && sets[before.data]?.inputs === 1 && given.features === undefined) s.features = START.features;
  return { settings: s, refused };
}

class Run {
  constructor(settings, sets) {
    [this.s, this.set] = [settings, sets[settings.data]];
    this.outputs = this.set.task === "regression" || this.set.classes.length === 2 ? 1 : this.set.classes.length;
    this.sizes = [settings.features.length, ...settings.hidden, this.outputs];
    const { x, z, y, train } = this.set, plain = this.set.task === "regression";
    const shaken = plain ? x : x.map((v, i) => v + settings.noise * z[i]);
    const aims = plain ? y.map((v, i) => v + settings.noise * z[i]) : y;
    this.train = this.part(shaken, aims, 0, train);
    this.test = this.part(shaken, aims, train, y.length);
    const { name, own } = chosenOptimizer(settings.optimizer);
    const { activations: activation, loss, dropout, seed } = settings;
    this.network = new Network(this.sizes, { activation, loss, optimizer: name, ...own, dropout, seed });
    [this.marks, this.curve, this.every, this.epoch] = [[], [], 20, -1]; // steps between marks: more as a run grows
    [this.rates, this.edits] = [[], []]; // what was changed, and in which step, so that it is done again after travel
    this.adopt(settings);
    this.mark();
  }
  get t() {
    return this.network.t;
  }
  adopt(settings) { // those that may change in a run, from here on
    this.s = settings;
    this.cut();
    this.rates = [...this.rates.filter(([from]) => from < this.t), [this.t, settings]];
  }
  cut() { // what came later is no more
    const { t } = this;
    [this.marks, this.curve] = [this.marks.filter((mark) => mark.t <= t), this.curve.filter((row) => row[0] <= t)];
    [this.rates, this.edits] = [this.rates.filter(([from]) => from <= t), this.edits.filter((edit) => edit.t <= t)];
  }
  part(x, y, from, to) { // rows as they are given to people, to the network, and their targets
    const { inputs } = this.set, n = to - from, places = x.slice(inputs * from, inputs * to), labels = y.slice(from, to);
    const targets = new Float64Array(n * this.outputs), low = this.s.loss === "hinge" ? -1 : 0;
    for (let i = 0; i < n; i++) {
      if (this.outputs > 1) targets[i * this.outputs + labels[i]] = 1;
      else targets[i] = this.set.task === "regression" ? labels[i] : labels[i] ? 1 : low;
    }
    return { n, places, labels, targets, x: this.features(places, n) };
  }
  features(places, n) { // what the network is given of n places
    const { inputs } = this.set, functions = this.s.features.map((name) => FEATURES[name]);
    const x = new Float64Array(n * functions.length);
    for (let i = 0; i < n; i++) {
      functions.forEach((f, k) => { x[i * functions.length + k] = f(places[i * inputs], places[i * inputs + inputs - 1]); });
    }
    return x;
  }
  get perEpoch() {
    return Math.max(1, Math.ceil(this.train.n / this.s.batch));
  }
  step() { // one batch: its loss before the update
    const epoch = Math.floor(this.t / this.perEpoch), { batch, seed } = this.s, { train } = this;
    if (this.epoch !== epoch) [this.epoch, this.order] = [epoch, batches(train.n, batch, seed, epoch)];
    const rows = this.order[this.t % this.perEpoch], width = this.sizes[0], m = this.outputs;
    const x = new Float64Array(rows.length * width), targets = new Float64Array(rows.length * m);
    rows.forEach((r, i) => {
      for (let k = 0; k < width; k++) x[i * width + k] = train.x[r * width + k];
      for (let k = 0; k < m; k++) targets[i * m + k] = train.targets[r * m + k];
    });
    const now = this.rates.findLast(([from]) => from <= this.t)[1];
    for (const name of LIVE) this.network.settings[name] = now[name];
    const loss = this.network.learn(x, targets, rows.length);
    for (const edit of this.edits) if (edit.t === this.t) this.put(edit);
    if (this.t % this.every === 0 || this.t < 20) this.mark();
    return loss;
  }
  lossOf(part) {
    return part.n ? this.network.loss(part.x, part.targets, part.n) : NaN;
  }
  mark() {
    if (this.marks.length && this.marks.at(-1).t >= this.t) return;
    this.marks.push(this.network.snapshot());
    this.curve.push([this.t, this.lossOf(this.train), this.lossOf(this.test)]);
    if (this.marks.length <= MOST.marks) return;
    this.every *= 2;
    const keep = (_, k) => k < 20 || k % 2 === 0;
    [this.marks, this.curve] = [this.marks.filter(keep), this.curve.filter(keep)];
  }
  travel(t) { // the mark before, and the steps from there
    const mark = this.marks.findLast((each) => each.t <= t) ?? this.marks[0];
    if (this.t > t || mark.t > this.t) this.network.restore(mark);
    while (this.t < t) this.step();
  }
  setWeight(layer, i, j, value) { // i is the number of inputs for the bias
    this.cut();
    this.edits.push({ t: this.t, layer, i, j, value });
    this.put(this.edits.at(-1));
    [this.marks, this.curve] = [this.marks.filter((mark) => mark.t < this.t), this.curve.filter((row) => row[0] < this.t)];
    this.mark();
  }
  put({ layer, i, j, value }) {
    const { W, b, n, m } = this.network.layers[layer];
    if (i === n) b[j] = value;
    else W[i * m + j] = value;
  }
  predicted(outputs, i) { // the class of row i of the network's outputs
    if (this.outputs === 1) return Number(outputs[i] > (this.s.loss === "mse" ? 0.5 : 0));
    let best = 0;
    for (let j = 1; j < this.outputs; j++) if (outputs[i * this.outputs + j] > outputs[i * this.outputs + best]) best = j;
    return best;
  }
  right(part) { // share of rows, null for a regression
    if (this.set.task === "regression" || !part.n) return null;
    const outputs = this.network.predict(part.x, part.n);
    let count = 0;
    for (let i = 0; i < part.n; i++) count += this.predicted(outputs, i) === part.labels[i];
    return count / part.n;
  }
  address() {
    const { features, hidden, activations, ...rest } = this.s;
    const lists = { features: features.join(","), hidden: hidden.join(","), activations: activations.join(",") };
    return "#" + new URLSearchParams({ ...rest, ...lists, t: this.t });
  }
  python() { // a script that prints the page's own test losses
    const { s, set } = this, { name, own } = chosenOptimizer(s.optimizer);
    const value = (x) => (x === true ? "True" : x);
    const settings = { ...own, ...(s.weight_decay || name === "AdamW" ? { weight_decay: s.weight_decay } : {}) };
    const extra = Object.entries(settings).map(([key, x]) => `, ${key}=${value(x)}`).join("");
    const plain = s.features.length === set.inputs && s.features.every((each, k) => each === ["x1", "x2"][k]);
    const load = set.csv ? `tg.data.read_csv(${JSON.stringify(set.csv)})` : `tg.data.load("${s.data}", n=${set.y.length}, noise=${s.noise})`;
    const layers = this.sizes.slice(1).map((m, k) => {
      const hidden = k < s.hidden.length ? `, "${s.activations[k]}"` : "";
      const drops = hidden && s.dropout ? `\n    tg.nn.Dropout(${s.dropout}),` : "";
      return `    tg.nn.Dense(${this.sizes[k]}, ${m}${hidden}, dtype="float64"),${drops}`;
    });
    const changed = this.rates.length > 1 || this.edits.length;
    const note = changed ? "# In the page, rates or weights were changed during the run: here the last rates hold from the start.\n" : "";
    const apart = set.opened ? "# The page parted the rows of this file in its own way: the numbers here are others.\n" : "";
    return `${note}${apart}${plain ? "" : "import numpy as np\n\n"}import tinygrad_edu as tg

tg.seed(${s.seed})
train, test = ${load}.split(validation=0.2, seed=0)
${plain ? "" : `
def features(x):
    return np.stack([${s.features.map((each) => IN_PYTHON[each]).join(", ")}], axis=1)

train, test = [(features(part.x), part.y) for part in (train, test)]
`}model = tg.nn.Sequential(
${layers.join("\n")}
)
optimizer = tg.optim.${name}(model.parameters(), lr=${s.lr}${extra})
run = tg.train.fit(
    model, train, "${s.loss}", optimizer, validation=test, epochs=${Math.max(1, Math.floor(this.t / this.perEpoch))},
    batch_size=${s.batch}, l1=${s.l1}, l2=${s.l2}, seed=${s.seed},
)
for event in run:
    if event.kind == "validation":
        print(event.epoch, event.validation_loss)
`;
  }
}
