// What the tables call beside Math, and what walks over them. Nothing here knows a page.

// --- functions as Python and IEEE 754 have them ------------------------------------------------------------------------

const sign = (a) => (a === 0 ? 0 : Math.sign(a)); // of -0 too
const maximum = (a, b) => (a >= b || a !== a ? a : b); // Math.max(-0, 0) is 0, whichever comes first
const minimum = (a, b) => (a <= b || a !== a ? a : b);
// Math.pow says NaN of 1 to the power NaN, and of ±1 to an infinite power, which are 1.
const power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b));

function erf(a) {
  const x = Math.abs(a);
  if (x === 0 || a !== a) return a;
  if (x >= 6) return Math.sign(a);
  if (x < 1.25) { // 2/√π · Σ (-1)ⁿ a²ⁿ⁺¹ / (n! (2n + 1)), smallest terms first
    const terms = [a];
    for (let n = 1, power = a; Math.abs(terms[n - 1]) > 1e-18 * x; n++) {
      power *= (-a * a) / n;
      terms.push(power / (2 * n + 1));
    }
    return 1.1283791670955126 * terms.reduceRight((sum, term) => sum + term, 0);
  }
  // 1 - exp(-x²) / √π / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...)))
  const high = Math.fround(x), bell = Math.exp(-high * high) * Math.exp((high - x) * (high + x)); // no digit of x² is lost
  let fraction = x;
  for (let n = 10 + Math.floor(200 / (x * x)); n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.sign(a) * (1 - (bell * 0.5641895835477563) / fraction);
}

// --- numbers as the package writes them: "%.6g" ------------------------------------------------------------------------

function say(x, digits = 6) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return x !== x ? "nan" : x > 0 ? "∞" : "-∞";
  const [figures, exponent] = rounded(Math.abs(x), digits);
  const sign = x < 0 ? "-" : "";
  const point = (text, place) => (text.slice(0, place) + "." + text.slice(place)).replace(/\.?0*$/, "");
  if (exponent < -4 || exponent >= digits) {
    return `${sign}${point(figures, 1)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return sign + (exponent < 0 ? point("0".repeat(-exponent) + figures, 1) : point(figures, exponent + 1));
}

function rounded(x, digits) { // [figures, exponent]; a tie goes to the even figure, and toExponential rounds it up
  const parts = (text) => [text.split("e")[0].replace(".", ""), Number(text.split("e")[1])];
  const longer = x.toExponential(digits); // one figure more
  const [figures, exponent] = parts(longer);
  const isTie = figures.endsWith("5") && Number(longer) === x && x.toExponential(Math.min(digits + 25, 100)).match(/50*e/);
  return isTie && "02468".includes(figures.at(-2)) ? [figures.slice(0, -1), exponent] : parts(x.toExponential(digits - 1));
}

// --- a recorded graph --------------------------------------------------------------------------------------------------

// Nodes stand in the order of their creation, inputs before what is computed from them:
//     { value, tracked }, a leaf, or { op, inputs, tracked }: a key of OPS, places in the list, whether it has a gradient.

const NOT_FINITE = { inf: Infinity, "-inf": -Infinity, nan: NaN }; // as the package writes them in JSON

function graphOf(json) { // such nodes, from JSON
  return json.map((node) => ({ ...node, value: NOT_FINITE[node.value] ?? node.value }));
}

function forward(nodes) {
  for (const node of nodes) if (node.op) node.value = OPS[node.op].f(...node.inputs.map((place) => nodes[place].value));
}

// The backward pass from nodes[root]: what each input receives, in the order of the engine's own pass; gradients are left
// in node.gradient, undefined where none arrived. Behind a node that guards, 0 times an infinite slope is 0.
function backward(nodes, root = nodes.length - 1) {
  const steps = [], guarded = new Set();
  for (const node of nodes) node.gradient = undefined;
  nodes[root].gradient = 1;
  for (let k = root; k >= 0; k--) {
    const { op, inputs, value, gradient: upstream } = nodes[k];
    if (!op || upstream === undefined) continue;
    const operands = inputs.map((place) => nodes[place].value), careful = OPS[op].guards || guarded.has(k);
    if (careful) for (const place of inputs) guarded.add(place);
    inputs.forEach((place, position) => {
      const input = nodes[place], slope = OPS[op].d[position];
      if (!input.tracked || slope === null) return;
      const local = slope(value, ...operands), before = input.gradient;
      const contribution = careful ? guardedProduct(upstream, local) : upstream * local;
      input.gradient = before === undefined ? contribution : before + contribution;
      steps.push({ node: k, position, input: place, upstream, local, contribution, before, gradient: input.gradient });
    });
  }
  return steps;
}

function guardedProduct(upstream, local) {
  const slope = upstream !== 0 || Number.isFinite(local) ? local : 0;
  return (slope !== 0 || Number.isFinite(upstream) ? upstream : 0) * slope;
}

// --- an optimizer ------------------------------------------------------------------------------------------------------

class Optimizer { // name: a key of OPTIMIZERS; settings: those that differ from its own; they may change between steps
  constructor(name, settings = {}) {
    this.table = OPTIMIZERS[name];
    this.settings = { ...this.table.settings, ...settings };
    this.states = {};
    this.t = 0; // steps so far
  }
  step(w, g) { // overwrites the weights
    const key = this.table.switches.filter((name) => this.settings[name]).join(" "), form = this.table.forms[key];
    if (!form) throw new RangeError(`these settings do not go together: ${key}`);
    for (const [name, start] of Object.entries(form.states(this.settings))) {
      this.states[name] ??= new Float64Array(w.length).fill(start);
    }
    this.t++;
    (this.t === 1 && form.first ? form.first : form.step)(w, g, this.states, this.settings, this.t);
  }
}
