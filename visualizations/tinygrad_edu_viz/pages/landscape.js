// The surface of a loss, drawn on a canvas without any library, and the trails of optimizers on it. It computes nothing
// but where things are: losses, bands and heights were made before. All that is seen follows from `yaw`, `pitch` and
// `moment`.

const $ = (id) => document.getElementById(id);
const { curve, axes, exact, sides, losses, levels, bands, edges, count, times, unit, trails } = JSON.parse($("landscape").textContent);
const canvas = $("surface");
const pen = canvas.getContext("2d");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const DARK_EDGE = "#101418";
const HEIGHT = 0.9; // of the highest level, where the sides of the map are 2
const ASLANT = { yaw: -0.5, pitch: 0.75 }; // radians
const TOP = Math.PI / 2;

// --- state ---------------------------------------------------------------------------------------------------------

let yaw = ASLANT.yaw, pitch = ASLANT.pitch;
let moment = times.length - 1;
let chosen = null; // a trail whose button has the focus
let timer = null;
let wide = 1, high = 1; // of the canvas, in CSS pixels

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const numberOf = (value) => String(Number(value.toPrecision(3)));
const when = () => (moment === 0 ? "the start" : `${unit} ${Number(times[moment].toPrecision(4))}`);

// The last point of a trail that was reached by now.
function reached(trail) {
  const k = trail.times.findLastIndex((time) => time <= times[moment]);
  return Math.max(k, 0);
}

// --- the map: u and v from -1 to 1, h from 0 to HEIGHT ------------------------------------------------------------------

const nx = sides[0].length, ny = curve ? 1 : sides[1].length;
const unitOf = (side, value) => (2 * (value - side[0])) / (side.at(-1) - side[0]) - 1;
const heightOf = (level) => (HEIGHT * level) / count;
const drawnAs = trails.map((trail) => trail.places.map((place, k) => ({
  u: unitOf(sides[0], place[0]),
  v: curve ? 0 : unitOf(sides[1], place[1]),
  h: heightOf(trail.belows[k]),
})));

// How high the surface is at a place: between its four corners, as the eye sees it.
function surfaceAt(u, v) {
  const x = clamp(((u + 1) / 2) * (nx - 1), 0, nx - 1), y = clamp(((v + 1) / 2) * (ny - 1), 0, ny - 1);
  const i = Math.min(Math.floor(x), nx - 2), j = Math.min(Math.floor(y), ny - 2);
  const a = x - i, b = y - j;
  const low = levels[j][i] * (1 - a) + levels[j][i + 1] * a;
  const up = levels[j + 1][i] * (1 - a) + levels[j + 1][i + 1] * a;
  return heightOf(low * (1 - b) + up * b);
}

// Each cell of the map in pieces of one band each: two triangles, cut at the limits of the bands.
const cells = curve ? [] : Array.from({ length: ny - 1 }, (_, j) => Array.from({ length: nx - 1 }, (_, i) => piecesOf(i, j)));

function piecesOf(i, j) {
  const corner = (di, dj) => ({ u: (2 * (i + di)) / (nx - 1) - 1, v: (2 * (j + dj)) / (ny - 1) - 1, level: levels[j + dj][i + di] });
  const [a, b, c, d] = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
  const light = shade(b.level - a.level + c.level - d.level, d.level - a.level + c.level - b.level);
  const missing = [losses[j][i], losses[j][i + 1], losses[j + 1][i], losses[j + 1][i + 1]].includes(null);
  return [[a, b, c], [a, c, d]].flatMap((triangle) => bandsOf(triangle).map(({ band, points }) => ({
    points,
    colour: missing ? "#777777" : lit(bands[band], light),
  })));
}

function bandsOf(triangle) {
  const found = [];
  const own = triangle.map((point) => point.level);
  const first = clamp(Math.floor(Math.min(...own)), 0, count - 1), last = clamp(Math.ceil(Math.max(...own)) - 1, first, count - 1);
  for (let band = first; band <= last; band++) {
    let points = triangle;
    if (band > first) points = cutAt(points, band, 1);
    if (band < last) points = cutAt(points, band + 1, -1);
    if (points.length > 2) found.push({ band, points });
  }
  return found;
}

// The part of a polygon above a level, or below it.
function cutAt(points, level, sign) {
  const kept = [];
  points.forEach((p, k) => {
    const q = points[(k + 1) % points.length];
    const inside = sign * (p.level - level) >= 0, next = sign * (q.level - level) >= 0;
    if (inside) kept.push(p);
    if (inside !== next) {
      const t = (level - p.level) / (q.level - p.level);
      kept.push({ u: p.u + t * (q.u - p.u), v: p.v + t * (q.v - p.v), level });
    }
  });
  return kept;
}

// A little light from one side, which shows the form within a band.
function shade(alongU, alongV) {
  const du = (heightOf(alongU) / 4) * (nx - 1), dv = (heightOf(alongV) / 4) * (ny - 1);
  return (0.45 * du - 0.35 * dv + 1) / Math.hypot(du, dv, 1) / Math.hypot(0.45, 0.35, 1);
}

function lit(colour, light) {
  const strength = clamp(0.72 + 0.34 * light, 0.55, 1.06);
  const parts = [1, 3, 5].map((k) => clamp(Math.round(parseInt(colour.slice(k, k + 2), 16) * strength), 0, 255));
  return `rgb(${parts})`;
}

// --- from the map to the screen -------------------------------------------------------------------------------------

let view = {};

function look() {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const reach = Math.SQRT2 * 0.5 + 0.5; // of the map's corners while it turns, on average
  const across = Math.abs(cy) + Math.abs(sy), up = (Math.abs(cy) + Math.abs(sy)) * sp + HEIGHT * cp;
  const scale = Math.min((wide - 60) / (2 * across), (high - 70) / (2 * Math.max(up - (HEIGHT * cp) / 2, reach * 0.4)));
  view = { cy, sy, cp, sp, scale, x: wide / 2, y: high / 2 };
}

function place({ u, v, h }) {
  const { cy, sy, cp, sp, scale, x, y } = view;
  const across = u * cy - v * sy, away = u * sy + v * cy;
  return [x + scale * across, y - scale * (away * sp + (h - HEIGHT / 2) * cp)];
}

// Whether nothing of the surface is between a point of it and the eye.
function isSeen({ u, v, h }) {
  const { cy, sy, cp, sp } = view;
  const step = 0.04, toU = -sy * cp * step, toV = -cy * cp * step, toH = sp * step;
  h += 0.02;
  for (let k = 0; k < 80; k++) {
    u += toU; v += toV; h += toH;
    if (Math.abs(u) > 1 || Math.abs(v) > 1 || h > HEIGHT) return true;
    if (surfaceAt(u, v) > h) return false;
  }
  return true;
}

// --- drawing --------------------------------------------------------------------------------------------------------

let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = Object.fromEntries(["ink", "faint", "paper", "rule", "go"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

let asked = 0;
const redraw = () => { asked ||= requestAnimationFrame(draw); };

function draw() {
  asked = 0;
  const ratio = window.devicePixelRatio || 1;
  wide = canvas.clientWidth;
  high = canvas.clientHeight;
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, wide, high);
  pen.lineJoin = pen.lineCap = "round";
  if (curve) drawCurve();
  else drawSurface();
}

function drawSurface() {
  look();
  drawFloor();
  const columns = [...Array(nx - 1).keys()], rows = [...Array(ny - 1).keys()];
  if (view.sy > 0) columns.reverse(); // what is far away comes first
  if (view.cy > 0) rows.reverse();
  for (const j of rows) for (const i of columns) for (const piece of cells[j][i]) {
    const points = piece.points.map(({ u, v, level }) => place({ u, v, h: heightOf(level) }));
    pen.beginPath();
    points.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = piece.colour;
    pen.lineWidth = 1.2; // no seams
    pen.fill();
    pen.stroke();
  }
  nameDirections();
  trails.forEach((trail, t) => drawTrail(trail, t));
  spots();
}

// The edges of the map on the ground, with the names of its directions.
function drawFloor() {
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => place({ u, v, h: 0 }));
  pen.strokeStyle = colours.rule;
  pen.lineWidth = 1;
  pen.beginPath();
  corners.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.stroke();
}

function nameDirections() {
  const front = view.cy > 0 ? -1.06 : 1.06, side = (view.sy < 0 ? 1.06 : -1.06) * (view.cy > 0 ? 1 : -1);
  label(axes[0], place({ u: 0, v: front, h: 0 }));
  label(axes[1], place({ u: side, v: 0, h: 0 }));
}

function label(text, [x, y]) {
  pen.font = "13px system-ui, sans-serif";
  pen.fillStyle = colours.faint;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const half = pen.measureText(text).width / 2 + 4;
  const outwards = clamp((x - wide / 2) / (wide / 8), -1, 1); // beside the map, and not on it
  const at = [clamp(x + outwards * half, half, wide - half), clamp(y + 8, 10, high - 10)];
  pen.strokeStyle = colours.paper;
  pen.lineWidth = 4;
  pen.strokeText(text, ...at);
  pen.fillText(text, ...at);
}

// The points of a trail up to now, with others between them so that the line follows the surface.
function path(t) {
  const points = drawnAs[t].slice(0, reached(trails[t]) + 1);
  const found = points.slice(0, 1).map(onSurface);
  const length = points.slice(1).reduce((sum, q, k) => sum + Math.hypot(q.u - points[k].u, q.v - points[k].v), 0);
  const piece = Math.max(0.03, length / 1500);
  for (let k = 1; k < points.length; k++) {
    const [p, q] = [points[k - 1], points[k]];
    const pieces = Math.max(Math.ceil(Math.hypot(q.u - p.u, q.v - p.v) / piece), 1);
    for (let n = 1; n < pieces; n++) {
      const u = p.u + ((q.u - p.u) * n) / pieces, v = p.v + ((q.v - p.v) * n) / pieces;
      found.push({ u, v, h: surfaceAt(u, v) });
    }
    found.push({ ...q, h: surfaceAt(q.u, q.v) });
  }
  return found;
}

function drawTrail(trail, t) {
  const points = path(t).map((point) => ({ at: place(point), seen: isSeen(point) }));
  const strong = chosen === null || chosen === t;
  for (const [width, colour] of trail.crowded ? [[2.6, DARK_EDGE], [1.3, trail.colour]] : [[5, DARK_EDGE], [2.4, trail.colour]]) {
    for (const seen of [false, true]) {
      pen.lineWidth = seen ? width : width / 2;
      pen.strokeStyle = colour;
      pen.globalAlpha = (seen ? 1 : 0.45) * (strong ? 1 : 0.35);
      pen.setLineDash(seen ? [] : [2, 5]);
      pen.beginPath();
      for (let k = 1; k < points.length; k++) {
        if (points[k].seen !== seen) continue;
        pen.moveTo(...points[k - 1].at);
        pen.lineTo(...points[k].at);
      }
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

// The start, and where each trail is now. A pin shows how far its own loss is from that of the map below it.
function spots() {
  if (trails.length) spot(place(onSurface(drawnAs[0][0])), "S", "#ffffff");
  trails.forEach((trail, t) => {
    const k = reached(trail), foot = place(onSurface(drawnAs[t][k]));
    const head = place({ ...drawnAs[t][k], h: heightOf(trail.levels[k]) });
    if (Math.abs(head[1] - foot[1]) > 4) {
      pen.strokeStyle = colours.ink;
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.moveTo(...foot);
      pen.lineTo(...head);
      pen.stroke();
      pen.beginPath();
      pen.arc(...head, 4, 0, 7);
      pen.fillStyle = trail.colour;
      pen.fill();
      pen.stroke();
    }
    if (moment > 0) spot(foot, trail.letter, trail.colour, chosen === t);
  });
}

const onSurface = ({ u, v, h }) => (curve ? { u, v, h } : { u, v, h: surfaceAt(u, v) });

function spot([x, y], letter, colour, large = false) {
  pen.beginPath();
  pen.arc(x, y, large ? 13 : 10, 0, 7);
  pen.fillStyle = colour;
  pen.strokeStyle = DARK_EDGE;
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  pen.fillStyle = DARK_EDGE;
  pen.font = "700 12px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter, x, y + 0.5);
}

// --- a curve, where one number is learned ---------------------------------------------------------------------------

const LEFT = 64, BELOW = 40, ABOVE = 16;
const onCurve = ({ u, h }) => [LEFT + ((u + 1) / 2) * (wide - LEFT - 20), high - BELOW - (h / HEIGHT) * (high - BELOW - ABOVE - 8)];

function drawCurve() {
  pen.strokeStyle = colours.rule;
  pen.fillStyle = colours.faint;
  pen.font = "13px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  for (let k = 0; k <= count; k += 3) {
    const [, y] = onCurve({ u: 0, h: heightOf(k) });
    pen.beginPath();
    pen.moveTo(LEFT, y);
    pen.lineTo(wide - 20, y);
    pen.stroke();
    pen.textAlign = "right";
    pen.fillText(edges[k], LEFT - 8, y);
  }
  pen.textAlign = "center";
  for (let k = 0; k < 5; k++) {
    const value = sides[0][0] + ((sides[0].at(-1) - sides[0][0]) * k) / 4;
    pen.fillText(numberOf(value), onCurve({ u: k / 2 - 1, h: 0 })[0], high - BELOW + 14);
  }
  label(axes[0], [wide / 2, high - 8]);
  pen.strokeStyle = colours.go;
  pen.lineWidth = 3;
  pen.beginPath();
  let open = false;
  sides[0].forEach((x, k) => {
    if (losses[0][k] === null) { open = false; return; }
    const at = onCurve({ u: unitOf(sides[0], x), h: heightOf(levels[0][k]) });
    if (open) pen.lineTo(...at);
    else pen.moveTo(...at);
    open = true;
  });
  pen.stroke();
  trails.forEach((trail, t) => {
    const points = drawnAs[t].slice(0, reached(trail) + 1).map(onCurve);
    for (const [width, colour] of [[4.4, DARK_EDGE], [2, trail.colour]]) {
      pen.lineWidth = width;
      pen.strokeStyle = colour;
      pen.globalAlpha = chosen === null || chosen === t ? 1 : 0.35;
      pen.beginPath();
      points.forEach((at, k) => (k ? pen.lineTo(...at) : pen.moveTo(...at)));
      pen.stroke();
    }
    for (const [x, y] of points) {
      pen.beginPath();
      pen.arc(x, y, 4, 0, 7);
      pen.fillStyle = trail.colour;
      pen.strokeStyle = DARK_EDGE;
      pen.lineWidth = 1.5;
      pen.fill();
      pen.stroke();
    }
    pen.globalAlpha = 1;
  });
  spot(onCurve(drawnAs[0][0]), "S", "#ffffff");
  trails.forEach((trail, t) => { if (moment > 0) spot(onCurve(drawnAs[t][reached(trail)]), trail.letter, trail.colour, chosen === t); });
}

// --- words ----------------------------------------------------------------------------------------------------------

const rows = [...$("runs").children];

function tell() {
  $("slider").value = moment;
  $("slider").setAttribute("aria-valuetext", when());
  $("when").textContent = when();
  trails.forEach((trail, t) => {
    const k = reached(trail);
    rows[t].children[1].textContent = trail.losses[k];
    if (!exact) rows[t].children[2].textContent = trail.below[k];
  });
  const shown = chosen === null ? trails : [trails[chosen]];
  $("story").textContent = `${when()[0].toUpperCase()}${when().slice(1)}. ${shown.map(sentence).join(" ")}`;
}

function sentence(trail) {
  const k = reached(trail);
  const beside = trail.losses[k] === trail.below[k] ? "" : `, ${trail.below[k]} on the map`;
  const over = k === trail.times.length - 1 && trail.times.at(-1) < times[moment] ? " at its end" : "";
  return `${trail.name}${over}: loss ${trail.losses[k]}${beside}.`;
}

function tellView() {
  if (curve) return;
  const turned = Math.round((((yaw * 180) / Math.PI) % 360 + 360) % 360);
  $("view").textContent = `Seen from ${Math.round((pitch * 180) / Math.PI)}° above the plane, turned by ${turned}°.`;
}

// What is at a place of the canvas: a point of a trail, or the surface.
function at(x, y) {
  let best = { distance: 14 };
  trails.forEach((trail, t) => {
    drawnAs[t].slice(0, reached(trail) + 1).forEach((point, k) => {
      const [px, py] = curve ? onCurve(point) : place(onSurface(point));
      const distance = Math.hypot(px - x, py - y);
      if (distance <= best.distance) best = { distance, text: pointText(trail, k) };
    });
  });
  return best.text ?? (curve ? curveText(x) : surfaceText(x, y));
}

function pointText(trail, k) {
  const beside = trail.losses[k] === trail.below[k] ? "" : `; the map below it ${trail.below[k]}`;
  return `${trail.letter} ${trail.name}, ${trail.moments[k]}\nloss ${trail.losses[k]}${beside}`;
}

function curveText(x) {
  const share = (x - LEFT) / (wide - LEFT - 20);
  if (share < 0 || share > 1) return "";
  const k = Math.round(share * (nx - 1));
  return `${axes[0]} = ${numberOf(sides[0][k])}\nloss ${lossText(losses[0][k])}`;
}

const lossText = (loss) => (loss === null ? "is not a number" : numberOf(loss));

// The nearest corner of the cell that is seen there: from the eye on, the first whose outline is around the place.
function surfaceText(x, y) {
  const columns = [...Array(nx - 1).keys()], lines = [...Array(ny - 1).keys()];
  if (view.sy < 0) columns.reverse();
  if (view.cy < 0) lines.reverse();
  for (const j of lines) for (const i of columns) {
    const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
    const points = corners.map(([a, b]) => place({ u: (2 * a) / (nx - 1) - 1, v: (2 * b) / (ny - 1) - 1, h: heightOf(levels[b][a]) }));
    if (!around(points, x, y)) continue;
    const distances = points.map(([px, py]) => Math.hypot(px - x, py - y));
    const [a, b] = corners[distances.indexOf(Math.min(...distances))];
    return `${numberOf(sides[0][a])}, ${numberOf(sides[1][b])}\nloss ${lossText(losses[b][a])}`;
  }
  return "";
}

function around(points, x, y) {
  let inside = false;
  points.forEach(([ax, ay], k) => {
    const [bx, by] = points[(k + 1) % points.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

function tip(x, y) {
  const text = at(x, y);
  const box = $("tip");
  box.hidden = !text;
  box.textContent = text;
  if (!text) return;
  const left = x + 16 + box.offsetWidth > wide ? x - 16 - box.offsetWidth : x + 16;
  box.style.transform = `translate(${Math.max(left, 0)}px, ${clamp(y - box.offsetHeight - 10, 0, high - box.offsetHeight)}px)`;
}

// --- what people do -------------------------------------------------------------------------------------------------

function turn(byYaw, byPitch) {
  yaw += byYaw;
  pitch = clamp(pitch + byPitch, 0.15, TOP);
  $("tip").hidden = true;
  tellView();
  redraw();
}

// Goes to a view; at once, where somebody does not want things to move.
function glide(target) {
  const from = { yaw, pitch };
  const back = Math.round((from.yaw - target.yaw) / (2 * Math.PI)) * 2 * Math.PI; // not all the way round
  const goal = { yaw: target.yaw + back, pitch: target.pitch };
  const frames = still.matches ? 1 : 18;
  let frame = 0;
  const step = () => {
    frame++;
    const share = frame / frames, eased = share * share * (3 - 2 * share);
    yaw = from.yaw + (goal.yaw - from.yaw) * eased;
    pitch = from.pitch + (goal.pitch - from.pitch) * eased;
    redraw();
    if (frame < frames) requestAnimationFrame(step);
    else tellView();
  };
  step();
}

function go(target) {
  moment = clamp(target, 0, times.length - 1);
  tell();
  redraw();
}

function play() {
  if (timer !== null) return stop();
  if (moment === times.length - 1) go(0);
  $("play").textContent = "Pause";
  const pace = still.matches ? { wait: 800, jump: Math.max(Math.ceil(times.length / 12), 1) } : { wait: 60, jump: Math.max(Math.ceil(times.length / 120), 1) };
  timer = setInterval(() => {
    go(moment + pace.jump);
    if (moment === times.length - 1) stop();
  }, pace.wait);
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "Play";
}

const TURN = Math.PI / 24;
const actions = {
  ArrowLeft: () => turn(TURN, 0),
  ArrowRight: () => turn(-TURN, 0),
  ArrowUp: () => turn(0, TURN),
  ArrowDown: () => turn(0, -TURN),
  Home: () => glide(ASLANT),
  t: () => glide({ yaw: 0, pitch: TOP }),
};
const inTime = { ",": () => go(moment - 1), ".": () => go(moment + 1), " ": play };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const onMap = event.target === canvas;
  if (event.target.matches("button, input") && event.key === " ") return;
  const action = inTime[event.key] ?? (onMap || event.target === document.body ? (curve ? undefined : actions[event.key]) : undefined);
  if (!action) return;
  event.preventDefault();
  action();
});

let held = null;
canvas.addEventListener("pointerdown", (event) => {
  if (curve || event.button !== 0) return;
  held = { x: event.clientX, y: event.clientY };
  canvas.setPointerCapture(event.pointerId);
  canvas.classList.add("turning");
});
canvas.addEventListener("pointermove", (event) => {
  if (held) {
    turn((event.clientX - held.x) * -0.008, (event.clientY - held.y) * 0.006);
    held = { x: event.clientX, y: event.clientY };
  } else {
    tip(event.offsetX, event.offsetY);
  }
});
for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { held = null; canvas.classList.remove("turning"); });
canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; });

$("left").addEventListener("click", () => turn(4 * TURN, 0));
$("right").addEventListener("click", () => turn(-4 * TURN, 0));
$("above").addEventListener("click", actions.t);
$("aslant").addEventListener("click", actions.Home);
$("play").addEventListener("click", play);
$("slider").addEventListener("input", () => { stop(); go(Number($("slider").value)); });
rows.forEach((row, t) => {
  const button = row.querySelector("button");
  row.querySelector("i").style.background = trails[t].colour;
  const choose = (which) => {
    chosen = which;
    rows.forEach((each, k) => each.classList.toggle("chosen", k === chosen));
    tell();
    redraw();
  };
  button.addEventListener("focus", () => choose(t));
  button.addEventListener("pointerenter", () => choose(t));
  for (const kind of ["blur", "pointerleave"]) button.addEventListener(kind, () => choose(null));
});

// --- the beginning --------------------------------------------------------------------------------------------------

if (curve) {
  $("views").hidden = $("bands").hidden = true;
  canvas.classList.add("flat");
}
bands.forEach((colour, k) => {
  const line = document.createElement("div");
  const sample = document.createElement("i"), text = document.createElement("span");
  sample.style.background = colour;
  text.textContent = `≥ ${edges[k]}`;
  line.append(sample, text);
  $("bands").append(line);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
new ResizeObserver(redraw).observe(canvas);
readColours();
tell();
tellView();
redraw();
