// What the models answered after each of some epochs. Nothing is computed but colours: all numbers stand in the page.

const $ = (id) => document.getElementById(id);
const { runs } = JSON.parse($("data").textContent);
const slider = $("slider");
const last = Math.max(...runs.map((run) => run.frames.length)) - 1;
const SIGNS = ["o", "x", "□", "△", "◇", "▽", "+", "*"]; // no class is told by its colour alone
const BANDS = 8;

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function element(name, parent, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return parent.appendChild(made);
}

// The colours of the page as it looks now, each as red, green and blue.
function look() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const rgb = (name) => [1, 3, 5].map((k) => parseInt(colour(name).slice(k, k + 2), 16));
  const classes = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => rgb(`c${k}`));
  return { classes, paper: rgb("paper"), ink: colour("ink"), train: colour("train"), validation: colour("validation") };
}

// --- one run -------------------------------------------------------------------------------------------------------

function view(run, number) {
  const figure = $(`run-${number}`);
  if (!figure || !run.frames.length) return () => {};
  const parts = { boundary: plane, curve: plane, truth: plane, confusion: matrix };
  const draw = parts[run.kind](run, figure);
  if (run.mistakes?.length) mistakes(run, figure);
  return (frame) => {
    if (runs.length > 1) figure.querySelector("figcaption").textContent = frame.brief;
    draw(frame);
  };
}

function plane(run, figure) {
  const [across, up] = run.axes;
  const [left, right, low, high] = run.box;
  element("div", figure, _("{name} from {low} (below) to {high}", { name: up, low, high }), "edges");
  const canvas = element("canvas", figure, "", "plane");
  canvas.width = canvas.height = 480;
  canvas.setAttribute("role", "img");
  const edges = element("div", figure, "", "edges");
  for (const word of [left, across, right]) element("span", edges, word);
  key(run, figure);
  const pen = canvas.getContext("2d");
  const paint = { boundary: regions, curve: fitted, truth: scattered }[run.kind];
  return (frame) => {
    canvas.setAttribute("aria-label", frame.said);
    pen.clearRect(0, 0, 480, 480);
    paint(pen, run, frame, look());
  };
}

function key(run, figure) {
  const line = element("p", figure, "", "key");
  const entry = (sign, word) => {
    const item = element("span", line);
    element("i", item, sign);
    item.append(` ${word}`);
  };
  if (run.kind === "boundary") {
    run.names.slice(0, 8).forEach((name, k) => entry(SIGNS[k], name));
    entry("◯", _("wrong"));
    entry("●", _("large: held out"));
  } else if (run.kind === "curve") {
    entry("○", _("training"));
    entry("■", _("held out"));
    entry("━", _("network"));
  } else entry("╱", _("on the line it is right"));
}

// Each dot has the class of the largest share, in bands of sureness, and is dark where two classes meet.
function regions(pen, run, frame, colours) {
  const side = 480;
  if (frame.map === null) return say(pen, _("the network answers no number"), colours);
  const levels = bytes(frame.map);
  const n = run.n;
  const classes = levels.length / (n * n) + 1;
  const labels = new Uint8Array(side * side);
  const image = new ImageData(side, side);
  const shares = new Float32Array(classes);
  for (let row = 0; row < side; row += 1) {
    const v = Math.min(Math.max(((row + 0.5) / side) * n - 0.5, 0), n - 1);
    const above = Math.min(Math.floor(v), n - 2);
    for (let column = 0; column < side; column += 1) {
      const u = Math.min(Math.max(((column + 0.5) / side) * n - 0.5, 0), n - 1);
      const before = Math.min(Math.floor(u), n - 2);
      const [right, down] = [u - before, v - above];
      shares[0] = 255;
      for (let k = 1; k < classes; k += 1) {
        const at = (k - 1) * n * n + above * n + before;
        const upper = levels[at] * (1 - right) + levels[at + 1] * right;
        const lower = levels[at + n] * (1 - right) + levels[at + n + 1] * right;
        shares[k] = upper * (1 - down) + lower * down;
        shares[0] -= shares[k];
      }
      let best = 0;
      for (let k = 1; k < classes; k += 1) if (shares[k] > shares[best]) best = k;
      const place = row * side + column;
      labels[place] = best;
      const sure = (shares[best] / 255 - 1 / classes) / (1 - 1 / classes);
      const band = Math.min(Math.floor(Math.max(sure, 0) * BANDS), BANDS - 1) / (BANDS - 1);
      const opacity = 0.12 + 0.3 * band;
      for (let part = 0; part < 3; part += 1) {
        const full = colours.classes[best % 8][part];
        image.data[4 * place + part] = colours.paper[part] * (1 - opacity) + full * opacity;
      }
      image.data[4 * place + 3] = 255;
    }
  }
  const ink = [1, 3, 5].map((k) => parseInt(colours.ink.slice(k, k + 2), 16));
  for (let place = side; place < labels.length; place += 1) {
    if (labels[place] !== labels[place - 1] || labels[place] !== labels[place - side]) {
      if (place % side) image.data.set(ink, 4 * place);
    }
  }
  pen.putImageData(image, 0, 0);
  const wrong = new Set(frame.wrong);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  run.points.forEach(([x, y, label, held], k) => {
    pen.font = `600 ${held ? 17 : 12}px monospace`;
    pen.fillStyle = colours.ink;
    pen.fillText(SIGNS[label % 8], 480 * x, 480 * y);
    if (wrong.has(k)) ring(pen, 480 * x, 480 * y, colours.ink);
  });
}

function ring(pen, x, y, ink) {
  pen.beginPath();
  pen.arc(x, y, 10, 0, 7);
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  pen.stroke();
}

function fitted(pen, run, frame, colours) {
  for (const [x, y, , held] of run.points) {
    pen.beginPath();
    if (held) {
      pen.fillStyle = colours.validation;
      pen.fillRect(480 * x - 4, 480 * y - 4, 8, 8);
    } else {
      pen.arc(480 * x, 480 * y, 4, 0, 7);
      pen.strokeStyle = colours.train;
      pen.lineWidth = 1.5;
      pen.stroke();
    }
  }
  if (frame.y.some((y) => y === null)) return say(pen, _("the network answers no number"), colours);
  pen.beginPath();
  frame.y.forEach((y, k) => pen.lineTo((480 * k) / (frame.y.length - 1), 480 * y));
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 3;
  pen.stroke();
}

function scattered(pen, run, frame, colours) {
  pen.beginPath();
  pen.moveTo(0, 480);
  pen.lineTo(480, 0);
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1.5;
  pen.stroke();
  if (frame.y.some((y) => y === null)) return say(pen, _("the network answers no number"), colours);
  pen.fillStyle = colours.validation;
  run.truth.forEach((truth, k) => {
    const y = Math.min(Math.max(480 * frame.y[k], 0), 480);
    pen.globalAlpha = 0.75;
    pen.fillRect(480 * truth - 4, y - 4, 8, 8);
    pen.globalAlpha = 1;
  });
}

function say(pen, text, colours) {
  pen.font = "18px sans-serif";
  pen.textAlign = "center";
  pen.fillStyle = colours.ink;
  pen.fillText(text, 240, 240);
}

function matrix(run, figure) {
  const about = _("rows: what it is; columns: what was said (held-out examples)");
  element("p", figure, about, "quiet"); // a caption would be no wider than the table, which may be narrow
  const table = element("table", element("div", figure, "", "scroll"), "", "counts");
  table.setAttribute("aria-label", about);
  const head = element("tr", element("thead", table));
  element("td", head);
  for (const name of run.names) element("th", head, name, run.names.some((each) => each.length > 4) ? "long" : "").scope = "col";
  const body = element("tbody", table);
  const cells = run.names.map((name, i) => {
    const row = element("tr", body);
    element("th", row, name).scope = "row";
    return run.names.map((_name, j) => element("td", row, "", i === j ? "right" : ""));
  });
  return (frame) => {
    const { classes, paper } = look();
    frame.counts.forEach((row, i) => {
      const sum = Math.max(row.reduce((a, b) => a + b, 0), 1);
      row.forEach((count, j) => {
        const opacity = (0.55 * count) / sum;
        const mixed = [0, 1, 2].map((k) => Math.round(paper[k] * (1 - opacity) + classes[4][k] * opacity));
        cells[i][j].textContent = count || "·";
        cells[i][j].style.backgroundColor = `rgb(${mixed})`;
      });
    });
  };
}

function mistakes(run, figure) {
  element(runs.length > 1 && run.label ? "h3" : "h2", figure, _("The surest mistakes, at the end"));
  const list = element("ul", figure, "", "mistakes");
  for (const mistake of run.mistakes) {
    const item = element("li", list);
    if (mistake.image !== null) {
      const canvas = element("canvas", item);
      canvas.width = canvas.height = run.side;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", mistake.said);
      const image = new ImageData(run.side, run.side);
      bytes(mistake.image).forEach((level, k) => image.data.set([level, level, level, 255], 4 * k));
      canvas.getContext("2d").putImageData(image, 0, 0);
    }
    item.append(mistake.said);
  }
}

// --- time ----------------------------------------------------------------------------------------------------------

const views = runs.map(view);
const lines = [...document.querySelectorAll(".run")].map((card) =>
  [...card.querySelectorAll("svg")].map((svg) => ({ svg, line: svg.querySelector(".now") })),
);
let playing = 0;

function show(position) {
  position = Math.min(Math.max(position, 0), Math.max(last, 0));
  slider.value = position;
  const said = [];
  runs.forEach((run, number) => {
    const count = run.frames.length;
    if (!count) return;
    const frame = run.frames[last ? Math.round((position / last) * (count - 1)) : 0];
    views[number](frame);
    for (const { svg, line } of lines[number]) {
      const { left, right, epochs } = svg.dataset;
      const x = +left + (frame.epoch / epochs) * (right - left);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
    said.push(run.label && runs.length > 1 ? `${run.label}: ${frame.said}` : frame.said);
  });
  if (said.length) $("story").replaceChildren(...said.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  else $("story").hidden = true;
  slider.setAttribute("aria-valuetext", said[0] ?? "");
  for (const [id, off] of [["start", position <= 0], ["back", position <= 0], ["next", position >= last], ["end", position >= last]]) {
    $(id).disabled = off;
  }
}

const now = () => +slider.value;
const stop = () => {
  clearInterval(playing);
  playing = 0;
  $("play").textContent = _("Play");
  $("story").setAttribute("aria-live", "polite");
};
const moves = {
  Home: () => show(0),
  ArrowLeft: () => show(now() - 1),
  ArrowRight: () => show(now() + 1),
  End: () => show(last),
};
function play() {
  if (playing) return stop();
  if (now() >= last) show(0);
  $("play").textContent = _("Pause");
  $("story").setAttribute("aria-live", "off"); // a reader would not keep up
  playing = setInterval(() => (now() < last ? show(now() + 1) : stop()), 150);
}

for (const [id, key] of [["start", "Home"], ["back", "ArrowLeft"], ["next", "ArrowRight"], ["end", "End"]]) {
  $(id).addEventListener("click", () => (stop(), moves[key]()));
}
$("play").addEventListener("click", play);
slider.addEventListener("input", () => (stop(), show(now())));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("pre")) return;
  const isButton = event.target.closest?.("button");
  if (event.key === " " && !isButton) play();
  else if (moves[event.key]) (stop(), moves[event.key]());
  else return;
  event.preventDefault();
});
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => show(now()));
}
show(last);
