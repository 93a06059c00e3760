// The playground's page: what is asked for, and when it is drawn.

const $ = (id) => document.getElementById(id);
const make = (tag, set = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), set);
  element.append(...inside);
  return element;
};
const floats = (text) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const embedded = JSON.parse($("embedded").textContent), sets = embedded.sets;
for (const set of Object.values(sets)) {
  for (const key of ["x", "z"]) set[key] = floats(set[key]);
  set.y = set.task === "classification" ? Float64Array.from(set.y, Number) : floats(set.y); // a digit for each class
}
const still = matchMedia("(prefers-reduced-motion: reduce)");
const isDark = () => getComputedStyle(document.documentElement).getPropertyValue("--pos").trim() === "#56b4e9";

const TITLES = { lr: "learning rate", batch: "batch size", l1: "L1", l2: "L2", weight_decay: "weight decay" };
const STEPS = { lr: 0.01, batch: 1, l1: 0.001, l2: 0.001, weight_decay: 0.001, dropout: 0.1, seed: 1 };
const PRESETS = [ // [title, settings, what is seen]
  ["One unit and a straight line", { data: "two_lines", hidden: [] }, "A single unit draws a straight line: enough for these two."],
  ["XOR without hidden units", { data: "xor", hidden: [] }, "No straight line parts xor: a single unit stays near half right."],
  ["XOR with a hidden layer", { data: "xor", hidden: [4], activations: ["tanh"] }, "Four hidden units bend the line, and xor is learned."],
  ["XOR by an input", { data: "xor", hidden: [], features: ["x1", "x2", "x1·x2"] }, "With the product of its inputs a single unit learns xor."],
  ["Linear layers stay linear", { data: "circles", hidden: [8, 8], activations: ["identity", "identity"] }, "Layers without a nonlinearity are one linear layer: circles stay out of reach."],
  ["Learning rate too small", { data: "moons", optimizer: "SGD", lr: 0.0001 }, "Steps this small hardly leave the start."],
  ["Learning rate too large", { data: "moons", optimizer: "SGD", lr: 50, activations: ["relu", "relu"] }, "Steps this large jump over every valley, and the loss blows up."],
  ["Vanishing gradients", { data: "spirals", hidden: [6, 6, 6, 6, 6, 6], activations: Array(6).fill("sigmoid"), optimizer: "SGD", lr: 0.1 }, "Six sigmoid layers shrink the gradient: the first layers hardly move."],
  ["Overfitting", { data: "moons", noise: 0.5, hidden: [10, 10, 10], activations: Array(3).fill("relu"), lr: 0.02 }, "The train loss falls while the test loss rises."],
  ["Against overfitting", { data: "moons", noise: 0.5, hidden: [10, 10, 10], activations: Array(3).fill("relu"), lr: 0.02, l2: 0.003, dropout: 0.2 }, "Dropout and L2 keep both losses together."],
  ["Three classes", { data: "blobs", hidden: [6], activations: ["tanh"] }, "One output for each class; the largest one is the answer."],
  ["A curve to fit", { data: "sine", hidden: [8, 8], activations: ["tanh", "tanh"], lr: 0.02 }, "A network of one input draws a curve through the examples."],
];

let run, pictures, picture, pointed = null, playing = false, frame = 0, frames = 0, ticks = 0, writing = null, blown = false, walk = null;

// --- runs --------------------------------------------------------------------------------------------------------------

function begin(settings, t = 0) { // from the first weights
  play(false);
  endWalk();
  run = new Run(settings, sets);
  pictures = new Canvas(run, isDark());
  pointed = null;
  picture = new Picture(run, { reshape: change, pointed: (place) => { pointed = place; tell(); }, weight: setWeight });
  run.travel(Math.min(t, MOST.steps));
  fields();
  draw();
}
function change(asked) { // settings: a new run, unless they may change in the middle of one
  const label = document.activeElement?.ariaLabel, { settings, refused } = settled(asked, run.s, sets);
  if (refused.length) report(`${refused.join(", ")}: not a value that this network can have`);
  else if (Object.keys(asked).every((name) => LIVE.has(name))) run.adopt(settings);
  else begin(settings);
  fields();
  draw();
  if (label) [...document.querySelectorAll("[aria-label]")].find((each) => each.ariaLabel === label)?.focus();
}
function setWeight(layer, i, j, text) {
  const value = Number(text.replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value)) report(`${text.slice(0, 40)} is no number: the weight stays as it was`);
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
  pictures.answer($("answer"), outputs, { crisp: $("crisp").checked, tests: $("tests").checked, ring: walk && walk.row });
  if (!playing || frames % 3 === 1) picture.drawEdges();
  if (playing && frames % 3 !== 2) return;
  count();
  drawLosses($("curve"), run);
  picture.fillTable();
  if (pointed && !blown) tell();
  writing ??= setTimeout(remember, 400);
}
function remember() {
  writing = null;
  try { history.replaceState(null, "", run.address()); } catch { /* in a frame */ }
}
function tell() {
  blown = false;
  report(picture.about(pointed));
}
function count() {
  const losses = [run.lossOf(run.train), run.lossOf(run.test)], right = run.right(run.test.n ? run.test : run.train);
  const text = (v) => (Number.isFinite(v) && v >= 0.001 ? v.toFixed(4) : say(v, 3));
  $("n-epoch").textContent = Math.floor(run.t / run.perEpoch);
  $("n-step").textContent = run.t;
  [$("n-train").textContent, $("n-test").textContent] = losses.map(text);
  $("n-right").textContent = right === null ? "–" : `${Math.round(100 * right)}%`;
  const words = `at step ${run.t}: train loss ${text(losses[0])}, test loss ${text(losses[1])}`;
  $("answer").ariaLabel = `Output ${words}${right === null ? "" : `, ${$("n-right").textContent} of the test data right`}`;
  $("curve").ariaLabel = `Losses ${words}`;
  $("time").max = Math.max(run.curve.at(-1)[0], run.t);
  $("time").value = run.t;
  $("back").disabled = $("restart").disabled = run.t === 0;
  if (!playing || Number.isFinite(losses[0])) return;
  play(false);
  blown = true;
  report("The loss is no number any more: the steps were too large. Take a smaller learning rate and restart, or go back in time.");
}

// --- one example ---------------------------------------------------------------------------------------------------------

function beginWalk(row) {
  play(false);
  walk = { row, at: 0, steps: walkOf(run, row, (layer, j) => picture.name(layer, j)) };
  $("walk").hidden = false;
  turn(0);
}
function turn(by) {
  walk.at = Math.min(Math.max(walk.at + by, 0), walk.steps.length - 1);
  const step = walk.steps[walk.at];
  picture.mark(step);
  $("walk").className = step.kind;
  $("walk-where").textContent = `${step.kind}, ${walk.at + 1} of ${walk.steps.length}`;
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
$("walk-close").onclick = endWalk;
$("answer").onclick = (event) => { // the nearest example
  const size = $("answer").getBoundingClientRect().width, far = (i) => {
    const [x, y] = pictures.at(...pictures.spot(run.train, i), size);
    return (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
  };
  let best = 0;
  for (let i = 1; i < run.train.n; i++) if (far(i) < far(best)) best = i;
  beginWalk(best);
};
$("answer").onkeydown = (event) => {
  if (event.key === "Enter") beginWalk(walk ? (walk.row + 1) % run.train.n : 0);
};

// --- controls ----------------------------------------------------------------------------------------------------------

function play(on) {
  playing = on;
  $("play").textContent = on ? "❚❚ Pause" : "▶ Play";
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
    if (speed) for (let k = 0; k < speed; k++) run.step();
    else do run.step(); while (performance.now() < until);
    show();
  }
  requestAnimationFrame(tick);
}
const ASKED = {
  restart: () => run.travel(0),
  back: () => run.travel(Math.max(0, run.t - 1)),
  one: () => run.step(),
  epoch: () => run.travel((Math.floor(run.t / run.perEpoch) + 1) * run.perEpoch),
};
for (const [id, act] of Object.entries(ASKED)) $(id).onclick = () => { play(false); endWalk(); act(); draw(); };
$("play").onclick = () => { play(!playing); draw(); };
$("time").oninput = () => { play(false); endWalk(); run.travel(Number($("time").value)); draw(); };
for (const id of ["tests", "crisp"]) $(id).onchange = draw;
$("noise").onchange = () => change({ noise: $("noise").value });
$("noise").oninput = () => { $("noise-is").textContent = $("noise").value; };
$("weights").ontoggle = draw;
const KEYS = { ArrowRight: "one", ArrowLeft: "back", Home: "restart", e: "epoch" };
document.addEventListener("keydown", (event) => {
  const inside = event.target.tagName;
  if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(inside)) return;
  if (event.key === "Escape") endWalk();
  else if (walk && ["ArrowLeft", "ArrowRight"].includes(event.key)) turn(event.key === "ArrowRight" ? 1 : -1);
  else if (event.key === " " && !["BUTTON", "SUMMARY"].includes(inside)) $("play").click();
  else if (Object.hasOwn(KEYS, event.key)) $(KEYS[event.key]).click();
  else return;
  event.preventDefault();
});

function fields() { // all controls show the settings
  const { s, set } = run, choices = { loss: lossesFor(set), optimizer: optimizerNames() };
  if (!$("settings").children.length) {
    $("settings").append(...["loss", "optimizer", ...Object.keys(STEPS)].map((name) => {
      const input = name in choices ? make("select") : make("input", { type: "number", min: LEAST[name] ?? 0, step: STEPS[name], max: LARGEST[name] ?? "" });
      Object.assign(input, { id: `set-${name}`, onchange: () => change({ [name]: input.value }) });
      return make("label", {}, (TITLES[name] ?? name).replaceAll("_", " "), input);
    }));
    $("settings").onsubmit = (event) => event.preventDefault();
  }
  for (const [name, values] of Object.entries(choices)) {
    $(`set-${name}`).replaceChildren(...values.map((value) => make("option", { value, textContent: value.replaceAll("_", " ") })));
  }
  for (const name of ["loss", "optimizer", ...Object.keys(STEPS)]) $(`set-${name}`).value = s[name];
  $("noise").value = $("noise-is").textContent = s.noise;
  $("noise").disabled = Boolean(set.csv);
  for (const input of $("features").querySelectorAll("input")) {
    input.checked = s.features.includes(input.value);
    input.disabled = set.inputs === 1 && input.value !== "x1";
  }
  for (const input of $("sets").querySelectorAll("input")) input.checked = input.value === s.data;
  $("legend").replaceChildren(...(set.task === "regression" ? [`● ${set.names[0]} and what follows from it; the line: the network`]
    : set.classes.flatMap((name, k) => [make("span", { className: `ink-${k}`, textContent: `${MARKS[k]} ${name}` }), "  "])));
}
function dataButtons() {
  $("sets").replaceChildren(...Object.keys(sets).map((name) => {
    const canvas = make("canvas", { width: 80, height: 80 }), { settings } = settled({ data: name, hidden: [] }, START, sets);
    const small = new Run(settings, sets), input = make("input", { type: "radio", name: "set", value: name });
    new Canvas(small, isDark()).points(canvas, small.train, 3, true, 3);
    input.onchange = () => change({ data: name });
    return make("label", {}, input, canvas, name.replaceAll("_", " "));
  }));
}
$("features").append(...Object.keys(FEATURES).map((name) => {
  const input = make("input", { type: "checkbox", value: name, ariaLabel: `input ${name}` });
  input.onchange = () => {
    const features = [...$("features").querySelectorAll(":checked")].map((each) => each.value);
    change({ features });
  };
  return make("label", {}, input, ` ${name}`);
}));
$("presets").append(make("option", { textContent: "what the lectures claim …", value: "" }), ...PRESETS.map(([title], k) => make("option", { value: k, textContent: title })));
$("presets").onchange = () => {
  if ($("presets").value === "") return;
  const [, asked, claim] = PRESETS[$("presets").value];
  begin(settled(asked, settled({}, START, sets).settings, sets).settings);
  $("claim").textContent = `${claim} Press Play.`;
};
async function copy(text) {
  $("copy").hidden = true;
  try {
    await navigator.clipboard.writeText(text);
    $("copied").textContent = "copied";
  } catch {
    Object.assign($("copy"), { hidden: false, value: text });
    $("copy").select();
    $("copied").textContent = "the browser does not let a page copy: here it is, selected";
  }
}
$("share").onclick = () => copy(location.href.split("#")[0] + run.address());
$("python").onclick = () => copy(run.python());
$("csv").onchange = async () => {
  const file = $("csv").files[0], found = readCsv(await file.text());
  if (typeof found === "string") return void report(found);
  const name = file.name.slice(0, 60);
  sets[name] = { ...found, csv: file.name, opened: true };
  dataButtons();
  change({ data: name });
};
function readCsv(text) { // a data set, or why there is none
  const rows = text.trim().split(/\r?\n/).map((line) => line.split(/[,;\t]/).map((cell) => cell.trim()));
  const good = rows.filter((row) => row.length === 3 && row.slice(0, 2).every((cell) => cell !== "" && Number.isFinite(Number(cell))));
  const classes = [...new Set(good.map((row) => row[2]))].sort();
  if (good.length < 5) return "This file has no five lines of two numbers and a class, as in 0.5, -1.2, cat.";
  if (classes.length < 2 || classes.length > 4) return `The third column has ${classes.length} different values: two to four classes can be told apart.`;
  if (good.length > MOST.rows) return `${good.length} lines are too many: ${MOST.rows} at most.`;
  const order = new Generator(0).permutation(good.length), picked = [...order].map((k) => good[k]);
  const x = Float64Array.from(picked.flatMap((row) => row.slice(0, 2).map(Number)));
  return { inputs: 2, task: "classification", classes, names: ["x1", "x2"], x, z: new Float64Array(x.length),
    y: Float64Array.from(picked, (row) => classes.indexOf(row[2])), train: Math.round(good.length * 0.8), noise: 0 };
}

// --- from the address ----------------------------------------------------------------------------------------------------

function open() {
  const first = settled({ data: Object.keys(sets)[0], ...embedded.start }, START, sets);
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1).slice(0, 4000)));
  const { settings, refused } = settled(given, first.settings, sets), t = Number(given.t);
  begin(settings, Number.isInteger(t) && t > 0 ? t : 0);
  const lost = [...first.refused, ...refused];
  if (lost.length) report(`Settings were asked for that cannot be, and they were left out: ${lost.join(", ")}.`);
}
addEventListener("resize", () => { picture.place(); draw(); });
addEventListener("hashchange", open);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { pictures = new Canvas(run, isDark()); dataButtons(); fields(); draw(); });
const sharp = Math.min(2, devicePixelRatio || 1);
$("answer").width = $("answer").height = 300 * sharp;
dataButtons();
open();
window.tinygrad = Object.freeze({
  configure: change, steps: (n) => { const losses = Array.from({ length: n }, () => run.step()); draw(); return losses; },
  losses: () => ({ step: run.t, train: run.lossOf(run.train), test: run.lossOf(run.test) }), settings: () => ({ ...run.s }),
  weights: () => [...run.network.weights], gradients: () => [...run.network.gradients], travel: (t) => { run.travel(t); draw(); },
  python: () => run.python(), address: () => run.address(), play, show, frames: () => frames, presets: PRESETS.length, walk: (row) => { beginWalk(row); return walk.steps; },
});
