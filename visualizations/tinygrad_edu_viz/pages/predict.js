
// --- predict: the next gradient is asked for before it is shown ----------------------------------------------------------
// The mistakes and their order are those of predicting/mistakes.py, the verdict that of predicting/verdicts.py; each wrong
// number is computed by the operation's own rule.

const NEAR = 0.01, ROUNDING = 1e-5;
const ANOTHER_WAY = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

// A contribution, and the numbers that a learner works with; null where nothing is asked. s: the number of a step.
function caseOf(s) {
  const found = computed[sent.indexOf(steps[s])];
  if (!found) return null;
  const { node, position: at, input, upstream: g, local, contribution, gradient, before: had = 0 } = found;
  if (![g, contribution, had].every(Number.isFinite)) return null;
  const { op, inputs: operands, value: y } = graph[node];
  const values = operands.map((k) => graph[k].value), { name } = live.parts.operations[op];
  const careful = guardedPlaces().has(node);
  const slope = (p, result = y, numbers = values) => {
    const local = OPS[op].d[p](result, ...numbers);
    return careful || OPS[op].guards ? guardedProduct(g, local) : g * local;
  };
  return { node, at, input, g, local, contribution, gradient, had, op, name, operands, values, y, slope,
    source: label(node), target: label(input), derivative: live.mistakes[node][at].derivative, said: live.mistakes[node][at] };
}

function guardedPlaces() {
  const found = new Set();
  for (let k = root; k >= 0; k--) if (graph[k].op && (OPS[graph[k].op].guards || found.has(k))) graph[k].inputs.forEach((i) => found.add(i));
  return found;
}

function* mistakes(c) { // [kind, contribution, why], in the order in which they are looked for
  const { f, d } = OPS[c.op], [a] = c.values, gradient = (name) => `∂${loss}/∂${name}`, slope = `∂${c.source}/∂${c.target}`;
  const here = `${c.target} = ${say(c.values[c.at])}`, there = `${c.source} = ${say(c.y)}`;
  if (c.values.length === 1 && f(2) === 2 && Math.abs(f(-2)) !== 2) {
    for (const [side, sign] of [[Math.abs(a), "positive"], [-Math.abs(a), "negative"]]) {
      yield ["the dead side of relu", c.slope(0, c.y, [side]), `would be right if ${c.target} were ${sign}; at ${here} the slope of ${c.name} is ${say(c.local)}`];
    }
  }
  yield ["wrong sign", -c.contribution, "has the right size, and the wrong sign"];
  yield ["upstream gradient forgotten", d[c.at](c.y, ...c.values), `is the local derivative ${slope} alone: the chain rule multiplies it by the upstream ${gradient(c.source)} = ${say(c.g)}`];
  for (const [other, name] of c.said.others) {
    const theirs = live.mistakes[c.node][other].derivative;
    yield ["the other factor", c.slope(other), `is the upstream gradient times ${theirs}, which is ∂${c.source}/∂${name}; ${slope} is ${c.derivative}`];
  }
  if (c.said.atInput !== undefined) {
    const replaced = c.values.with(c.at, c.y);
    yield ["derivative at the wrong point", c.slope(c.at, c.values[c.at]), `takes the derivative at the input ${here} as ${c.said.atInput}; it is ${c.derivative}, at the output ${there}`];
    yield ["derivative at the wrong point", c.slope(c.at, c.y, replaced), `takes the derivative at the output ${there} as ${c.said.atOutput}; it is ${c.derivative}, at the input ${here}`];
  }
  const says = sentences.explanation(c.node);
  yield ["upstream passed on unchanged", c.g, `is ${gradient(c.source)}, passed on unchanged, and not times ${slope} = ${c.derivative}${says ? ` (${c.name}: ${says})` : ""}`];
}

// What is said of an answer, a text: {correct, mistake, text}; null if the text is no number.
function judged(s, text) {
  const c = caseOf(s), written = text.trim().replace("−", "-").replace(/^([-+]?\d+),(\d+)$/, "$1.$2");
  const fraction = written.split("/").map((part) => part.trim());
  if (!c || fraction.length > 2 || !fraction.every((part) => ANOTHER_WAY.test(part))) return null;
  const given = fraction.length === 2 ? Number(fraction[0]) / Number(fraction[1]) : Number(written);
  if (!Number.isFinite(given)) return null;
  const unit = fraction.length === 2 ? 0 : lastDigit(written), right = c.gradient;
  const within = (wanted, near) => Number.isFinite(wanted) && Math.abs(given - wanted) <= Math.max(near, 0.5001 * unit);
  const means = (wanted) => within(wanted, NEAR * Math.abs(wanted));
  const added = c.contribution === 0 ? Infinity : Math.abs(c.contribution);
  const sum = (part, total) => (c.had ? `${say(total)} = ${say(c.had)} + ${say(part)}` : say(total));
  const asked = `∂${loss}/∂${c.target}`, number = say(given);
  if (within(right, Math.max(NEAR * Math.min(Math.abs(right), added), ROUNDING * Math.max(Math.abs(c.had), Math.abs(c.contribution))))) {
    return { correct: true, mistake: null, text: `Right${number === say(right) ? "" : ", rounded"}: ${asked} = ${say(right)}.` };
  }
  const wrong = (mistake, text) => ({ correct: false, mistake, text });
  const had = `${c.target} had ${say(c.had)} already, and gradients add up (+=, not =)`;
  if (c.had && means(c.contribution)) return wrong("= instead of +=", `${number} is what this step adds. ${had}.`);
  for (const [mistake, part, why] of mistakes(c)) {
    if (means(c.had + part)) return wrong(mistake, `${c.had ? `${sum(part, c.had + part)}, and ${say(part)}` : number} ${why}.`);
  }
  for (const [mistake, part, why] of c.had ? mistakes(c) : []) if (means(part)) return wrong(mistake, `${number} ${why}. And ${had}.`);
  if (isRough(given, right)) return wrong(null, `${number} is near, with one digit: give at least two.`);
  return wrong(null, `No, and ${number} is none of the usual mistakes.`);
}

function lastDigit(written) { // what the last written digit stands for, if there are at least two; else 0
  const [, digits, exponent = "0"] = /^[-+]?([\d.]+)(?:e([-+]?\d+))?$/i.exec(written), [whole, part = ""] = digits.split(".");
  return (whole + part).replace(/^0+(?=.)/, "").length > 1 ? 10 ** (Number(exponent) - part.length) : 0;
}

function isRough(given, right) { // the right number with one digit, rounded or cut off
  const unit = 10 ** Math.floor(Math.log10(Math.abs(right)));
  const near = Math.abs(given - right) < (Math.abs(given) < Math.abs(right) ? 1 : 0.5001) * unit;
  return given !== 0 && ((near && Math.abs(given / unit - Math.round(given / unit)) <= 1e-9) || given === right);
}

// --- the dialogue ----------------------------------------------------------------------------------------------------------

const plainNext = ask.next;
ask.next = () => {
  const c = $("predict").checked ? caseOf(position) : null;
  if (!c) return plainNext();
  play(false);
  pose(c);
};

function pose(c) {
  const gradient = (k) => `∂${loss}/∂${label(k)}`, twice = c.operands.filter((k) => k === c.input).length > 1;
  $("asked").textContent = `${c.source} = ${live.parts.nodes[c.node].formula} passes its gradient on to ${c.target}${twice ? ` as operand ${c.at + 1}` : ""}. What is ${gradient(c.input)} after this step?`;
  const known = [...new Set([...c.operands, c.node])].filter((k) => !nodes[k].constant).map((k) => `${label(k)} = ${say(graph[k].value)}`);
  const lines = [`${gradient(c.node)} = ${say(c.g)}`, ...known, ...(c.had ? [`${gradient(c.input)} = ${say(c.had)} so far`] : [])];
  $("given").replaceChildren(...lines.map((line) => make("li", line)));
  $("answer").value = "";
  verdict("");
  $("question").hidden = false;
  $("answer").focus();
}

function verdict(text, right = false) {
  $("verdict").replaceChildren(...isolated(text));
  $("verdict").className = right ? "right" : "";
}

$("question").addEventListener("submit", (event) => {
  event.preventDefault();
  const found = judged(position, $("answer").value);
  if (!found) return verdict("An answer is one number, as in 0.5, -3/4, or 1e-3.");
  if (found.correct) advance();
  verdict(found.text, found.correct);
});
$("show").addEventListener("click", advance);

function advance() { // shows the step, and asks for the next one
  plainNext();
  const c = caseOf(position);
  if (c) pose(c);
  else $("question").hidden = true;
  const { formula } = steps[position - 1];
  verdict(formula);
}

$("predict").addEventListener("change", () => {
  $("question").hidden = true;
  verdict("");
  if ($("predict").checked && position < firstBackward) go(firstBackward);
  if ($("predict").checked && caseOf(position)) pose(caseOf(position));
  redrawSoon();
});
watchers.moved.push(() => {
  if ($("question").hidden || !$("predict").checked) return;
  $("question").hidden = !caseOf(position);
  if (caseOf(position)) pose(caseOf(position));
});
