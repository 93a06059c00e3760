// A network and one example as a graph of single numbers, as `model.scalar()` records it: node by node, in its order.

// pieces: of pieces.py, { multiply: { arity, nodes, parts, ... }, tanh: ..., "mse 1": ... }. In the texts of a piece ⟦k⟧ is
// the label of its node k.
class ScalarGraph {
  constructor(pieces) {
    this.pieces = pieces;
    this.nodes = []; // { value, tracked } or { op, inputs, tracked }, as runtime.js has them
    this.labels = [];
    this.names = []; // null where nobody named it
    this.origins = []; // of a computed node, { piece, at, places }: node `at` of a piece, whose nodes are at these places
  }
  add(node, name) { // the place of a new node
    const place = this.nodes.push(node) - 1;
    this.names.push(name);
    this.labels.push(name ?? `n${place}`);
    this.origins.push(null);
    return place;
  }
  leaf(name, value) {
    return this.add({ value, tracked: true }, name);
  }
  // A piece of rows of operands, for each row the place of its result, which gets a name: one node after another, each of
  // all rows, as arrays of Values are computed. A constant comes before what uses it.
  apply(key, rows, names = []) {
    const piece = this.pieces[key], last = piece.nodes.length - 1, places = rows.map((row) => [...row]);
    let constants = [];
    for (let at = piece.arity; at <= last; at++) {
      const { op, inputs, tracked } = piece.nodes[at];
      if (!op) {
        constants.push(at);
        continue;
      }
      places.forEach((own, r) => {
        for (const k of constants) own[k] = this.add({ ...piece.nodes[k] }, null);
        own[at] = this.add({ op, tracked, inputs: inputs.map((k) => own[k]) }, at === last ? names[r] ?? null : null);
        this.origins[own[at]] = { piece, at, places: own };
      });
      constants = [];
    }
    return places.map((own) => own.at(-1));
  }
  // What a page knows of node k by its piece: the entry of one of the piece's lists, with labels in its texts.
  said(k, list) {
    const { piece, at, places } = this.origins[k];
    const text = JSON.stringify(piece[list][at]).replace(/⟦(\d+)⟧/g, (_, slot) => JSON.stringify(this.labels[places[slot]]).slice(1, -1));
    return JSON.parse(text);
  }
  // What happens: forward, in order, and then the contributions of the backward pass. { kind, node, inputs } and
  // { kind, node, from, position }, of places; from null is the start.
  steps(root) {
    const found = this.nodes.flatMap(({ op, inputs }, node) => (op ? [{ kind: "forward", node, inputs }] : []));
    found.push({ kind: "backward", node: root, from: null, position: null });
    forward(this.nodes);
    for (const { node, input, position } of backward(this.nodes, root)) found.push({ kind: "backward", node: input, from: node, position });
    return found;
  }
}

// network: of network.js; x: the numbers of one example; targets: of its outputs.
// → { graph, root, learning, inputs, aims, blocks }, places all. Blocks are for pictures: of each layer and unit
// { terms: [{ input, weight, product, sum }], bias, sum, result }; the first term has no sum, and where no activation
// follows the result is the sum.
function scalarNetwork(network, pieces, features, x, targets) {
  const graph = new ScalarGraph(pieces), { layers } = network, learning = [];
  const weights = layers.map(({ n, m, W, b }, k) => {
    const rows = Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => graph.leaf(`w${k + 1}[${i + 1},${j + 1}]`, W[i * m + j])));
    const biases = Array.from({ length: m }, (_, j) => graph.leaf(`b${k + 1}[${j + 1}]`, b[j]));
    return { rows, biases };
  });
  graph.nodes.forEach((_, k) => learning.push(k));
  const inputs = features.map((name, i) => graph.leaf(name, x[i])), many = targets.length > 1;
  const numbered = (name) => Array.from(targets, (_, k) => (many ? `${name}.${k + 1}` : name));
  const aims = numbered("target").map((name, k) => graph.leaf(name, targets[k]));
  let given = inputs;
  const blocks = layers.map(({ n, m, hidden }, k) => {
    const { rows, biases } = weights[k], outputs = hidden ? biases.map((_, j) => `h${k + 1}.${j + 1}`) : numbered("output");
    const activation = hidden ? network.activation(k) : "linear", bends = pieces[activation].nodes.length > 0;
    const units = biases.map((bias, j) => {
      const terms = [];
      given.forEach((input, i) => {
        const [product] = graph.apply("multiply", [[input, rows[i][j]]]), weight = rows[i][j];
        const sum = i ? graph.apply("add", [[terms[i - 1].sum ?? terms[i - 1].product, product]])[0] : null;
        terms.push({ input, weight, product, sum });
      });
      return { terms, bias };
    });
    const before = outputs.map((name) => (bends ? name.replace("h", "z") : name));
    const sums = graph.apply("add", units.map(({ terms, bias }) => [terms[n - 1].sum ?? terms[n - 1].product, bias]), before);
    given = bends ? graph.apply(activation, sums.map((sum) => [sum]), outputs) : sums;
    return units.map((unit, j) => ({ ...unit, sum: sums[j], result: given[j] }));
  });
  const [root] = graph.apply(`${network.settings.loss} ${targets.length}`, [[...given, ...aims]], ["L"]);
  return { graph, root, learning, blocks, inputs, aims };
}
