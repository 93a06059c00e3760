
// --- which mistake an answer shows ---------------------------------------------------------------------------------------
// Questions, mistakes and their order, verdicts and the score are those of predicting/*.py; each wrong number is computed
// by the operation's own rule.

const NEAR = 0.01, ROUNDING = 1e-5;
const placeOfSent = new Map(sent.map((step, i) => [step, i]));

// A contribution, and the numbers that a learner works with; null where nothing is asked. s: the number of a step.
function caseOf(s) {
  const found = computed[placeOfSent.get(steps[s])];
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

const gradientOf = (name) => `∂${loss}/∂${name}`;

function questionOf(c) { // {text, asked, known, hint}
  const { source, target, had, derivative, operands } = c, asked = gradientOf(target), slope = `∂${source}/∂${target}`;
  const twice = operands.filter((k) => k === c.input).length > 1 ? ` as operand ${c.at + 1}` : "";
  const known = [...new Set([...operands, c.node])].filter((k) => !nodes[k].constant).map((k) => `${label(k)} = ${say(graph[k].value)}`);
  return {
    text: `${source} = ${live.parts.nodes[c.node].formula} passes its gradient on to ${target}${twice}. What is ${asked} after this step?`,
    asked,
    known: [`${gradientOf(source)} = ${say(c.g)}`, ...known, ...(had ? [`${asked} = ${say(had)} so far`] : [])],
    hint: `${asked} += ${gradientOf(source)} · ${slope}, with ${slope} = ${derivative}`,
  };
}

function* mistakes(c) { // [kind, contribution, why], in the order in which they are looked for
  const { f, d } = OPS[c.op], [a] = c.values, slope = `∂${c.source}/∂${c.target}`;
  const here = `${c.target} = ${say(c.values[c.at])}`, there = `${c.source} = ${say(c.y)}`;
  if (c.values.length === 1 && f(2) === 2 && Math.abs(f(-2)) !== 2) {
    for (const [side, sign] of [[Math.abs(a), "positive"], [-Math.abs(a), "negative"]]) {
      yield ["the dead side of relu", c.slope(0, c.y, [side]), `would be right if ${c.target} were ${sign}; at ${here} the slope of ${c.name} is ${say(c.local)}`];
    }
  }
  yield ["wrong sign", -c.contribution, "has the right size, and the wrong sign"];
  yield ["upstream gradient forgotten", d[c.at](c.y, ...c.values), `is the local derivative ${slope} alone: the chain rule multiplies it by the upstream ${gradientOf(c.source)} = ${say(c.g)}`];
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
  yield ["upstream passed on unchanged", c.g, `is ${gradientOf(c.source)}, passed on unchanged, and not times ${slope} = ${c.derivative}${says ? ` (${c.name}: ${says})` : ""}`];
}

// What is said of an answer, a text: {correct, mistake, text, retry}, where retry does not tell the right answer.
// Throws NoAnswer.
function judged(c, typed) {
  const { data, units, note } = readAnswer(typed), numbers = flat(data);
  const found = numbers.length === 1 ? verdictOn(c, numbers[0], units) : aboutShape(c, shapeOf(data));
  const retry = note + found.why;
  if (found.correct) return { correct: true, mistake: null, text: retry, retry };
  return { correct: false, mistake: found.mistake, text: `${retry} It is ${sumOf(c, c.contribution, c.gradient)}.`, retry };
}

const sumOf = ({ had }, part, total) => (had ? `${say(total)} = ${say(had)} + ${say(part)}` : say(total));

function aboutShape(c, shape) {
  const written = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  return { mistake: "wrong shape", why: `${c.target} has no axes, and so has its gradient; your answer has the shape ${written}.` };
}

function verdictOn(c, given, unit) {
  const right = c.gradient, asked = gradientOf(c.target), number = say(given);
  const within = (wanted, near) => Number.isFinite(wanted) && Math.abs(given - wanted) <= Math.max(near, 0.5001 * unit);
  const means = (wanted) => within(wanted, NEAR * Math.abs(wanted));
  const added = c.contribution === 0 ? Infinity : Math.abs(c.contribution);
  if (within(right, Math.max(NEAR * Math.min(Math.abs(right), added), ROUNDING * Math.max(Math.abs(c.had), Math.abs(c.contribution))))) {
    return { correct: true, why: number === say(right) ? `Right: ${asked} = ${say(right)}.` : `Right, rounded: ${asked} = ${say(right)}.` };
  }
  const had = `${c.target} had ${say(c.had)} already, and gradients add up (+=, not =)`;
  if (c.had && means(c.contribution)) return { mistake: "= instead of +=", why: `${number} is what this step adds. ${had}.` };
  for (const [mistake, part, why] of mistakes(c)) {
    if (means(c.had + part)) return { mistake, why: `${c.had ? `${sumOf(c, part, c.had + part)}, and ${say(part)}` : number} ${why}.` };
  }
  for (const [mistake, part, why] of c.had ? mistakes(c) : []) if (means(part)) return { mistake, why: `${number} ${why}. And ${had}.` };
  if (isRough(given, right)) return { mistake: null, why: `${number} is near, with one digit: give at least two.` };
  return { mistake: null, why: `No, and ${number} is none of the usual mistakes.` };
}

function isRough(given, right) { // the right number with one digit, rounded or cut off
  const unit = 10 ** Math.floor(Math.log10(Math.abs(right)));
  const near = Math.abs(given - right) < (Math.abs(given) < Math.abs(right) ? 1 : 0.5001) * unit;
  return given !== 0 && ((near && Math.abs(given / unit - Math.round(given / unit)) <= 1e-9) || given === right);
}

// --- the score -----------------------------------------------------------------------------------------------------------

// How it went, in sentences. answered: for each question the verdicts on it, at most two, or none where it was skipped.
function summary(answered, allAsked) {
  if (!answered.length) return [whyNothing()];
  const tries = answered.map((verdicts) => verdicts.map((verdict) => verdict.correct));
  const right = tries.filter(([first]) => first).length, second = tries.filter(([first, then]) => !first && then).length;
  const skipped = tries.filter((verdicts) => !verdicts.length).length, made = new Map();
  for (const verdicts of answered) {
    for (const mistake of new Set(verdicts.map((verdict) => verdict.mistake))) if (mistake) made.set(mistake, (made.get(mistake) ?? 0) + 1);
  }
  return [
    `${right} of ${answered.length} right${second ? `, ${second} at the second try` : ""}${skipped ? `, ${skipped} skipped` : ""}.`,
    ...[...made].sort(([, a], [, b]) => b - a).map(([mistake, times]) => `Practise (${mistake}, ${times}×): ${live.advice[mistake]}.`),
    ...(right === answered.length && allAsked ? ["You can do backpropagation by hand."] : []),
  ];
}

function whyNothing() {
  if (sent.length) return "Nothing was asked: nan and infinities stand where there should be numbers.";
  return "Nothing was asked: no gradient is passed on here.";
}
