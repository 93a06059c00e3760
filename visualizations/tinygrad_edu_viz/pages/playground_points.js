// Points that are drawn: with a pointer, or with a cross that keys move.

const DRAWN = "drawn", SIDE = 1.12, MOST_POINTS = 500;
const CLASSES = ["class 1", "class 2", "class 3", "class 4"];
let points = [], undone = [], tool = 0, cross = [0, 0]; // points are [x1, x2, class], to two decimals

function drawnSet() {
  const used = points.reduce((most, [, , k]) => Math.max(most, k + 1), 2);
  return { ...setOf(points, ["x1", "x2"], CLASSES.slice(0, used)), isDrawn: true };
}
const isDrawing = () => run.s.data === DRAWN && tool !== "walk";
const inText = () => points.map(([x1, x2, k]) => `${Math.round(100 * x1)}_${Math.round(100 * x2)}_${k}`).join("*");

function fromText(text) { // points of an address, or null
  const found = text.split("*").slice(0, MOST_POINTS + 1).map((each) => each.split("_").map((part) => (/^-?\d{1,3}$/.test(part) ? Number(part) : NaN)));
  const isPoint = (p) => p.length === 3 && Math.abs(p[0]) <= 100 * SIDE && Math.abs(p[1]) <= 100 * SIDE && p[2] >= 0 && p[2] < CLASSES.length;
  return found.length <= MOST_POINTS && found.every(isPoint) ? found.map(([x1, x2, k]) => [x1 / 100, x2 / 100, k]) : null;
}
function redraw(changed) {
  undone.push(points);
  points = changed;
  showPoints();
}
function showPoints() { // a new run on the points that there are
  sets[DRAWN] = drawnSet();
  begin(settled({}, run.s, sets).settings);
  preview($("sets").querySelector(`[value=${DRAWN}]`).nextSibling, DRAWN);
  report(ngettext("{n} point is drawn.", "{n} points are drawn.", points.length));
}
function act([x1, x2]) { // what the chosen tool does at a place
  const at = [x1, x2].map((v) => Math.round(100 * Math.min(SIDE, Math.max(-SIDE, v))) / 100);
  if (tool === "erase") return erase(at);
  if (points.length >= MOST_POINTS) return report(_("{count} points are the most that can be drawn.", { count: MOST_POINTS }));
  redraw([...points, [...at, tool]]);
}
function erase([x1, x2]) {
  const far = ([a, b]) => (a - x1) ** 2 + (b - x2) ** 2;
  const nearest = points.reduce((best, each) => (best === null || far(each) < far(best) ? each : best), null);
  if (nearest && far(nearest) < 0.01) redraw(points.filter((each) => each !== nearest));
  else report(_("No point is near that place."));
}
function moveCross(dx, dy) {
  cross = cross.map((v, k) => Math.min(1.1, Math.max(-1.1, Math.round(100 * (v + [dx, dy][k])) / 100)));
  report(_("The cross is at x1 = {x1}, x2 = {x2}.", { x1: cross[0], x2: cross[1] }));
  draw();
}
function undo() {
  if (!undone.length) return;
  points = undone.pop();
  showPoints();
}
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function drawByKey(event) { // on the picture; whether the key was one of ours
  const step = event.shiftKey ? 0.02 : 0.1;
  if (event.key in ARROWS) moveCross(...ARROWS[event.key].map((d) => d * step));
  else if (event.key === "Enter" || event.key === " ") act(cross);
  else if (event.key === "Delete") erase(cross);
  else if (event.key === "Backspace") undo();
  else if (/^[1-4]$/.test(event.key)) choose(Number(event.key) - 1);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}
function choose(chosen) {
  tool = chosen;
  for (const input of $("tools").querySelectorAll("input")) input.checked = input.value === String(tool);
  draw();
}
function drawCross(context, pictures, size) {
  const [x, y] = pictures.at(...cross, size), arm = size / 30;
  context.strokeStyle = ink("--ink");
  context.lineWidth = size / 150;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [0, 1]]) {
    context.moveTo(x - arm * dx, y - arm * dy);
    context.lineTo(x + arm * dx, y + arm * dy);
  }
  context.stroke();
}
const csvOfPoints = () => `x1,x2,class\n${points.map(([x1, x2, k]) => `${x1},${x2},${CLASSES[k]}\n`).join("")}`;

function drawingTools() {
  for (const [value, text, label] of [...CLASSES.map((name, k) => [k, MARKS[k], _("draw {name}", { name })]), ["erase", _("erase"), _("erase points")], ["walk", _("walk"), _("walk through a point")]]) {
    const input = make("input", { type: "radio", name: "tool", value, checked: value === 0, ariaLabel: label, onchange: () => choose(value) });
    $("tools").append(make("label", { className: value in CLASSES ? `ink-${value}` : "" }, input, ` ${text}`));
  }
  $("undo").onclick = undo;
  $("clear").onclick = () => redraw([]);
  $("download").onclick = () => {
    const link = make("a", { download: "points.csv", href: URL.createObjectURL(new Blob([csvOfPoints()], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
}
