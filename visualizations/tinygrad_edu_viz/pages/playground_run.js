// A run of the playground: settings, data, network. It knows no page. What it does in a step depends on the settings and
// the step's number alone, so that any step can be returned to.

const FEATURES = { // what the network may be given of the two inputs
  x1: (a) => a, x2: (a, b) => b, "x1²": (a) => a * a, "x2²": (a, b) => b * b, "x1·x2": (a, b) => a * b,
  "sin x1": (a) => Math.sin(a), "sin x2": (a, b) => Math.sin(b),
};

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
    const { activations: activation, loss, optimizer, dropout, seed } = settings;
    this.network = new Network(this.sizes, { activation, loss, optimizer, ...optimizerSettings(settings), dropout, seed });
    this.beginAs(this.set);
    this.watch = unwatched(settings.lr);
    [this.marks, this.curve, this.every, this.epoch] = [[], [], 20, -1]; // steps between marks: more as a run grows
    [this.rates, this.edits] = [[], []]; // what was changed, and in which step, so that it is done again after travel
    this.adopt(settings);
    this.mark();
  }
  beginAs({ sizes, weights, seeds }) { // data of a run of Python has its first weights, for a network of its sizes
    if (!weights || String(sizes) !== String(this.sizes)) return;
    this.network.weights.set(weights);
    seeds.forEach((seed, k) => { this.network.layers[k].seed = BigInt(seed); });
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
  get end() { // no step is made beyond it
    return this.train.n ? endOf(this.s, this.perEpoch) : 0;
  }
  paceAt(t) {
    const { watch, perEpoch } = this;
    return paceOf(this.rates.findLast(([from]) => from <= t)[1], { steps: t, perEpoch, watch });
  }
  step() { // one batch: its loss before the update
    if (this.t >= this.end) return NaN;
    const epoch = Math.floor(this.t / this.perEpoch), { batch, seed } = this.s, { train } = this;
    if (this.epoch !== epoch) [this.epoch, this.order] = [epoch, batches(train.n, batch, seed, epoch)];
    const rows = this.order[this.t % this.perEpoch], width = this.sizes[0], m = this.outputs;
    const x = new Float64Array(rows.length * width), targets = new Float64Array(rows.length * m);
    rows.forEach((r, i) => {
      for (let k = 0; k < width; k++) x[i * width + k] = train.x[r * width + k];
      for (let k = 0; k < m; k++) targets[i * m + k] = train.targets[r * m + k];
    });
    const now = this.rates.findLast(([from]) => from <= this.t)[1];
    if (this.watch.base !== now.lr) this.watch = { ...this.watch, base: now.lr, lr: now.lr };
    for (const name of LIVE) this.network.settings[name] = now[name];
    Object.assign(this.network.settings, this.paceAt(this.t));
    const loss = this.network.learn(x, targets, rows.length);
    if (now.schedule === "plateau" && this.t % this.perEpoch === 0) {
      this.watch = watched(this.watch, this.lossOf(this.test.n ? this.test : this.train), now);
    }
    for (const edit of this.edits) if (edit.t === this.t) this.put(edit);
    if (this.t % this.every === 0 || this.t < 20) this.mark();
    return loss;
  }
  lossOf(part) {
    return part.n ? this.network.loss(part.x, part.targets, part.n) : NaN;
  }
  mark() {
    if (this.marks.length && this.marks.at(-1).t >= this.t) return;
    this.marks.push({ ...this.network.snapshot(), watch: this.watch });
    this.curve.push([this.t, this.lossOf(this.train), this.lossOf(this.test), this.paceAt(this.t).lr]);
    if (this.marks.length <= MOST.marks) return;
    this.every *= 2;
    const keep = (_, k) => k < 20 || k % 2 === 0;
    [this.marks, this.curve] = [this.marks.filter(keep), this.curve.filter(keep)];
  }
  travel(t) { // the mark before, and the steps from there
    const mark = this.marks.findLast((each) => each.t <= t) ?? this.marks[0];
    if (this.t > t || mark.t > this.t) {
      this.network.restore(mark);
      this.watch = mark.watch;
    }
    for (const to = Math.min(t, this.end); this.t < to;) this.step();
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
    if (this.outputs === 1) return Number(outputs[i] > (["mse", "mae", "huber"].includes(this.s.loss) ? 0.5 : 0));
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
    const said = Object.fromEntries(Object.entries({ ...rest, ...lists }).filter(([, value]) => value !== null));
    return "#" + new URLSearchParams({ ...said, t: this.t });
  }
  python() {
    return scriptOf(this);
  }
}
