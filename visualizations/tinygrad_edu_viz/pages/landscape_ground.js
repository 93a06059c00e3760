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
const when = () => (moment === 0 ? _("the start") : `${unit} ${Number(times[moment].toPrecision(4))}`);

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
