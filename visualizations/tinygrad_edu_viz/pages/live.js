
// --- the page computes -------------------------------------------------------------------------------------------------
// What the player shows in `nodes` and `steps` is computed anew from the numbers of the inputs. Texts are getters, written
// when somebody reads them.

const { live } = content;
const graph = graphOf(live.nodes); // a node for each of `nodes`, as runtime.js has it
const root = live.root;
const loss = live.parts.loss;
const label = (k) => live.parts.nodes[k].label;

enter(0);
const inputs = graph.flatMap((node, k) => (node.op || nodes[k].constant ? [] : [k])); // places of what can be changed
const placeOf = new Map(inputs.map((k) => [label(k), k]));
const firstNumbers = inputs.map((k) => graph[k].value);
const sentences = new Sentences(live.parts, graph, [], root);
const sent = steps.filter((step) => step.kind === "backward" && step.from !== null); // in the order of backward()
let computed = []; // what backward() gave

const exact = (x) => (Number.isFinite(x) ? x : x !== x ? "nan" : x > 0 ? "inf" : "-inf");

watchers.computed = []; // functions, called after other numbers were computed
function compute() { // forward and backward
  forward(graph);
  computed = backward(graph, root);
  sentences.read(computed);
  watchers.computed.forEach((watch) => watch());
}

function read(element, getters) {
  for (const [name, get] of Object.entries(getters)) Object.defineProperty(element, name, { get, enumerable: true });
}

nodes.forEach((node, k) => read(node, { data: () => exact(graph[k].value), lines: () => [say(graph[k].value)] }));
for (const step of steps) {
  if (step.kind === "forward") read(step, { formula: () => "", text: () => sentences.forward(step.receiver) });
  else if (step.from === null) {
    read(step, { formula: () => sentences.seed()[0], text: () => sentences.seed()[1], lines: () => ["1"] });
    Object.assign(step, { contribution: 1, grad: 1, upstream: null, local: null, grad_before: 0 });
  }
}
sent.forEach((step, i) =>
  read(step, {
    formula: () => sentences.backward(i)[0],
    text: () => sentences.backward(i)[1],
    lines: () => [say(computed[i].gradient)],
    upstream: () => exact(computed[i].upstream),
    local: () => exact(computed[i].local),
    contribution: () => exact(computed[i].contribution),
    grad_before: () => exact(computed[i].before ?? 0),
    grad: () => exact(computed[i].gradient),
  }),
);

// --- changes -----------------------------------------------------------------------------------------------------------

const MOST_UNDONE = 1000;
const learning = new Set(live.learning);
const undone = []; // states before each change
let optimizer = new Optimizer("SGD", { lr: 0.1 });
let curve = []; // the result after each change

const copied = (states) => Object.fromEntries(Object.entries(states).map(([name, array]) => [name, array.slice()]));
const state = () => ({ numbers: inputs.map((k) => graph[k].value), states: copied(optimizer.states), t: optimizer.t, curve: curve.length });

// To be called before a change: undo leads back to here.
function keep() {
  undone.push(state());
  if (undone.length > MOST_UNDONE) undone.shift();
}

function undo() {
  const before = undone.pop();
  if (!before) return;
  inputs.forEach((k, i) => (graph[k].value = before.numbers[i]));
  [optimizer.states, optimizer.t] = [before.states, before.t];
  curve.length = Math.min(curve.length, before.curve);
  compute();
  redrawSoon();
}

// {name: number}: all of them, or none.
function set(changes) {
  for (const [name, number] of Object.entries(changes)) {
    if (!placeOf.has(name)) throw new RangeError(`there is no input ${name}: there are ${[...placeOf.keys()].join(", ")}`);
    if (typeof number !== "number") throw new TypeError(`${name} is a number, not ${number}`);
  }
  for (const [name, number] of Object.entries(changes)) graph[placeOf.get(name)].value = number;
  settled();
}

function settled() {
  compute();
  curve.push(graph[root].value);
  redrawSoon();
}

// What learns takes steps against its gradients.
function update(times = 1) {
  keep();
  const learned = inputs.filter((k) => learning.has(k));
  for (let n = 0; n < times; n++) {
    const weights = Float64Array.from(learned, (k) => graph[k].value);
    optimizer.step(weights, Float64Array.from(learned, (k) => graph[k].gradient ?? 0));
    learned.forEach((k, i) => (graph[k].value = weights[i]));
    settled();
  }
}

// Another optimizer, or other inputs that learn: it starts anew.
function choose(name, settings = {}) {
  optimizer = new Optimizer(name, settings);
  undone.forEach((before) => Object.assign(before, { states: {}, t: 0 }));
}

function learns(k, on) {
  if (on) learning.add(k);
  else learning.delete(k);
  choose(optimizerName(), optimizer.settings);
}

const optimizerName = () => Object.keys(OPTIMIZERS).find((name) => OPTIMIZERS[name] === optimizer.table);

// --- the address ---------------------------------------------------------------------------------------------------------

// &set=w=2 for each number that is not as it was, &learn=w for all that learn, &optimizer=Adam&lr=0.01
function changesInAddress() {
  const words = inputs.flatMap((k, i) => (Object.is(graph[k].value, firstNumbers[i]) ? [] : [["set", `${label(k)}=${graph[k].value}`]]));
  const isFirst = learning.size === live.learning.length && live.learning.every((k) => learning.has(k));
  if (!isFirst) words.push(["learn", ""], ...[...learning].map((k) => ["learn", label(k)]));
  if (optimizerName() !== "SGD") words.push(["optimizer", optimizerName()]);
  if (optimizer.settings.lr !== (optimizerName() === "SGD" ? 0.1 : OPTIMIZERS[optimizerName()].settings.lr)) words.push(["lr", `${optimizer.settings.lr}`]);
  return words.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}
linked.push(changesInAddress);

function readAddress(hash = location.hash) { // what is no input, or no number, is passed over
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const name = words.get("optimizer"), lr = Number(words.get("lr") ?? NaN);
  if (Object.hasOwn(OPTIMIZERS, name ?? "")) choose(name);
  if (Number.isFinite(lr) && lr >= 0) optimizer.settings.lr = lr;
  if (words.has("learn")) {
    learning.clear();
    for (const name of words.getAll("learn")) if (graph[placeOf.get(name)]?.tracked) learning.add(placeOf.get(name));
  }
  for (const word of words.getAll("set")) {
    const end = word.lastIndexOf("="), place = placeOf.get(word.slice(0, end)), number = Number(word.slice(end + 1) || NaN);
    if (place !== undefined && Number.isFinite(number)) graph[place].value = number;
  }
}
readAddress();
compute();
curve.push(graph[root].value);
nodes.forEach((node, k) => paint(k));
