
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
