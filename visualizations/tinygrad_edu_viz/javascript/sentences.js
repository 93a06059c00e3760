// The sentences of recording/sentences.py, of the numbers that `forward` and `backward` have left in the nodes.

class Sentences { // parts: of sentences.py; nodes: those of runtime.js, in the same order; steps: what backward gave
  constructor({ nodes, operations, loss }, graph, steps = [], root = graph.length - 1) {
    Object.assign(this, { parts: nodes, operations, loss, graph, root });
    this.read(steps);
  }
  read(steps) { // after each pass: where the first number is that is not finite
    this.steps = steps;
    this.born = this.graph.findIndex((node) => node.op && !Number.isFinite(node.value));
    this.bornStep = this.born < 0 ? steps.findIndex((step) => !Number.isFinite(step.contribution)) : -1;
  }
  forward(place) {
    const { label, formula } = this.parts[place], { value } = this.graph[place];
    return `${label} = ${formula} = ${this.figures(place)} = ${say(value)}${place === this.born ? this.birth(place) : ""}`;
  }
  seed() { // of the root: [formula, sentence]
    const formula = `${this.gradient(this.root)} = 1`;
    const slots = { label: this.parts[this.root].label, loss: this.loss, formula };
    return [formula, _("{label} starts with 1: it is the result {loss} itself, and {formula}", slots)];
  }
  backward(k) { // of steps[k]: [formula, sentence]
    const { node, position, input, upstream, local, contribution, before, gradient } = this.steps[k];
    const { label: source, formula: rule, slopes } = this.parts[node], { label: target } = this.parts[input];
    const { name, domain } = this.operation(node), [g, slope, received] = [upstream, local, contribution].map((x) => say(x));
    const derivative = `∂${source}/∂${target}`, product = `${g} · ${slope[0] === "-" ? `(${slope})` : slope}`;
    const formula = `${this.gradient(input)} += ${this.gradient(node)} · ${derivative} = ${product} = ${received}`;
    const { inputs } = this.graph[node], twice = inputs.filter((place) => place === input).length > 1;
    let text = _("{target} receives {received}: {source} passes its gradient {upstream} on, times the local derivative {slope}", {
      target, received: received + (twice ? _(" as operand {n}", { n: position + 1 }) : ""), source: `${source} = ${rule}`,
      upstream: g, slope: `${derivative}${slopes[position] === slope ? "" : ` = ${slopes[position]}`} = ${slope}`,
    });
    const why = this.explanation(node);
    if (why) text += ` (${name}: ${why})`;
    if (k === this.bornStep) {
      const said = domain && !text.includes(domain) ? ` (${name}: ${domain})` : "";
      text += _(". Here the first {number} of the gradients is born, from finite numbers", { number: received }) + said;
    }
    if (before === undefined) return [formula, text];
    text += _(". Together with the {had} that it had, its gradient is now {has}", { had: say(before), has: say(gradient) });
    return [formula, text];
  }
  gradient(place) {
    return `∂${this.loss}/∂${this.parts[place].label}`;
  }
  operation(place) {
    return this.operations[this.graph[place].op];
  }
  operands(place) {
    return this.graph[place].inputs.map((input) => this.graph[input].value);
  }
  figures(place) { // the formula with numbers in it
    const { figures } = this.operation(place), texts = this.operands(place).map((x) => say(x));
    const signs = texts.map((text) => (text[0] === "-" ? "-" : "+")).join("");
    const alike = texts.map((text) => texts.indexOf(text)).join("");
    const filled = (figures[signs + alike] ?? figures[signs] ?? figures[""]).replace(/⟦(\d)⟧/g, (_, k) => texts[k]);
    const raised = (digits) => [...digits].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("");
    return filled.replace(/\^(?:\((-\d{1,2})\)|(\d{1,2})(?![\d.e]))/g, (_, negative, positive) => raised(negative ?? positive));
  }
  explanation(place) { // what the docstring says of these operands' gradients
    const operands = this.operands(place);
    const holds = {
      all: () => true,
      special: () => operands.some((x) => x === 0 || !Number.isFinite(x)),
      equal: () => operands.slice(1).some((x) => x === operands[0]),
    };
    const said = this.operation(place).clauses.filter(([, cases]) => holds[cases]()).map(([text]) => text);
    return said.join("").replace(/^[,; ]+/, "");
  }
  birth(place) { // of the first number that is not finite, where it is made of finite ones
    const { name, domain } = this.operation(place), { op, value } = this.graph[place], operands = this.operands(place);
    if (!operands.every(Number.isFinite)) return "";
    const near = (factor) => operands.map((x) => (x ? x * factor : factor - 1)); // beside a pole there are finite numbers
    const isPole = [1.001, 0.999].some((factor) => Number.isFinite(OPS[op].f(...near(factor))));
    let why = _("the result lies beyond the largest number that {dtype} holds", { dtype: "float64" });
    if (domain && (value !== value || isPole)) why = `${name}: ${domain}`;
    else if (value !== value) why = _("{op} has no value for these operands", { op: name });
    return _(". Here the first {number} is born{place}, from finite numbers ({why})", { number: say(value), place: "", why });
  }
}
