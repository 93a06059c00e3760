// The player of one recorded trace. It computes nothing: every number and every sentence was recorded, and rounded,
// before. All that changes follows from `position`, the number of steps that have happened.

const $ = (id) => document.getElementById(id);
const { nodes, steps, stops, root, opens } = JSON.parse(await recorded($("trace")));
const UNKNOWN = "·";
const numberOf = new Map(nodes.map((node, k) => [node.id, k]));
const firstBackward = steps.findIndex((step) => step.kind === "backward") + 1;

// The JSON of a long trace is deflated, and written in base64.
async function recorded(element) {
  if (!("deflated" in element.dataset)) return element.textContent;
  const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

// --- state ---------------------------------------------------------------------------------------------------------

let position = 0;
const known = nodes.map((node) => node.op === null); // whether each node's data is there
const latest = nodes.map(() => null); // the last step so far that added to each node's gradient
const before = steps.map(() => null); // of each backward step, the step that last added to the same gradient
const computedBy = nodes.map(() => null); // the forward step of each node
{
  const last = nodes.map(() => null);
  steps.forEach((step, s) => {
    step.receiver = numberOf.get(step.node);
    if (step.kind === "forward") {
      computedBy[step.receiver] = s;
    } else {
      before[s] = last[step.receiver];
      last[step.receiver] = s;
    }
  });
}

function go(target, gently = true) {
  target = Math.min(Math.max(target, 0), steps.length);
  const touched = new Set();
  while (position !== target) {
    const ahead = position < target;
    const s = ahead ? position : position - 1;
    const { kind, receiver } = steps[s];
    if (kind === "forward") known[receiver] = ahead;
    else latest[receiver] = ahead ? s : before[s];
    touched.add(receiver);
    position += ahead ? 1 : -1;
  }
  touched.forEach(paint);
  const active = mark();
  tell();
  describe();
  remember();
  const ahead = upcoming();
  follow($("graph"), [active, [active[0]]], ahead, gently); // last, for it asks the browser where things are
  follow($("table"), [[rows[(steps[position - 1] ?? steps[0]).receiver]]], [], gently);
}

// --- what changes in the picture and in the table --------------------------------------------------------------------

const boxes = nodes.map((node, k) => $(`node-n${k}`)); // null for a node whose numbers no box shows
const dataTexts = boxes.map((box) => (box ? [...box.querySelectorAll(".data")] : []));
const gradTexts = boxes.map((box) => (box ? [...box.querySelectorAll(".grad")] : []));
const rows = nodes.map(makeRow);
let marked = []; // elements that carry a class of the current step

function paint(k) {
  const data = known[k] ? nodes[k].lines : [UNKNOWN];
  const grad = latest[k] === null ? [UNKNOWN] : steps[latest[k]].lines;
  dataTexts[k].forEach((text, line) => setText(text, data[line] ?? ""));
  gradTexts[k].forEach((text, line) => setText(text, grad[line] ?? ""));
  if (boxes[k]) boxes[k].setAttribute("aria-label", spoken(k, data, grad));
  if (nodes[k].constant) return;
  setText(rows[k].children[2], inRow(data));
  setText(rows[k].children[3], nodes[k].requires_grad ? inRow(grad) : "");
}

const inRow = (lines) => (lines[0].startsWith("mean") ? lines[0] : lines.join(", ")); // of a large array only its mean

function spoken(k, data, grad) {
  const { title, op, requires_grad } = nodes[k];
  const say = (lines) => (lines[0] === UNKNOWN ? "not known yet" : lines.join(", "));
  const gradient = requires_grad ? `, gradient ${say(grad)}` : "";
  return `${title}, ${op ?? (requires_grad ? "input" : "constant")}, data ${say(data)}${gradient}`;
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
    else if (step.from !== null) put(edge(to, boxOf(step.from), step.position), "backward");
  }
  return [box(receiver), box(giver ?? receiver)];
}

function put(element, name) {
  if (!element) return;
  element.classList.add(name);
  marked.push([element, name]);
}

const boxOf = (id) => nodes[numberOf.get(id)].box;
const box = (key) => $(`node-${key}`);
const edge = (source, target, place) => $(`edge-${source}-${target}-${place}`) ?? $(`edge-${source}-${target}-0`);
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
  "Only the inputs are known. Each step forward computes one node; then each step backward adds one contribution to a gradient.";

function tell() {
  const step = steps[position - 1];
  const many = step ? happened().length : 0;
  const which = many > 1 ? `steps ${position - many + 1} to ${position}` : `step ${position}`;
  const where = step ? `${step.kind === "forward" ? "Forward" : "Backward"}, ${which} of ${steps.length}` : "Start";
  $("where").textContent = many > 1 ? `${where}; the last of them:` : where;
  $("formula").replaceChildren(...isolated(step ? step.formula || step.text : ""));
  $("sentence").replaceChildren(...isolated(step ? (step.formula ? step.text : "") : GIVEN));
  $("story").className = step ? step.kind : "";
  $("slider").value = position;
  $("slider").setAttribute("aria-valuetext", where);
  for (const id of ["start", "back"]) $(id).disabled = position === 0;
  for (const id of ["next", "end"]) $(id).disabled = position === steps.length;
}

// Names written from right to left must not reorder the formula around them.
function isolated(text) {
  return text.split(/([\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)/).map((part, k) => (k % 2 ? make("bdi", part) : part));
}

let pointed = null; // the node under the pointer or the focus; else the details are of the step's own node
let pinned = null; // the node that was clicked: the details stay with it

function describe() {
  const step = steps[position - 1];
  const k = pinned ?? pointed ?? (step ? step.receiver : numberOf.get(root));
  const node = nodes[k];
  const items = [];
  const item = (what, value) => items.push(make("dt", what), make("dd", value));
  if (node.name !== null && node.name !== node.title) item("name", node.name);
  if (node.op !== null) item("computed", known[k] ? steps[computedBy[k]].text : UNKNOWN);
  if (node.about) item("shape", node.about);
  item("data", known[k] ? full(node.data) : UNKNOWN);
  if (node.requires_grad) {
    item("gradient", latest[k] === null ? UNKNOWN : full(steps[latest[k]].grad));
    const parts = [];
    for (let s = latest[k]; s !== null; s = before[s]) parts.unshift(s);
    for (const s of parts) {
      const { from, contribution } = steps[s];
      item(`step ${s + 1}`, `${full(contribution)} ${from === null ? "to start with" : `from ${nodes[numberOf.get(from)].title}`}`);
    }
  }
  if (step && step.receiver === k && step.kind === "backward" && step.from !== null) {
    item("upstream", full(step.upstream));
    if (step.local !== null) item("local derivative", full(step.local));
    item("gradient before", full(step.grad_before));
  }
  const pin = k === pinned ? ", pinned" : "";
  $("details-title").replaceChildren(...isolated(node.title + (node.op ? ` (${node.op})` : "") + pin));
  $("details-list").replaceChildren(...items);
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
  if (element.firstChild) element.firstChild.data = text;
  else if (text) element.textContent = text;
}

function makeRow(node, k) {
  const row = document.createElement("tr");
  row.dataset.node = k;
  const head = make("th", "");
  head.scope = "row";
  head.append(make("bdi", node.title));
  row.append(head, make("td", node.op ?? (node.requires_grad ? "input" : "constant")), make("td", ""), make("td", ""));
  row.children[1].title = row.children[1].textContent;
  if (!node.constant) $("rows").append(row);
  return row;
}

function listSteps() {
  if ($("steps").children.length) return;
  steps.forEach((step, s) => {
    const link = document.createElement("a");
    link.href = `#step=${s + 1}`;
    link.append(...isolated(step.formula || step.text));
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

// --- who asks for steps ------------------------------------------------------------------------------------------------

let timer = null;

function play(on) {
  clearTimeout(timer);
  timer = null;
  $("play").textContent = on ? "Pause" : "Play";
  if (!on) return;
  if (position === steps.length) go(0);
  const tick = () => {
    ask.next();
    if (position === steps.length) play(false);
    else wait();
  };
  const wait = () => (timer = setTimeout(tick, position < firstBackward ? 1000 : 2000)); // ms to read a step
  wait();
}

const ask = {
  start: () => go(0),
  back: () => go(stops.findLast((stop) => stop < position) ?? 0),
  next: () => go(stops.find((stop) => stop > position) ?? steps.length),
  backward: () => go(firstBackward),
  end: () => go(steps.length),
};
const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "start", End: "end", f: "backward" };

for (const [id, act] of Object.entries(ask)) {
  $(id).addEventListener("click", () => {
    play(false);
    act();
  });
}
$("play").addEventListener("click", () => play(timer === null));
$("slider").addEventListener("input", () => {
  play(false);
  go(stops.findLast((stop) => stop <= Number($("slider").value)));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = event.target instanceof Element ? event.target.tagName : "";
  if (event.key === " ") {
    if (["BUTTON", "SUMMARY", "A"].includes(inside)) return; // there, space already has a meaning
    play(timer === null);
  } else if (event.key === "Enter" && nodeAt(event) !== null) {
    pin(nodeAt(event));
  } else if (event.key === "Escape") {
    pin(null);
  } else if (keys[event.key]) {
    play(false);
    ask[keys[event.key]]();
  } else return;
  event.preventDefault();
});

function nodeAt(event) {
  const element = event.target instanceof Element ? event.target.closest("[data-node]") : null;
  return element ? Number(element.dataset.node) : null;
}

// The details stay with node k, until it is clicked again, or another one is.
function pin(k) {
  for (const element of document.querySelectorAll(".pinned")) element.classList.remove("pinned");
  pinned = k === pinned ? null : k;
  if (pinned !== null) for (const element of [boxes[pinned], rows[pinned]]) element?.classList.add("pinned");
  describe();
}

function point(event) {
  const k = nodeAt(event);
  if (k === pointed) return;
  pointed = k;
  describe();
}
document.addEventListener("pointerover", point);
document.addEventListener("focusin", point);
document.addEventListener("click", (event) => {
  const k = nodeAt(event);
  if (k !== null) pin(k);
});
$("all").addEventListener("toggle", listSteps);
addEventListener("beforeprint", () => ($("all").open = true, listSteps()));

function remember() {
  try {
    history.replaceState(null, "", `#step=${position}`);
  } catch {
    // a frame in a notebook has no address of its own
  }
}

function openAddress() {
  const asked = /^#step=(\d+)$/.exec(location.hash);
  go(asked ? Number(asked[1]) : opens, false);
}
addEventListener("hashchange", () => {
  play(false);
  openAddress();
});

nodes.forEach((node, k) => paint(k));
for (const [id, count] of [["forward", firstBackward - 1], ["backward", steps.length - firstBackward + 1]]) {
  document.querySelector(`#passes .${id}`).style.flexGrow = count;
}
openAddress();
