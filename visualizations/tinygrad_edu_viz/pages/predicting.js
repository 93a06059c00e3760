
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
  const twice = operands.filter((k) => k === c.input).length > 1 ? _(" as operand {n}", { n: c.at + 1 }) : "";
  const rule = `${source} = ${live.parts.nodes[c.node].formula}`;
  const passes = _("{source} passes its gradient on to {target}", { source: rule, target: target + twice });
  const soFar = () => _("{gradient} = {number} so far", { gradient: asked, number: say(had) });
  const known = [...new Set([...operands, c.node])].filter((k) => !nodes[k].constant).map((k) => `${label(k)} = ${say(graph[k].value)}`);
  return {
    text: passes + ". " + _("What is {asked} after this step?", { asked }),
    asked,
    known: [`${gradientOf(source)} = ${say(c.g)}`, ...known, ...(had ? [soFar()] : [])],
    hint: `${asked} += ${gradientOf(source)} · ${slope}` + _(", with {g} = {gradient}", { g: slope, gradient: derivative }),
  };
}

function* mistakes(c) { // [kind, contribution, why], in the order in which they are looked for
  const { f, d } = OPS[c.op], [a] = c.values, slope = `∂${c.source}/∂${c.target}`, { derivative } = c, g = gradientOf(c.source);
  const here = `${c.target} = ${say(c.values[c.at])}`, there = `${c.source} = ${say(c.y)}`;
  if (c.values.length === 1 && f(2) === 2 && Math.abs(f(-2)) !== 2) {
    for (const [side, sign] of [[Math.abs(a), _("positive")], [-Math.abs(a), _("negative")]]) {
      const slots = { input: c.target, sign, place: here, op: c.name, slope: say(c.local) };
      const why = _("would be right if {input} were {sign}; at {place} the slope of {op} is {slope}", slots);
      yield ["the dead side of relu", c.slope(0, c.y, [side]), why];
    }
  }
  yield ["wrong sign", -c.contribution, _("has the right size, and the wrong sign")];
  const alone = _("is the local derivative {slope} alone: the chain rule multiplies it by the upstream {g}", { slope, g: `${g} = ${say(c.g)}` });
  yield ["upstream gradient forgotten", d[c.at](c.y, ...c.values), alone];
  for (const [other, name] of c.said.others) {
    const slots = { theirs: live.mistakes[c.node][other].derivative, other: `∂${c.source}/∂${name}`, slope, derivative };
    yield ["the other factor", c.slope(other), _("is the upstream gradient times {theirs}, which is {other}; {slope} is {derivative}", slots)];
  }
  if (c.said.atInput !== undefined) {
    const replaced = c.values.with(c.at, c.y), slots = { here, there, derivative };
    const atInput = _("takes the derivative at the input {here} as {taken}; it is {derivative}, at the output {there}", { ...slots, taken: c.said.atInput });
    const atOutput = _("takes the derivative at the output {there} as {taken}; it is {derivative}, at the input {here}", { ...slots, taken: c.said.atOutput });
    yield ["derivative at the wrong point", c.slope(c.at, c.values[c.at]), atInput];
    yield ["derivative at the wrong point", c.slope(c.at, c.y, replaced), atOutput];
  }
  const says = sentences.explanation(c.node), aside = says ? ` (${c.name}: ${says})` : "";
  yield ["upstream passed on unchanged", c.g, _("is {g}, passed on unchanged, and not times {slope} = {derivative}", { g, slope, derivative }) + aside];
}

// What is said of an answer, a text: {correct, mistake, text, retry}, where retry does not tell the right answer.
// Throws NoAnswer.
function judged(c, typed) {
  const { data, units, note } = readAnswer(typed), numbers = flat(data);
  const found = numbers.length === 1 ? verdictOn(c, numbers[0], units) : aboutShape(c, shapeOf(data));
  const retry = note + found.why;
  if (found.correct) return { correct: true, mistake: null, text: retry, retry };
  return { correct: false, mistake: found.mistake, text: retry + " " + _("It is {answer}.", { answer: sumOf(c, c.contribution, c.gradient) }), retry };
}

const sumOf = ({ had }, part, total) => (had ? `${say(total)} = ${say(had)} + ${say(part)}` : say(total));

function aboutShape(c, shape) {
  const written = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const has = _("{name} has no axes, and so has its gradient", { name: c.target });
  return { mistake: "wrong shape", why: has + "; " + _("your answer has the shape {given}", { given: written }) + "." };
}

function verdictOn(c, given, unit) {
  const right = c.gradient, asked = gradientOf(c.target), number = say(given);
  const within = (wanted, near) => Number.isFinite(wanted) && Math.abs(given - wanted) <= Math.max(near, 0.5001 * unit);
  const means = (wanted) => within(wanted, NEAR * Math.abs(wanted));
  const added = c.contribution === 0 ? Infinity : Math.abs(c.contribution);
  if (within(right, Math.max(NEAR * Math.min(Math.abs(right), added), ROUNDING * Math.max(Math.abs(c.had), Math.abs(c.contribution))))) {
    const answer = `${asked} = ${say(right)}`;
    return { correct: true, why: number === say(right) ? _("Right: {answer}.", { answer }) : _("Right, rounded: {answer}.", { answer }) };
  }
  const had = _("{name} had {number} already, and gradients add up (+=, not =)", { name: c.target, number: say(c.had) });
  if (c.had && means(c.contribution)) return { mistake: "= instead of +=", why: _("{number} is what this step adds.", { number }) + ` ${had}.` };
  for (const [mistake, part, why] of mistakes(c)) {
    if (!means(c.had + part)) continue;
    const made = c.had ? _("{sum}, and {part}", { sum: sumOf(c, part, c.had + part), part: say(part) }) : number;
    return { mistake, why: `${made} ${why}.` };
  }
  for (const [mistake, part, why] of c.had ? mistakes(c) : []) if (means(part)) return { mistake, why: `${number} ${why}. ` + _("And {what}.", { what: had }) };
  if (isRough(given, right)) return { mistake: null, why: _("{number} is near, with one digit: give at least two.", { number }) };
  return { mistake: null, why: _("No, and {number} is none of the usual mistakes.", { number }) };
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
  const parts = [_("{right} of {asked} right", { right, asked: answered.length })];
  if (second) parts.push(_("{n} at the second try", { n: second }));
  if (skipped) parts.push(_("{n} skipped", { n: skipped }));
  return [
    `${parts.join(", ")}.`,
    ...[...made].sort(([, a], [, b]) => b - a).map(([mistake, times]) => {
      const [name, advice] = live.advice[mistake];
      return _("Practise ({mistake}, {times}×): {advice}.", { mistake: name, times, advice });
    }),
    ...(right === answered.length && allAsked ? [_("You can do backpropagation by hand.")] : []),
  ];
}

function whyNothing() {
  const why = sent.length ? _("nan and infinities stand where there should be numbers") : _("no gradient is passed on here");
  return _("Nothing was asked: {why}.", { why });
}
