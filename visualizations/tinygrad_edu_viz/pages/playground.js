// The playground's page: what is asked for, and when it is drawn.

const $ = (id) => document.getElementById(id);
const make = (tag, set = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), set);
  element.append(...inside);
  return element;
};
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const floats = (text) => new Float64Array(bytesOf(text));
const embedded = JSON.parse($("embedded").textContent), sets = embedded.sets;
for (const set of Object.values(sets)) { // one after another: some have the noise and the order of one before them
  const numbers = set.task === "classification" ? Float64Array.from(set.y, Number) : floats(set.y); // a digit for each class
  const places = set.hundredths ? Float64Array.from(new Int16Array(bytesOf(set.x)), (x) => x / 100) : floats(set.x);
  set.rows = set.rows?.as ? sets[set.rows.as].rows : set.rows ? new Int16Array(bytesOf(set.rows)) : null;
  set.noises = set.z?.as ? sets[set.z.as].noises : set.z ? floats(set.z) : new Float64Array(set.task === "classification" ? places.length : numbers.length);
  const inOrder = (array, width = array.length / numbers.length) =>
    set.rows ? array.map((_, i) => array[set.rows[Math.floor(i / width)] * width + (i % width)]) : array;
  if (set.weights) set.weights = floats(set.weights);
  [set.x, set.y, set.z] = [places, numbers, set.noises].map((array) => inOrder(array));
}
const still = matchMedia("(prefers-reduced-motion: reduce)");
const isDark = () => getComputedStyle(document.documentElement).getPropertyValue("--pos").trim() === "#56b4e9";

const PRESETS = [ // [title, settings, what is seen]
  [_("One unit and a straight line"), { data: "two_lines", hidden: [] }, _("A single unit draws a straight line: enough for these two.")],
  [_("XOR without hidden units"), { data: "xor", hidden: [] }, _("No straight line parts xor: a single unit stays near half right.")],
  [_("XOR with a hidden layer"), { data: "xor", hidden: [4], activations: ["tanh"] }, _("Four hidden units bend the line, and xor is learned.")],
  [_("XOR by an input"), { data: "xor", hidden: [], features: ["x1", "x2", "x1·x2"] }, _("With the product of its inputs a single unit learns xor.")],
  [_("Linear layers stay linear"), { data: "circles", hidden: [8, 8], activations: ["linear", "linear"] }, _("Layers without a nonlinearity are one linear layer: circles stay out of reach.")],
  [_("Learning rate too small"), { data: "moons", optimizer: "SGD", lr: 0.0001 }, _("Steps this small hardly leave the start.")],
  [_("Learning rate too large"), { data: "moons", optimizer: "SGD", lr: 50, activations: ["relu", "relu"] }, _("Steps this large jump over every valley, and the loss blows up.")],
  [_("Vanishing gradients"), { data: "spirals", hidden: [6, 6, 6, 6, 6, 6], activations: Array(6).fill("sigmoid"), optimizer: "SGD", lr: 0.1 }, _("Six sigmoid layers shrink the gradient: the first layers hardly move.")],
  [_("Overfitting"), { data: "moons", noise: 0.5, hidden: [10, 10, 10], activations: Array(3).fill("relu"), lr: 0.02 }, _("The train loss falls while the test loss rises.")],
  [_("Against overfitting"), { data: "moons", noise: 0.5, hidden: [10, 10, 10], activations: Array(3).fill("relu"), lr: 0.02, l2: 0.003, dropout: 0.2 }, _("Dropout and L2 keep both losses together.")],
  [_("With momentum and without"), { data: "circles", optimizer: "SGD", lr: 0.02 }, _("B has momentum and is down first; A takes the same steps without."), { momentum: 0.9 }],
  [_("A rate that falls"), { data: "moons", noise: 0.3, optimizer: "SGD", lr: 2, batch: 5 }, _("A jumps to and fro to the end; the rate of B falls, and it comes to rest."), { schedule: "cosine", epochs: 30 }],
  [_("Three classes"), { data: "blobs", hidden: [6], activations: ["tanh"] }, _("One output for each class; the largest one is the answer.")],
  [_("Hills to fit"), { data: "hills", hidden: [8, 8], activations: ["tanh", "tanh"], lr: 0.02 }, _("A number over the plane: the network raises hills and digs hollows.")],
  [_("A curve to fit"), { data: "sine", hidden: [8, 8], activations: ["tanh", "tanh"], lr: 0.02 }, _("A network of one input draws a curve through the examples.")],
];

let run, pictures, picture, pointed = null, playing = false, frame = 0, frames = 0, ticks = 0, writing = null, blown = false, walk = null;

// --- runs --------------------------------------------------------------------------------------------------------------

function begin(settings, t = 0) { // from the first weights
  play(false);
  endWalk();
  run = new Run(settings, sets);
  if (twin) twin = new Run(likeThe(settings, twin.s), sets);
  both((each) => each.travel(Math.min(t, MOST.steps)));
  look();
}
function look() { // at the run
  pictures = new Canvas(run, isDark());
  twinPictures = twin && new Canvas(twin, isDark());
  pointed = null;
  picture = new Picture(run, { reshape: change, pointed: (place) => { pointed = place; tell(); }, weight: setWeight });
  fields();
  draw();
}
function change(asked) { // settings: a new run, unless they may change in the middle of one
  const label = document.activeElement?.ariaLabel, { settings, refused } = settled(asked, run.s, sets);
  if (refused.length) report(_("{names}: not a value that this network can have", { names: refused.join(", ") }));
  else if (Object.keys(asked).every((name) => LIVE.has(name))) run.adopt(settings);
  else begin(settings);
  fields();
  draw();
  if (label) [...document.querySelectorAll("[aria-label]")].find((each) => each.ariaLabel === label)?.focus();
}
function setWeight(layer, i, j, text) {
  const value = Number(text.replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value)) report(_("{text} is no number: the weight stays as it was", { text: text.slice(0, 40) }));
  else {
    endWalk();
    run.setWeight(layer, i, j, value);
  }
  draw();
}
const report = (words) => { $("about").textContent = words; };

// --- drawing -----------------------------------------------------------------------------------------------------------

const draw = () => { frame ||= requestAnimationFrame(show); };
function show() {
  frame = 0;
  frames++;
  const outputs = pictures.compute();
  if (!playing || frames % 3 === 0) picture.drawUnits(pictures, outputs);
  pictures.answer($("answer"), outputs, { crisp: $("crisp").checked, tests: $("tests").checked || run.set.isDrawn, ring: walk && walk.row });
  if (twin) twinPictures.answer($("answer-2"), twinPictures.compute(), { crisp: $("crisp").checked, tests: $("tests").checked, ring: null });
  if (isDrawing()) drawCross($("answer").getContext("2d"), pictures, $("answer").width);
  if (!playing || frames % 3 === 1) picture.drawEdges();
  if (playing && frames % 3 !== 2) return;
  count();
  drawLosses($("curve"), lettered());
  drawRate($("rate"), lettered());
  picture.fillTable();
  if (pointed && !blown) tell();
  writing ??= setTimeout(remember, 400);
}
function remember() {
  writing = null;
  try { history.replaceState(null, "", addressOf()); } catch { /* in a frame */ }
}
function tell() {
  blown = false;
  report(picture.about(pointed));
}
const inShort = (v) => (Number.isFinite(v) && v >= 0.001 ? v.toFixed(4) : say(v, 3));
function measured(each) {
  const right = each.right(each.test.n ? each.test : each.train);
  return { train: each.lossOf(each.train), test: each.lossOf(each.test), right: right === null ? "–" : `${Math.round(100 * right)}%` };
}
function count() {
  const found = lettered().map(([name, each]) => [name, each, measured(each)]);
  const text = (of) => (twin ? found.map(([name, , m]) => `${name} ${of(m)}`).join("\n") : of(found[0][2]));
  $("n-epoch").textContent = Math.floor(run.t / run.perEpoch);
  $("n-step").textContent = run.t;
  $("n-train").textContent = text((m) => inShort(m.train));
  $("n-test").textContent = text((m) => inShort(m.test));
  $("n-right").textContent = text((m) => m.right);
  const sentence = ([name, , m]) => (twin ? `${name}: ` : "") + _("train loss {train}, test loss {test}", { train: inShort(m.train), test: inShort(m.test) });
  const step = _("at step {step}", { step: run.t }), own = found.find(([name]) => name === letter);
  $("answer").ariaLabel = `${$("output-of").textContent} ${step}: ${sentence(own)}${own[2].right === "–" ? "" : `, ${_("{share} of the test data right", { share: own[2].right })}`}`;
  $("curve").ariaLabel = `${_("Losses")} ${step}: ${found.map(sentence).join("; ")}`;
  $("time").max = Math.max(...found.map(([, each]) => each.curve.at(-1)[0]), run.t);
  $("time").value = run.t;
  $("rate").hidden = found.every(([, each]) => each.s.schedule === "none");
  $("rate").ariaLabel = _("Learning rate: {rate}", { rate: found.map(([name, each]) => `${twin ? `${name} ` : ""}${say(each.paceAt(each.t).lr, 4)}`).join(", ") });
  $("rate-is").textContent = $("rate").hidden ? "" : $("rate").ariaLabel;
  $("back").disabled = $("restart").disabled = run.t === 0;
  if (!playing) return;
  const over = found.find(([, each]) => each.t >= each.end), lost = found.find(([, , m]) => !Number.isFinite(m.train));
  if (!over && !lost) return;
  play(false);
  blown = true;
  if (lost) report(_("The loss is no number any more: the steps were too large. Take a smaller learning rate and restart, or go back in time."));
  else report(_("The cycle of the learning rate is over after {epochs} epochs. Give it more epochs, or go back in time.", { epochs: over[1].s.epochs }));
}

// --- one example ---------------------------------------------------------------------------------------------------------

function beginWalk(row) {
  play(false);
  walk = { row, at: 0, steps: walkOf(run, row, (layer, j) => picture.name(layer, j)) };
  $("walk").hidden = false;
  const large = tooLarge(stepperOf(run, row));
  $("walk-open").disabled = large !== null;
  $("walk-large").textContent = large ?? "";
  turn(0);
}
function turn(by) {
  walk.at = Math.min(Math.max(walk.at + by, 0), walk.steps.length - 1);
  const step = walk.steps[walk.at];
  picture.mark(step);
  $("walk").className = step.kind;
  const kinds = { forward: _("forward"), loss: _("loss"), backward: _("backward") };
  $("walk-where").textContent = _("{kind}, {n} of {all}", { kind: kinds[step.kind], n: walk.at + 1, all: walk.steps.length });
  [$("walk-formula").textContent, $("walk-text").textContent] = [step.formula, step.text];
  $("walk-back").disabled = walk.at === 0;
  $("walk-next").disabled = walk.at === walk.steps.length - 1;
  draw();
}
function endWalk() {
  if (!walk) return;
  walk = null;
  $("walk").hidden = true;
  picture.mark(null);
  draw();
}
$("walk-back").onclick = () => turn(-1);
$("walk-next").onclick = () => turn(1);
$("walk-open").onclick = () => openStepper(run, walk.row);
$("walk-close").onclick = endWalk;
$("answer").onclick = (event) => { // a point that is drawn, or the nearest example
  const size = $("answer").getBoundingClientRect().width;
  if (isDrawing()) return act(pictures.place(event.offsetX, event.offsetY, size));
  if (!run.train.n) return;
  const far = (i) => {
    const [x, y] = pictures.at(...pictures.spot(run.train, i), size);
    return (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
  };
  let best = 0;
  for (let i = 1; i < run.train.n; i++) if (far(i) < far(best)) best = i;
  beginWalk(best);
};
$("answer").onkeydown = (event) => {
  if (isDrawing() && drawByKey(event)) return;
  if (event.key === "Enter" && run.train.n) beginWalk(walk ? (walk.row + 1) % run.train.n : 0);
};

// --- controls ----------------------------------------------------------------------------------------------------------

function play(on) {
  if (on && !run.train.n) return report(_("There is nothing to learn from yet: draw some points of two classes."));
  playing = on;
  $("play").textContent = on ? _("❚❚ Pause") : _("▶ Play");
  $("counters").setAttribute("aria-live", on ? "off" : "polite");
  if (!on) return;
  endWalk();
  requestAnimationFrame(tick);
}
function tick() {
  if (!playing) return;
  ticks++;
  const speed = Number($("speed").value), until = performance.now() + 10;
  if (!still.matches || ticks % 15 === 0) { // who wants less motion sees four pictures a second
    if (speed) for (let k = 0; k < speed; k++) stepOn();
    else do stepOn(); while (performance.now() < until);
    show();
  }
  requestAnimationFrame(tick);
}
const end = () => Math.min(...lettered().map(([, each]) => each.end));
const stepOn = () => (run.t < end() ? (twin?.step(), run.step()) : NaN); // both, or none
const goTo = (t) => { const to = Math.min(Math.max(0, t), end()); both((each) => each.travel(to)); };
const ASKED = {
  restart: () => goTo(0),
  back: () => goTo(run.t - 1),
  one: stepOn,
  epoch: () => goTo((Math.floor(run.t / run.perEpoch) + 1) * run.perEpoch),
};
for (const [id, act] of Object.entries(ASKED)) $(id).onclick = () => { play(false); endWalk(); act(); draw(); };
$("play").onclick = () => { play(!playing); draw(); };
$("time").oninput = () => { play(false); endWalk(); goTo(Number($("time").value)); draw(); };
for (const id of ["tests", "crisp"]) $(id).onchange = draw;
$("noise").onchange = () => change({ noise: $("noise").value });
$("noise").oninput = () => { $("noise-is").textContent = $("noise").value; };
$("weights").ontoggle = draw;
const KEYS = { ArrowRight: "one", ArrowLeft: "back", Home: "restart", e: "epoch" };
document.addEventListener("keydown", (event) => {
  const inside = event.target.tagName;
  if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(inside)) return;
  if ($("stepper").open) return;
  if (event.key === "Escape") endWalk();
  else if (walk && event.key === "o") $("walk-open").click();
  else if (walk && ["ArrowLeft", "ArrowRight"].includes(event.key)) turn(event.key === "ArrowRight" ? 1 : -1);
  else if (event.key === " " && !["BUTTON", "SUMMARY"].includes(inside)) $("play").click();
  else if (Object.hasOwn(KEYS, event.key)) $(KEYS[event.key]).click();
  else return;
  event.preventDefault();
});

function fields() { // all controls show the settings
  const { s, set } = run;
  settingFields();
  showPair();
  $("drawing").hidden = s.data !== DRAWN;
  $("undo").disabled = !undone.length;
  $("clear").disabled = $("download").disabled = !points.length;
  $("noise").value = $("noise-is").textContent = s.noise;
  $("noise").disabled = Boolean(set.fixed);
  for (const input of $("features").querySelectorAll("input")) {
    input.checked = s.features.includes(input.value);
    input.disabled = set.inputs === 1 && input.value !== "x1";
  }
  for (const input of $("sets").querySelectorAll("input")) input.checked = input.value === s.data;
  $("legend").replaceChildren(...legend(set));
}
function legend({ task, inputs, classes, names, left_out }) {
  const axes = inputs === 2 && String(names) !== "x1,x2" ? [make("br"), _("x1 is {first}, x2 is {second}.", { first: names[0], second: names[1] })] : [];
  if (left_out) axes.push(make("br"), _("{count} rows are left out, by chance: the page takes {rows}.", { count: left_out, rows: MOST.rows }));
  if (task === "classification") {
    return [...classes.flatMap((name, k) => [make("span", { className: `ink-${k}`, textContent: `${MARKS[k]} ${name}` }), "  "]), ...axes];
  }
  if (inputs === 1) return [_("● {input} and what follows from it; the line: the network", { input: names[0] }), ...axes];
  const [low, high] = pictures.range, [from, to, middle] = [low, high, (low + high) / 2].map((v) => say(v, 3));
  const words = { from, to, middle };
  return [_("Colours of what is predicted, from {from} to {to}:", words), " ", scaleOf(pictures), " ", _("The lines join equal numbers. Examples: ▲ below {middle}, ● above, larger where farther from it.", words), ...axes];
}
function preview(canvas, name) {
  const small = new Run(settled({ data: name, hidden: [] }, START, sets).settings, sets), shown = small.train.n > 150 ? 3 : 1;
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  new Canvas(small, isDark()).points(canvas, small.train, 3, true, shown);
}
function dataButtons() {
  $("sets").replaceChildren(...Object.keys(sets).map((name) => {
    const canvas = make("canvas", { width: 80, height: 80 }), input = make("input", { type: "radio", name: "set", value: name });
    preview(canvas, name);
    input.onchange = () => change({ data: name });
    return make("label", {}, input, canvas, name === DRAWN ? _("✎ draw your own") : name.replaceAll("_", " "));
  }));
}
$("features").append(...Object.keys(FEATURES).map((name) => {
  const input = make("input", { type: "checkbox", value: name, ariaLabel: _("input {name}", { name }) });
  input.onchange = () => {
    const features = [...$("features").querySelectorAll(":checked")].map((each) => each.value);
    change({ features });
  };
  return make("label", {}, input, ` ${name}`);
}));
$("presets").append(make("option", { textContent: _("what the lectures claim …"), value: "" }), ...PRESETS.map(([title], k) => make("option", { value: k, textContent: title })));
$("presets").parentElement.hidden = Object.values(sets).some((set) => set.command); // they are about the toy sets
$("presets").onchange = () => {
  if ($("presets").value === "") return;
  const [, asked, claim, second] = PRESETS[$("presets").value];
  [twin, letter] = [null, "A"];
  begin(settled(asked, settled({}, START, sets).settings, sets).settings);
  if (second) pair(second);
  $("claim").textContent = `${claim} ${_("Press Play.")}`;
};
async function copy(text) {
  $("copy").hidden = true;
  try {
    await navigator.clipboard.writeText(text);
    $("copied").textContent = _("copied");
  } catch {
    Object.assign($("copy"), { hidden: false, value: text });
    $("copy").select();
    $("copied").textContent = _("the browser does not let a page copy: here it is, selected");
  }
}
$("share").onclick = () => copy(location.href.split("#")[0] + addressOf());
$("python").onclick = () => copy(run.python());
// --- from the address ----------------------------------------------------------------------------------------------------

const partOf = (given, head) => Object.fromEntries(Object.entries(given).filter(([key]) => key.startsWith(head)).map(([key, value]) => [key.slice(head.length), value]));
function open() {
  const first = settled({ data: Object.keys(sets)[0], ...embedded.start }, START, sets);
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1).slice(0, 8000)));
  if (given.points !== undefined) {
    points = fromText(given.points) ?? [];
    sets[DRAWN] = drawnSet();
  }
  const { settings, refused } = settled(given, first.settings, sets), t = Number(given.t);
  if (given.points !== undefined && !points.length && given.points !== "") refused.push("points");
  const second = given.two === undefined ? null : settled(partOf(given, "b."), settings, sets);
  [twin, letter] = [null, "A"];
  if (second) twin = new Run(likeThe(settings, second.settings), sets);
  begin(settings, Number.isInteger(t) && t > 0 ? t : 0);
  const lost = [...first.refused, ...refused, ...(second?.refused ?? []).map((name) => `b.${name}`)];
  if (lost.length) report(_("Settings were asked for that cannot be, and they were left out: {names}.", { names: lost.join(", ") }));
}
addEventListener("resize", () => { picture.place(); draw(); });
addEventListener("hashchange", open);
matchMedia("print").addEventListener("change", () => { // at once, for the printer does not wait
  play(false);
  look();
  picture.place();
  show();
});
document.querySelector(".skip").onclick = (event) => { // the address stays that of the settings
  event.preventDefault();
  $("answer").focus();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { dataButtons(); look(); });
const sharp = Math.min(2, devicePixelRatio || 1);
for (const id of ["answer", "answer-2"]) $(id).width = $(id).height = 300 * sharp;
$("csv").onchange = openFile;
drawingTools();
pairControls();
sets[DRAWN] = drawnSet();
dataButtons();
open();
window.tinygrad = Object.freeze({
  configure: change, steps: (n) => { const losses = Array.from({ length: n }, stepOn); draw(); return losses; },
  losses: () => ({ step: run.t, train: run.lossOf(run.train), test: run.lossOf(run.test) }), settings: () => ({ ...run.s }),
  weights: () => [...run.network.weights], gradients: () => [...run.network.gradients], travel: (t) => { goTo(t); draw(); },
  python: () => run.python(), address: addressOf, play, show, frames: () => frames, presets: PRESETS, walk: (row) => { beginWalk(row); return walk.steps; },
});
