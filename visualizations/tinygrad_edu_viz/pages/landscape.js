// Continues landscape_drawing.js: what is said, and what people do.

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
  const beside = trail.losses[k] === trail.below[k] ? "" : _(", {loss} on the map", { loss: trail.below[k] });
  const over = k === trail.times.length - 1 && trail.times.at(-1) < times[moment] ? _(" at its end") : "";
  return _("{name}: loss {loss}{beside}.", { name: trail.name + over, loss: trail.losses[k], beside });
}

function tellView() {
  if (curve) return;
  const turned = Math.round((((yaw * 180) / Math.PI) % 360 + 360) % 360);
  $("view").textContent = _("Seen from {n}° above the plane, turned by {turned}°.", { n: Math.round((pitch * 180) / Math.PI), turned });
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
  const beside = trail.losses[k] === trail.below[k] ? "" : _("; the map below it {loss}", { loss: trail.below[k] });
  return `${trail.letter} ${trail.name}, ${trail.moments[k]}\n${_("loss {loss}", { loss: trail.losses[k] })}${beside}`;
}

function curveText(x) {
  const share = (x - LEFT) / (wide - LEFT - 20);
  if (share < 0 || share > 1) return "";
  const k = Math.round(share * (nx - 1));
  return `${axes[0]} = ${numberOf(sides[0][k])}\n${_("loss {loss}", { loss: lossText(losses[0][k]) })}`;
}

const lossText = (loss) => (loss === null ? _("is not a number") : numberOf(loss));

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
    return `${numberOf(sides[0][a])}, ${numberOf(sides[1][b])}\n${_("loss {loss}", { loss: lossText(losses[b][a]) })}`;
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
  $("play").textContent = _("Pause");
  const pace = still.matches ? { wait: 800, jump: Math.max(Math.ceil(times.length / 12), 1) } : { wait: 60, jump: Math.max(Math.ceil(times.length / 120), 1) };
  timer = setInterval(() => {
    go(moment + pace.jump);
    if (moment === times.length - 1) stop();
  }, pace.wait);
}

function stop() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = _("Play");
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
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => { readColours(); draw(); });
}
new ResizeObserver(redraw).observe(canvas);
readColours();
tell();
tellView();
redraw();
