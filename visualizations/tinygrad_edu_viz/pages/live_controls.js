
// --- controls of the page that computes ------------------------------------------------------------------------------------

const SHOWN = 200; // changes in the curve
const fields = new Map(); // by the places of inputs
const make_ = (tag, properties) => Object.assign(document.createElement(tag), properties);

let drawing = 0;
function redrawSoon() { // many changes, one drawing
  drawing ||= requestAnimationFrame(redraw);
}

function redraw() {
  drawing = 0;
  drawInSight();
  tell();
  describe();
  rememberSoon();
  const away = Number.isFinite(graph[root].value) ? "" : ": " + _("Undo leads back");
  setText($("result"), `${loss} = ${label(root)} = ${say(graph[root].value)}${away}`.replace(/^(\S+) = \1 /, "$1 "));
  fill("said", said, isolated);
  if (!undone.length && document.activeElement === $("undo")) $("update").focus(); // a disabled button hears no keys
  $("undo").disabled = !undone.length;
  $("update").disabled = $("ten").disabled = !learning.size;
  showOptimizer();
  drawCurve();
}

function showInput(k) {
  const field = fields.get(k), { number, slider, gradient, tick } = field, { value } = graph[k];
  if (tick.checked !== learning.has(k)) tick.checked = learning.has(k);
  if (!Object.is(field.inNumber, value) && document.activeElement !== number) {
    number.value = Number.isFinite(value) ? Number(value.toPrecision(6)) : "";
    field.inNumber = value;
  }
  if (!Object.is(field.inSlider, value) && document.activeElement !== slider) {
    const reach = Math.max(Number(slider.max), Math.abs(value) > slider.max && Number.isFinite(value) ? 2 * Math.abs(value) : 0);
    Object.assign(slider, { min: -reach, max: reach, step: reach / 200 });
    slider.value = value;
    field.inSlider = value;
  }
  setText(gradient, !graph[k].tracked ? _("constant") : isHidden(k) ? "?" : say(graph[k].gradient ?? 0));
  mark_(boxes[k], "moved", !Object.is(value, firstNumbers[inputs.indexOf(k)]));
}

function mark_(element, name, on) { // writes nothing where it is so already
  if (element && element.classList.contains(name) !== on) element.classList.toggle(name);
}

// In predict mode a gradient is shown once its last contribution has been.
const isHidden = (k) => $("predict").checked && steps.slice(position).some((step) => step.kind === "backward" && step.receiver === k);

function drawCurve() {
  const shown = curve.slice(-SHOWN), finite = shown.filter(Number.isFinite);
  const svg = (tag, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  if (shown.length < 2 || !finite.length) return $("curve").replaceChildren();
  const low = Math.min(...finite), high = Math.max(...finite), scale = Math.max(Math.abs(low), Math.abs(high), 1e-300);
  const x = (i) => 6 + (i * 234) / (shown.length - 1), y = (v) => 60 - ((v / scale - low / scale) / (high / scale - low / scale || 1)) * 50;
  const parts = [[]]; // of the curve, between numbers that are not finite
  shown.forEach((v, i) => (Number.isFinite(v) ? parts.at(-1).push(`${x(i).toFixed(1)},${y(v).toFixed(1)}`) : parts.push([])));
  $("curve").replaceChildren(
    svg("line", { x1: 6, x2: 240, y1: 63, y2: 63 }),
    ...parts.map((points) => svg("polyline", { points: points.join(" ") })),
    ...(Number.isFinite(shown.at(-1)) ? [svg("circle", { cx: x(shown.length - 1), cy: y(shown.at(-1)), r: 3.5 })] : []),
    svg("text", { x: 248, y: 14 }, say(high, 4)),
    svg("text", { x: 248, y: 64 }, say(low, 4)),
  );
  const slots = { loss, n: shown.length, first: say(shown[0]), last: say(shown.at(-1)), low: say(low), high: say(high) };
  $("curve").setAttribute("aria-label", _("{loss} after the last {n} changes: from {first} to {last}, between {low} and {high}", slots));
}

// --- a row for each input ------------------------------------------------------------------------------------------------

for (const text of [_("input"), _("number"), "", _("gradient"), _("learns")]) $("leaves").append(make_("span", { className: "head", textContent: text }));
for (const k of inputs) {
  const name = label(k), id = `input-${k}`, { value } = graph[k];
  const number = make_("input", { type: "number", id, step: "any" });
  const slider = make_("input", { type: "range", max: Math.max(5, Number.isFinite(value) ? 2 * Math.abs(value) : 0), value: 0 });
  const tick = make_("input", { type: "checkbox", checked: learning.has(k), disabled: !graph[k].tracked });
  const gradient = make_("output", {});
  slider.setAttribute("aria-label", _("{name}, slider", { name }));
  tick.setAttribute("aria-label", _("{name} learns", { name }));
  gradient.setAttribute("aria-label", _("gradient of {name}", { name }));
  const title = make_("label", { htmlFor: id });
  title.append(...isolated(name));
  const field = { number, slider, gradient, tick };
  fields.set(k, field);
  $("leaves").append(title, number, slider, gradient, tick);
  number.addEventListener("input", () => {
    const isNumber = number.value !== "" && number.validity.valid;
    field.inNumber = undefined; // it has to be written again
    if (isNumber) changed(k, Number(number.value), `typed ${k}`);
    refuse(number.validity.badInput ? _("{name} is a finite number, such as 0.5.", { name }) : "");
  });
  slider.addEventListener("input", () => {
    field.inSlider = undefined;
    changed(k, Number(slider.value), `slid ${k}`);
  });
  for (const element of [number, slider]) element.addEventListener("change", finished);
  number.addEventListener("blur", redrawSoon);
  tick.addEventListener("change", () => learns(k, tick.checked));
  draws(gradient, () => showInput(k));
  if (boxes[k]) draggable(k, boxes[k]);
}

function finished() { // the next change is another one
  unfinished = null;
}

function refuse(why) { // in words; "" if there is nothing to say
  setText($("refused"), why);
}

function changed(k, number, key = null) {
  const name = label(k);
  keep(_("Undone: {name} is {number} again.", { name, number: say(graph[k].value) }), key);
  play(false);
  set({ [name]: number });
  said = _("{name} is {number}.", { name, number: say(number) });
}

function moved(k, by) {
  changed(k, Number((graph[k].value + by).toPrecision(12)));
}

function draggable(k, box) {
  box.dataset.input = "";
  box.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const start = graph[k].value, from = event.clientX;
    const move = (now) => {
      const by = Math.round((now.clientX - from) / 4) * (now.shiftKey ? 0.01 : 0.1);
      if (by || unfinished) changed(k, Number((start + by).toPrecision(12)), "drag");
    };
    finished();
    box.setPointerCapture(event.pointerId);
    box.addEventListener("pointermove", move);
    box.addEventListener("lostpointercapture", () => (box.removeEventListener("pointermove", move), finished()), { once: true });
  });
  box.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    moved(k, event.shiftKey ? 10 * by : by);
    event.preventDefault();
  });
}

// --- the optimizer -------------------------------------------------------------------------------------------------------

for (const name of Object.keys(OPTIMIZERS)) $("optimizer").append(make_("option", { value: name, textContent: name }));
const settingFields = new Map(); // by the paths of settings
let shownOptimizer = "";

function showOptimizer() {
  const name = optimizerName(), { about, switches } = optimizer.table;
  $("optimizer").value = name;
  const isPlain = name === "SGD" && !switches.some((setting) => optimizer.settings[setting]);
  setText($("update"), isPlain ? "w ← w − lr · g" : _("Update by {name}", { name }));
  if (shownOptimizer !== name) {
    shownOptimizer = name;
    setText($("more-of"), _("More settings of {name}", { name }));
    setText($("rule"), about);
    settingFields.clear();
    settingFields.set("lr", $("lr"));
    $("settings").replaceChildren(...settingPaths(optimizer.settings).filter((path) => path !== "lr").map(fieldOf));
  }
  for (const [path, field] of settingFields) {
    const value = readSetting(optimizer.settings, path);
    if (typeof value === "boolean") field.checked = value;
    else if (document.activeElement !== field) field.value = value;
  }
}

function fieldOf(path) {
  const isSwitch = typeof readSetting(optimizer.settings, path) === "boolean";
  const row = make_("label", {}), field = make_("input", isSwitch ? { type: "checkbox" } : { type: "number", step: "any" });
  row.append(make_("span", { textContent: path }), field);
  settingFields.set(path, field);
  listenToSetting(path, field);
  return row;
}

function listenToSetting(path, field) {
  field.addEventListener("input", () => {
    const value = field.type === "checkbox" ? field.checked : field.value === "" ? NaN : Number(field.value);
    const isEmpty = field.value === "" && !field.validity.badInput; // somebody is about to type
    const why = isEmpty ? "" : setSetting(path, value, `setting ${path}`);
    field.setAttribute("aria-invalid", why !== "");
    refuse(why && why + " " + _("It is left as it was."));
    if (why && field.type === "checkbox") field.checked = !field.checked;
  });
  field.addEventListener("change", () => {
    finished();
    field.removeAttribute("aria-invalid");
    if (field.type !== "checkbox") field.value = readSetting(optimizer.settings, path);
  });
}
listenToSetting("lr", $("lr"));

$("optimizer").addEventListener("change", () => choose($("optimizer").value));
$("update").addEventListener("click", () => update());
$("ten").addEventListener("click", () => update(10));
$("undo").addEventListener("click", undo);
$("reset").addEventListener("click", reset);
document.querySelectorAll("#change, #quiz").forEach((part) =>
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && ["INPUT", "SELECT"].includes(event.target.tagName)) event.stopPropagation();
  }),
);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "u" && learning.size) update();
  else if (event.key === "z" && undone.length) undo();
  else if (event.key === "p") $("predict").click();
  else return;
  event.preventDefault(); // the answer may have the focus by now
});
watchers.moved.push(() => inputs.forEach(showInput));
redrawSoon();

// --- for tests, and for pages around this one --------------------------------------------------------------------------------

window.tinygrad = Object.freeze({
  compute(changes = {}) { // of all nodes, by their labels
    keep(_("Undone: the numbers that were set."));
    set(changes);
    const numbers = (of) => Object.fromEntries(graph.map((node, k) => [label(k), of(node)]));
    return { loss: graph[root].value, values: numbers((node) => node.value), gradients: numbers((node) => node.gradient ?? 0) };
  },
  steps: () => steps.map(({ kind, formula, text, upstream, local, contribution, grad }) => ({ kind, formula, text, upstream, local, contribution, grad })),
  inputs: inputs.map(label),
  go, update, undo, say,
  choose(name, settings = {}) { // the optimizer; settings by their paths, such as "lr" and "betas[0]"; throws RangeError
    choose(name, settings);
  },
  state: () => ({
    numbers: Object.fromEntries(inputs.map((k) => [label(k), graph[k].value])),
    learns: [...learning].map(label),
    optimizer: optimizerName(),
    settings: structuredClone(optimizer.settings),
    curve: curve.slice(),
  }),
  question: (step) => caseOf(step) && questionOf(caseOf(step)),
  judge: (step, answer) => caseOf(step) && judged(caseOf(step), answer), // throws NoAnswer
  mistakes: (step) => [...mistakes(caseOf(step))], // [kind, contribution, why]
});
