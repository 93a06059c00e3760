// A network of dense layers as loops over flat arrays. Activations, losses, penalties and optimizers come from the tables.

// Losses that compare all outputs z of a row with its target t, and write their slopes into g. Row is where it begins.
const ROW_LOSSES = {
  cross_entropy(z, t, g, row, n) { // -Σ t log softmax(z), whose slope is softmax(z) - t where the targets add up to 1
    let top = -Infinity, sum = 0, loss = 0;
    for (let j = row; j < row + n; j++) top = maximum(top, z[j]);
    for (let j = row; j < row + n; j++) sum += g[j] = Math.exp(z[j] - top);
    for (let j = row; j < row + n; j++) {
      if (t[j]) loss -= t[j] * (z[j] - top - Math.log(sum));
      g[j] = g[j] / sum - t[j];
    }
    return loss;
  },
};

class Network {
  static SETTINGS = {
    activation: "tanh", loss: "binary_cross_entropy", optimizer: "SGD", l1: 0, l2: 0, dropout: 0, seed: 0,
  };
  // sizes: of the inputs, the hidden layers and the outputs, [2, 8, 8, 1].
  // settings: activation (a name, or one for each hidden layer), loss, optimizer and its own settings (lr, ...), l1, l2,
  // dropout, seed. All but the seed may change between steps; a new optimizer starts with `forget`.
  constructor(sizes, settings) {
    this.sizes = sizes;
    this.settings = { ...Network.SETTINGS, ...settings };
    const rng = new Generator(this.settings.seed);
    const length = sizes.slice(1).reduce((sum, m, k) => sum + m * (sizes[k] + 1), 0);
    this.weights = new Float64Array(length); // all parameters side by side: weight, bias, weight, bias, ...
    this.gradients = new Float64Array(length);
    this.layers = sizes.slice(1).map((m, k) => ({ n: sizes[k], m, hidden: k < sizes.length - 2 }));
    let at = 0;
    for (const [k, layer] of this.layers.entries()) {
      const { n, m, hidden } = layer, part = (array, from, to) => array.subarray(at + from, at + to);
      layer.at = at;
      [layer.W, layer.gW] = [part(this.weights, 0, n * m), part(this.gradients, 0, n * m)];
      [layer.b, layer.gb] = [part(this.weights, n * m, n * m + m), part(this.gradients, n * m, n * m + m)];
      const bound = Math.sqrt(6 / (hidden && ACTIVATIONS[this.activation(k)].reluLike ? n : n + m));
      for (let i = 0; i < n * m; i++) layer.W[i] = rng.uniform(-bound, bound);
      if (hidden && this.settings.dropout) layer.seed = rng.seed63();
      at += n * m + m;
    }
    this.rows = 0; // for so many there is room
    this.t = 0; // steps so far, of which dropout's masks depend
    this.forget();
  }
  activation(k) { // of hidden layer k
    const { activation } = this.settings;
    return Array.isArray(activation) ? activation[k] : activation;
  }
  forget() { // start the optimizer anew
    this.optimizer = new Optimizer(this.settings.optimizer);
  }
  room(rows) {
    if (rows <= this.rows) return;
    this.rows = rows;
    for (const layer of this.layers) {
      for (const name of ["z", "y", "g", "kept", "out"]) layer[name] = new Float64Array(rows * layer.m);
    }
  }
  // The outputs of rows of inputs x: the start of an array that the next call overwrites.
  predict(x, rows, training = false) {
    this.room(rows);
    for (const [k, layer] of this.layers.entries()) {
      const { n, m, W, b, z, y } = layer, size = rows * m;
      layer.x = x;
      for (let r = 0; r < rows; r++) {
        const to = r * m;
        for (let j = 0; j < m; j++) z[to + j] = 0;
        for (let i = 0; i < n; i++) {
          const a = x[r * n + i], from = i * m;
          for (let j = 0; j < m; j++) z[to + j] += a * W[from + j];
        }
        for (let j = 0; j < m; j++) z[to + j] += b[j];
      }
      x = z;
      if (!layer.hidden) continue;
      ACTIVATIONS[this.activation(k)].forward(z, y, size);
      x = y;
      layer.drops = training && this.settings.dropout > 0;
      if (!layer.drops) continue;
      layer.seed ??= BigInt(this.settings.seed) + BigInt(k); // dropout that was switched on later
      dropoutFactors(layer.seed, this.t, this.settings.dropout, layer.kept.subarray(0, size));
      for (let i = 0; i < size; i++) layer.out[i] = y[i] * layer.kept[i];
      x = layer.out;
    }
    return x;
  }
  // The mean loss of rows; their slopes by the outputs go into g.
  compare(outputs, targets, rows, g) {
    const m = this.sizes.at(-1), { loss } = this.settings, ofRows = ROW_LOSSES[loss];
    const share = 1 / (ofRows ? rows : rows * m);
    let sum = 0;
    if (ofRows) for (let r = 0; r < rows; r++) sum += ofRows(outputs, targets, g, r * m, m);
    else {
      const { f, d } = LOSSES[loss];
      for (let i = 0; i < rows * m; i++) {
        sum += f(outputs[i], targets[i]);
        g[i] = d(outputs[i], targets[i]);
      }
    }
    for (let i = 0; i < rows * m; i++) g[i] *= share;
    return sum * share;
  }
  // The mean loss of rows; its gradient and the penalties' is left in this.gradients.
  differentiate(x, targets, rows) {
    const loss = this.compare(this.predict(x, rows, true), targets, rows, this.layers.at(-1).g);
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const layer = this.layers[k], { n, m, W, gW, gb, x, z, y, g, kept } = layer;
      if (layer.drops) for (let i = 0; i < rows * m; i++) g[i] *= kept[i];
      if (layer.hidden) ACTIVATIONS[this.activation(k)].backward(g, y, z, rows * m);
      gW.fill(0);
      gb.fill(0);
      const below = k ? this.layers[k - 1].g : null;
      for (let r = 0; r < rows; r++) {
        const gr = r * m;
        for (let j = 0; j < m; j++) gb[j] += g[gr + j];
        for (let i = 0; i < n; i++) {
          const a = x[r * n + i], wi = i * m;
          let sum = 0;
          for (let j = 0; j < m; j++) {
            gW[wi + j] += a * g[gr + j];
            sum += g[gr + j] * W[wi + j];
          }
          if (below) below[r * n + i] = sum;
        }
      }
      for (const name of ["l1", "l2"]) {
        const strength = this.settings[name];
        if (strength) for (let i = 0; i < n * m; i++) gW[i] += strength * PENALTIES[name].d(W[i]);
      }
    }
    return loss;
  }
  // One update from rows of inputs and targets: their mean loss before it.
  learn(x, targets, rows) {
    const loss = this.differentiate(x, targets, rows), own = this.optimizer.settings;
    for (const name in own) if (name in this.settings) own[name] = this.settings[name];
    this.optimizer.step(this.weights, this.gradients);
    this.t++;
    return loss;
  }
  loss(x, targets, rows) {
    const outputs = this.predict(x, rows);
    return this.compare(outputs, targets, rows, this.layers.at(-1).g);
  }
  // All that later steps depend on besides the settings, as copies.
  snapshot() {
    const states = Object.fromEntries(Object.entries(this.optimizer.states).map(([name, array]) => [name, array.slice()]));
    return { t: this.t, steps: this.optimizer.t, weights: this.weights.slice(), states };
  }
  restore({ t, steps, weights, states }) {
    this.t = t;
    this.weights.set(weights);
    this.optimizer.t = steps;
    this.optimizer.states = Object.fromEntries(Object.entries(states).map(([name, array]) => [name, array.slice()]));
  }
}

// The rows of each batch of an epoch, in the order of `fit`: shuffled by [seed, epoch], from epoch 0.
function batches(rows, size, seed, epoch) {
  const order = new Generator(seed, epoch).permutation(rows);
  return Array.from({ length: Math.ceil(rows / size) }, (_, k) => order.subarray(k * size, (k + 1) * size));
}
