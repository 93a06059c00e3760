// The player of a recorded trace, or of a course of several passes. It computes nothing: every number and every
// sentence was recorded, and rounded, before. All that changes follows from the pass, and from `position`, the number of
// its steps that have happened; the updates after a pass are its last steps. Who asks for steps stands in
// `page_controls.js`, and what only a course has in `course.js`: the three are one program.

const $ = (id) => document.getElementById(id);
const content = JSON.parse($("trace").textContent);
if (content.width) document.documentElement.style.setProperty("--width", content.width); // a picture that was drawn in the browser
const graphs = content.graphs ?? [content];
const passes = content.passes ?? [{ graph: 0 }];
const UNKNOWN = "·";
const watchers = { entered: [], moved: [] }; // functions, called after a change of the pass, and of the position

// --- state ---------------------------------------------------------------------------------------------------------

const starts = [0]; // how many steps there are before each pass, and in all
for (const { graph, updates = [] } of passes) starts.push(starts.at(-1) + graphs[graph].steps.length + updates.length);
const total = starts.at(-1);

let pass = -1; // the number of the pass, from 0; with what is in it:
let nodes, steps, stops, numberOf, firstBackward, firstUpdate;
let position = 0;
let known; // whether each node's data is there
let latest; // the last step so far that added to each node's gradient
let before; // of each backward step, the step that last added to the same gradient
let computedBy; // the forward step of each node
let updatedBy; // the update of each node, if it has happened

// To the start of a pass.
function enter(index) {
  const { graph, nodes: nodeNews = {}, steps: stepNews = {}, updates = [] } = passes[index];
  const found = graphs[graph];
  const isOther = pass < 0 || graph !== passes[pass].graph;
  pass = index;
  position = 0;
  nodes = found.nodes.map((node, k) => ({ ...node, ...nodeNews[k] }));
  steps = found.steps.map((step, s) => ({ ...step, ...stepNews[s] }));
  firstBackward = steps.findIndex((step) => step.kind === "backward") + 1;
  firstUpdate = steps.length + 1;
  stops = [...found.stops, ...updates.map((update, u) => firstUpdate + u)];
  steps.push(...updates.map((update) => ({ ...update })));
  numberOf = new Map(nodes.map((node, k) => [node.id, k]));
  known = nodes.map((node) => node.op === null);
  [latest, computedBy, updatedBy] = [0, 1, 2].map(() => nodes.map(() => null));
  before = steps.map(() => null);
  const last = nodes.map(() => null);
  steps.forEach((step, s) => {
    step.receiver = numberOf.get(step.node);
    if (step.kind === "forward") computedBy[step.receiver] = s;
    if (step.kind !== "backward") return;
    before[s] = last[step.receiver];
    last[step.receiver] = s;
  });
  if (isOther) look();
  nodes.forEach((node, k) => paint(k));
  watchers.entered.forEach((watch) => watch());
}

const passAt = (place) => Math.max(starts.findIndex((start) => start >= place) - 1, 0);
const here = () => starts[pass] + position;

// To a place, counted through all passes.
function go(target, gently = true) {
  target = Math.min(Math.max(target, 0), total);
  if (passAt(target) !== pass) enter(passAt(target));
  target -= starts[pass];
  const touched = new Set();
  while (position !== target) {
    const ahead = position < target;
    const s = ahead ? position : position - 1;
    const { kind, receiver } = steps[s];
    if (kind === "forward") known[receiver] = ahead;
    else if (kind === "update") updatedBy[receiver] = ahead ? s : null;
    else latest[receiver] = ahead ? s : before[s];
    touched.add(receiver);
    position += ahead ? 1 : -1;
  }
  touched.forEach(paint);
  const active = mark();
  tell();
  describe();
  remember();
  watchers.moved.forEach((watch) => watch());
  const ahead = upcoming();
  follow($("graph"), [active, [active[0]]], ahead, gently); // last, for it asks the browser where things are
  follow($("table"), [[rows[(steps[position - 1] ?? steps[0]).receiver]]], [], gently);
}

// --- what changes in the picture and in the table --------------------------------------------------------------------

let prefix = ""; // begins the ids of the picture of the graph that is in sight
let boxes, dataTexts, gradTexts, rows;
let marked = []; // elements that carry a class of the current step

// Brings the picture and the table of another graph into sight.
function look() {
  const { graph } = passes[pass];
  graphs.forEach((other, g) => $(`g${g}`)?.toggleAttribute("hidden", g !== graph));
  prefix = graph ? `g${graph}-` : "";
  boxes = nodes.map((node, k) => box(`n${k}`)); // null for a node whose numbers no box shows
  [dataTexts, gradTexts] = [".data", ".grad"].map((what) => boxes.map((box) => (box ? [...box.querySelectorAll(what)] : [])));
  rows = nodes.map(makeRow);
  $("rows").replaceChildren(...rows.filter((row, k) => !nodes[k].constant));
  pinned = pointed = null;
  for (const element of document.querySelectorAll(".pinned")) element.classList.remove("pinned");
}

const dataOf = (k) => (updatedBy[k] !== null ? steps[updatedBy[k]] : known[k] ? nodes[k] : null);

const gradOf = (k) => (latest[k] === null ? null : steps[latest[k]]);

function paint(k) {
  if (boxes[k]) paintBox(k);
  if (!nodes[k].constant) paintRow(k);
}

function paintBox(k) {
  const data = dataOf(k)?.lines ?? [UNKNOWN], grad = gradOf(k)?.lines ?? [UNKNOWN];
  dataTexts[k].forEach((text, line) => setText(text, data[line] ?? ""));
  gradTexts[k].forEach((text, line) => setText(text, grad[line] ?? ""));
  const label = spoken(k, data, grad);
  if (boxes[k].getAttribute("aria-label") !== label) boxes[k].setAttribute("aria-label", label);
}

function paintRow(k) {
  const [, , data, grad] = rows[k].children;
  setText(data, inRow(dataOf(k)?.lines ?? [UNKNOWN]));
  setText(grad, nodes[k].requires_grad ? inRow(gradOf(k)?.lines ?? [UNKNOWN]) : "");
}

const inRow = (lines) => (lines[0][0] === "[" ? lines.join(", ") : lines[0]); // of a large array only its mean

const kindOf = (node) => (node.requires_grad ? _("input") : _("constant")); // of what no operation computed

function spoken(k, data, grad) {
  const { title, op, requires_grad } = nodes[k];
  const say = (lines) => (lines[0] === UNKNOWN ? _("not known yet") : lines.join(", "));
  const gradient = requires_grad ? `, ${_("gradient {g}", { g: say(grad) })}` : "";
  return `${title}, ${op ?? kindOf(nodes[k])}, ${_("data {data}", { data: say(data) })}${gradient}`;
}

// A step is what happened since the stop before: one event; of a box of several nodes, all that happens in it.
function happened() {
  return steps.slice(stops.findLast((stop) => stop < position), position);
}

// Marks the box that the step is about and the edges that were used; returns the boxes that should be in sight.
function mark() {
  for (const [element, name] of marked) element.classList.remove(name);
  marked = [];
  if (position === 0) return [box(nodes[steps[0].receiver].box)];
  const events = happened();
  const last = events.at(-1);
  const giver = last.from == null ? null : boxOf(last.from);
  const receiver = nodes[last.receiver].box;
  const active = events.length > 1 && giver !== null ? giver : receiver;
  put(rows[last.receiver], "active");
  put(box(active), "active");
  put(box(active), last.kind);
  if (giver !== null) put(box(giver), "giving");
  for (const step of events) {
    const to = nodes[step.receiver].box;
    if (step.kind === "forward") step.inputs.forEach((id, place) => put(edge(boxOf(id), to, place), "forward"));
    else if (step.from != null) put(edge(to, boxOf(step.from), step.position), "backward");
  }
  return [box(receiver), box(giver ?? receiver)];
}

function put(element, name) {
  if (!element) return;
  element.classList.add(name);
  marked.push([element, name]);
}

const boxOf = (id) => nodes[numberOf.get(id)].box;
const box = (key) => $(`${prefix}node-${key}`);
const edge = (source, target, place) => wire(source, target, place) ?? wire(source, target, 0);
const wire = (source, target, place) => $(`${prefix}edge-${source}-${target}-${place}`);
const still = matchMedia("(prefers-reduced-motion: reduce)");

// The boxes that the next step is about.
function upcoming() {
  const next = steps[(stops.find((stop) => stop > position) ?? 0) - 1];
  return next ? [box(nodes[next.receiver].box)] : [];
}

// Scrolls a frame, and never the page, so far that elements are in it: the first of the choices that has room in it
// together with what comes next; or else without.
function follow(frame, choices, next, gently) {
  if (frame.scrollWidth <= frame.clientWidth && frame.scrollHeight <= frame.clientHeight) return;
  const view = frame.getBoundingClientRect();
  const room = 16;
  const around = (elements) => {
    const places = elements.map((element) => element.getBoundingClientRect());
    const most = (side) => Math.max(...places.map((place) => place[side])) + room;
    const least = (side) => Math.min(...places.map((place) => place[side])) - room;
    return { left: least("left"), right: most("right"), top: least("top"), bottom: most("bottom") };
  };
  const fits = ({ left, right, top, bottom }) => right - left <= view.width && bottom - top <= view.height;
  const wishes = [...choices.map((elements) => elements.concat(next)), ...choices].map(around);
  const place = wishes.find(fits) ?? wishes.at(-1);
  const move = (low, high, start, end) => (low < start ? low - start : high > end ? Math.min(high - end, low - start) : 0);
  const left = move(place.left, place.right, view.left, view.right);
  const top = move(place.top, place.bottom, view.top, view.bottom);
  if (left || top) frame.scrollBy({ left, top, behavior: gently && !still.matches ? "smooth" : "auto" });
}

// --- what is told in words -------------------------------------------------------------------------------------------

const GIVEN =
  _("Only the inputs are known. Each step forward computes one node; then each step backward adds one contribution to a gradient.");

function tell() {
  const step = steps[position - 1];
  const many = step ? happened().length : 0;
  const where = (passes.length > 1 ? `${_("Pass {n} of {all}.", { n: pass + 1, all: passes.length })} ` : "") + whereOf(step, many);
  fill("where", many > 1 ? _("{where}; the last of them:", { where }) : where);
  fill("formula", step ? step.formula || step.text : "", written);
  fill("sentence", step ? (step.formula ? step.text : "") : GIVEN, isolated);
  $("story").className = step ? step.kind : "";
  $("slider").value = here();
  $("slider").setAttribute("aria-valuetext", where);
  for (const id of ["start", "back"]) $(id).disabled = here() === 0;
  for (const id of ["next", "end"]) $(id).disabled = here() === total;
}

function whereOf(step, many) {
  if (!step) return _("Start");
  if (step.kind === "update") {
    return _("Update {n} of {all}: {what}", { n: position - firstUpdate + 1, all: steps.length - firstUpdate + 1, what: step.about });
  }
  const kind = step.kind === "forward" ? _("Forward") : _("Backward"), all = firstUpdate - 1;
  if (many > 1) return _("{kind}, steps {first} to {last} of {all}", { kind, first: position - many + 1, last: position, all });
  return _("{kind}, step {n} of {all}", { kind, n: position, all });
}

// What stands there already is not announced again.
const filled = {}; // texts by ids
function fill(id, text, parts = (text) => [text]) {
  if (filled[id] === text) return;
  filled[id] = text;
  $(id).replaceChildren(...parts(text));
}

// Names written from right to left must not reorder the formula around them.
function isolated(text) {
  return text.split(/([\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)/).map((part, k) => (k % 2 ? make("bdi", part) : part));
}

// The lines of a rule stand below each other.
function written(text) {
  const lines = text.split("\n").map(isolated);
  if (lines.length === 1) return lines[0];
  return lines.map((parts) => {
    const line = make("span", "");
    line.append(...parts);
    return line;
  });
}

let pointed = null; // the node under the pointer or the focus; else the details are of the step's own node
let pinned = null; // the node that was clicked: the details stay with it

function describe() {
  const step = steps[position - 1];
  const k = pinned ?? pointed ?? (step ? step.receiver : numberOf.get(graphs[passes[pass].graph].root));
  const node = nodes[k];
  const items = [];
  const item = (what, value) => items.push([what, value]);
  if (node.name !== null && node.name !== node.title) item(_("name"), node.name);
  if (node.op !== null) item(_("computed"), known[k] ? steps[computedBy[k]].text : UNKNOWN);
  if (node.about) item(_("shape"), node.about);
  const update = updatedBy[k] === null ? null : steps[updatedBy[k]];
  item(_("data"), update ? full(update.after) : known[k] ? full(node.data) : UNKNOWN);
  if (update) item(_("before the update"), full(update.before));
  if (node.requires_grad) {
    item(_("gradient"), latest[k] === null ? UNKNOWN : full(steps[latest[k]].grad));
    const parts = [];
    for (let s = latest[k]; s !== null; s = before[s]) parts.unshift(s);
    for (const s of parts) {
      const { from, contribution } = steps[s];
      const source = from === null ? _("to start with") : _("from {node}", { node: nodes[numberOf.get(from)].title });
      item(_("step {n}", { n: s + 1 }), `${full(contribution)} ${source}`);
    }
  }
  for (const [name, old, now] of update?.states ?? []) item(name, `${full(old)} → ${full(now)}`);
  if (step && step.receiver === k && step.kind === "backward" && step.from !== null) {
    item(_("upstream"), full(step.upstream));
    if (step.local !== null) item(_("local derivative"), full(step.local));
    item(_("gradient before"), full(step.grad_before));
  }
  const pin = k === pinned ? `, ${_("pinned")}` : "";
  fill("details-title", node.title + (node.op ? ` (${node.op})` : "") + pin, isolated);
  fill("details-list", JSON.stringify(items), () => items.flatMap(([what, value]) => [make("dt", what), make("dd", value)]));
}

function full(data) {
  return Array.isArray(data) ? `[${data.map(full).join(", ")}]` : String(data);
}

function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

// Giving a text node another text is cheaper than giving an element another text node.
function setText(element, text) {
  if (element.firstChild?.data === text) return;
  if (element.firstChild) element.firstChild.data = text;
  else if (text) element.textContent = text;
}

function makeRow(node, k) {
  const row = document.createElement("tr");
  row.dataset.node = k;
  row.tabIndex = -1;
  const head = make("th", "");
  head.scope = "row";
  head.append(make("bdi", node.title));
  row.append(head, make("td", node.op ?? kindOf(node)), make("td", ""), make("td", ""));
  row.children[1].title = row.children[1].textContent;
  return row;
}

function listSteps() {
  if ($("steps").children.length) return;
  steps.forEach((step, s) => {
    const link = document.createElement("a");
    link.href = address(s + 1);
    link.append(...written(step.formula || step.text));
    const line = document.createElement("li");
    line.className = step.kind;
    line.append(link);
    if (step.formula && step.text !== step.formula) {
      const text = document.createElement("p");
      text.append(...isolated(step.text));
      line.append(text);
    }
    $("steps").append(line);
  });
}
