// Continues landscape_ground.js: what is drawn on the canvas.

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
