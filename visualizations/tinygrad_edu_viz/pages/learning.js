
// --- changes: numbers, what learns, the optimizer and its settings ---------------------------------------------------------
// Each can be undone, and is told in `said`.

const MOST_UNDONE = 1000;
const learning = new Set(live.learning);
const undone = []; // states before each change
let optimizer = newOptimizer("SGD");
let curve = []; // the result after each change
let said = "";
let unfinished = null; // the change that goes on, such as a drag: it is undone as one

function newOptimizer(name) {
  return new Optimizer(name, name === "SGD" ? { lr: 0.1 } : {});
}
const optimizerName = () => Object.keys(OPTIMIZERS).find((name) => OPTIMIZERS[name] === optimizer.table);
const copied = (states) => Object.fromEntries(Object.entries(states).map(([name, array]) => [name, array.slice()]));

// To be called before a change: undo leads back to here, and says `back`. Changes with the same key, one after another, are
// one change, until `unfinished` is null.
function keep(back, key = null) {
  if (key !== null && key === unfinished) return;
  unfinished = key;
  undone.push({
    back,
    numbers: inputs.map((k) => graph[k].value),
    learning: [...learning],
    name: optimizerName(),
    settings: { ...optimizer.settings },
    states: copied(optimizer.states),
    t: optimizer.t,
    curve: curve.length,
  });
  if (undone.length > MOST_UNDONE) undone.shift();
}

function undo() {
  const before = undone.pop();
  if (!before) return;
  unfinished = null;
  learning.clear();
  before.learning.forEach((k) => learning.add(k));
  optimizer = new Optimizer(before.name, before.settings);
  Object.assign(optimizer, { states: before.states, t: before.t });
  curve.length = Math.min(curve.length, before.curve);
  const isOther = inputs.some((k, i) => !Object.is(graph[k].value, before.numbers[i]));
  inputs.forEach((k, i) => (graph[k].value = before.numbers[i]));
  if (isOther) compute();
  said = before.back;
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
  const name = optimizerName();
  keep(times === 1 ? _("Undone: an update by {name}.", { name }) : _("Undone: {times} updates by {name}.", { times, name }));
  const learned = inputs.filter((k) => learning.has(k)), before = say(graph[root].value);
  for (let n = 0; n < times; n++) {
    const weights = Float64Array.from(learned, (k) => graph[k].value);
    optimizer.step(weights, Float64Array.from(learned, (k) => graph[k].gradient ?? 0));
    learned.forEach((k, i) => (graph[k].value = weights[i]));
    settled();
  }
  const after = say(graph[root].value);
  said = times === 1 ? _("An update by {name}: {loss} went from {before} to {after}.", { name, loss, before, after }) : _("{times} updates by {name}: {loss} went from {before} to {after}.", { times, name, loss, before, after });
}

function learns(k, on) { // the optimizer starts anew
  if (learning.has(k) === on) return;
  const name = label(k);
  keep(on ? _("Undone: {name} does not learn.", { name }) : _("Undone: {name} learns again.", { name }));
  if (on) learning.add(k);
  else learning.delete(k);
  startAnew();
  said = on ? _("{name} learns.", { name }) : _("{name} does not learn.", { name });
  redrawSoon();
}

function startAnew() {
  optimizer = new Optimizer(optimizerName(), optimizer.settings);
}

function reset() {
  keep(_("Undone: the reset."));
  startAnew();
  set(Object.fromEntries(inputs.map((k, i) => [label(k), firstNumbers[i]])));
  said = _("The numbers are those that the page was made with, and {optimizer} starts anew.", { optimizer: optimizerName() });
}

// --- the optimizer and its settings ------------------------------------------------------------------------------------------

// Another optimizer; settings: by their paths, such as "lr" and "betas[0]".
function choose(name, settings = {}) {
  if (!Object.hasOwn(OPTIMIZERS, name)) throw new RangeError(`there is no optimizer ${name}: there are ${Object.keys(OPTIMIZERS).join(", ")}`);
  const found = newOptimizer(name), wanted = withSettings(found.settings, settings), why = whyNot(name, wanted);
  if (why) throw new RangeError(why);
  keep(_("Undone: the optimizer is {optimizer} again.", { optimizer: optimizerName() }));
  optimizer = found;
  optimizer.settings = wanted;
  said = _("The optimizer is {name}.", { name });
  redrawSoon();
}

// Gives a setting another value; or says why it cannot have it, and leaves it.
function setSetting(path, value, key = null) {
  const name = optimizerName(), had = readSetting(optimizer.settings, path);
  const wanted = withSettings(optimizer.settings, { [path]: value }), why = whyNot(name, wanted);
  if (why || Object.is(value, had)) return why;
  keep(_("Undone: {path} of {name} is {value} again.", { path, name, value: writtenSetting(had) }), key);
  optimizer.settings = wanted;
  said = _("{path} of {name} is {value}.", { path, name, value: writtenSetting(value) });
  redrawSoon();
  return "";
}

const writtenSetting = (value) => (typeof value === "boolean" ? (value ? _("on") : _("off")) : String(value));
const settingPaths = (settings) =>
  Object.entries(settings).flatMap(([name, value]) => (Array.isArray(value) ? value.map((part, k) => `${name}[${k}]`) : [name]));

function readSetting(settings, path) { // undefined if there is none
  if (!settingPaths(settings).includes(path)) return undefined;
  const [name, place] = path.split(/[[\]]/);
  return place === undefined ? settings[name] : settings[name][place];
}

function withSettings(settings, values) { // others are not changed
  const found = { ...settings };
  for (const [path, value] of Object.entries(values)) {
    const [name, place] = path.split(/[[\]]/);
    if (place === undefined) found[name] = value;
    else found[name] = found[name].with(place, value);
  }
  return found;
}

// Why an optimizer cannot have these settings; "" if it can.
function whyNot(name, settings) {
  const { refused, together } = OPTIMIZERS[name];
  for (const path of settingPaths(settings)) {
    const why = outOfBounds(name, path, readSetting(settings, path));
    if (why) return why;
  }
  return refused[together.filter((setting) => settings[setting]).join(" ")] ?? "";
}

function outOfBounds(name, path, value) {
  const { bounds, settings } = OPTIMIZERS[name], usual = readSetting(settings, path);
  if (usual === undefined) return _("{name} has no setting {path}: it has {settings}.", { name, path, settings: settingPaths(settings).join(", ") });
  if (typeof usual === "boolean") return typeof value === "boolean" ? "" : _("{path} of {name} is on or off.", { path, name });
  if (typeof value !== "number" || !Number.isFinite(value)) return _("{path} of {name} is a finite number, such as {usual}.", { path, name, usual });
  const [low, below] = bounds[path];
  if ((low === null || value >= low) && (below === null || value < below)) return "";
  if (below === null) return _("{path} of {name} is a number of at least {low}, and {value} is not.", { path, name, low, value });
  return _("{path} of {name} lies from {low} up to, but not including, {below}, and {value} does not.", { path, name, low, below, value });
}
