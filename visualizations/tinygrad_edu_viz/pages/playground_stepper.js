// An example that is walked through, opened as the live stepper: its computation as a graph of single numbers, laid out
// and drawn here, in a page of its own inside of this one. `embedded.stepper` has that page's text, with slots.

const MOST_NODES = 400;
const CHARACTER = 7.25, TITLE = 20, LINE = 16, PADDING = 7, GAP = 22, BETWEEN = 46, ARROW = 8; // pixels
const NARROWEST = 17; // characters: "data -1.23457e-05"

const inHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// --- where everything is -------------------------------------------------------------------------------------------------

class Scene { // of a scalarNetwork
  constructor(found) {
    Object.assign(this, found);
    this.boxes = this.graph.nodes.map((node, k) => this.box(node, k));
    this.pitch = Math.max(...this.boxes.map((box) => box.height)) + GAP;
    this.columns = []; // widths
    this.frames = []; // { title, depth, columns: [first, last], rows: [first, last] }
    this.start = 0; // the column where the next layer begins
    this.column([...this.inputs], 0);
    this.blocks.forEach((units, k) => this.layer(units, k));
    this.end();
    this.place();
  }
  box(node, k) { // what stands in it, and its size
    const face = node.op ? this.graph.said(k, "faces") : { strong: node.tracked ? this.graph.labels[k] : say(node.value), aside: "", quiet: [] };
    if (face.aside.length > 24) face.aside = this.graph.labels[k];
    const kind = !node.op ? (node.tracked ? "leaf" : "constant") : k === this.root ? "root" : "result", title = `${face.strong} ${face.aside}`.trim();
    const characters = Math.max(title.length, ...face.quiet.map((line) => line.length), kind === "constant" ? 4 : NARROWEST);
    const lines = kind === "constant" ? 0 : face.quiet.length + (node.tracked ? 2 : 1);
    return { ...face, kind, width: Math.round(characters * CHARACTER + 2 * PADDING + 2), height: TITLE + lines * LINE + 2 * PADDING };
  }
  put(k, column, row) { // rows may lie between others, and above 0
    Object.assign(this.boxes[k], { column, row });
    this.columns[column] = Math.max(this.columns[column] ?? 0, this.boxes[k].width);
  }
  column(places, column) { // spread around row 0
    places.forEach((k, i) => this.put(k, column, i - (places.length - 1) / 2));
  }
  layer(units, k) { // of each unit a band of rows: weights, products, their sums from above to below, and what comes out
    const from = this.start + 1, bends = units[0].result !== units[0].sum, last = from + 2 + bends;
    const band = units[0].terms.length + 1.5, top = -(units.length * band - 0.5) / 2;
    units.forEach(({ terms, bias, sum, result }, j) => {
      const first = top + j * band, end = first + terms.length;
      terms.forEach((term, i) => {
        this.put(term.weight, from, first + i);
        this.put(term.product, from + 1, first + i);
        if (term.sum !== null) this.put(term.sum, from + 2, first + i);
      });
      this.put(bias, from, end);
      this.put(sum, from + 2, end);
      if (bends) this.put(result, last, end);
      this.frames.push({ title: this.graph.labels[result], columns: [from, last], rows: [first, end] });
    });
    this.start = last;
  }
  end() { // the loss: each node in the column behind its inputs, near their rows
    const { graph, root, aims, boxes } = this, outputs = this.blocks.at(-1).map((unit) => unit.result), from = this.start;
    const low = Math.max(...outputs.map((k) => boxes[k].row));
    aims.forEach((k, i) => this.put(k, from, low + 1.5 + i));
    const own = graph.nodes.flatMap((_, k) => (k > Math.max(...outputs) ? [k] : [])), depth = new Map([...outputs, ...aims].map((k) => [k, 0]));
    for (const k of own) if (graph.nodes[k].op) depth.set(k, 1 + Math.max(0, ...graph.nodes[k].inputs.map((i) => depth.get(i) ?? 0)));
    for (const k of own) for (const i of graph.nodes[k].inputs ?? []) if (!depth.has(i)) depth.set(i, Math.max(1, depth.get(k) - 1));
    for (let d = 1; d <= depth.get(root); d++) {
      const column = own.filter((k) => depth.get(k) === d), wish = (k) => {
        const rows = (graph.nodes[k].inputs ?? []).map((i) => boxes[i].row).filter((row) => row !== undefined);
        return rows.length ? rows.reduce((sum, row) => sum + row, 0) / rows.length : low + 1;
      };
      const wishes = column.map((k) => [k, wish(k)]).sort((a, b) => a[1] - b[1]), rows = [];
      wishes.forEach(([, row], i) => rows.push(i ? Math.max(row, rows[i - 1] + 1) : row));
      const shift = wishes.reduce((sum, [, row], i) => sum + rows[i] - row, 0) / (wishes.length || 1);
      wishes.forEach(([k], i) => this.put(k, from + d, rows[i] - shift));
    }
    this.start = from + depth.get(root);
  }
  place() { // pixels
    const { boxes, columns, pitch } = this, top = Math.min(...boxes.map((box) => box.row)), left = [16];
    columns.forEach((width, c) => left.push(left[c] + width + BETWEEN));
    const y = (row) => 42 + (row - top) * pitch;
    for (const box of boxes) Object.assign(box, { x: left[box.column] + (columns[box.column] - box.width) / 2, y: y(box.row) });
    for (const frame of this.frames) {
      const [first, last] = frame.columns;
      Object.assign(frame, { x: left[first] - 12, y: y(frame.rows[0]) - 34, width: left[last] + columns[last] - left[first] + 24, height: (frame.rows[1] - frame.rows[0]) * pitch + pitch - GAP + 44 });
    }
    this.left = left;
    this.width = left.at(-1) - BETWEEN + 16;
    this.height = Math.max(...boxes.map((box) => box.y + box.height)) + 22;
  }
  way(source, target) { // of an edge: a first point, three more for each cubic curve, and the tip of the arrow
    const a = this.boxes[source], b = this.boxes[target];
    if (a.column === b.column) { // down, from sum to sum
      const x = b.x + b.width / 2, from = [x, a.y + a.height], to = [x, b.y - ARROW];
      return { points: [from, from, to, to], tip: [x, b.y] };
    }
    const bend = ([x1, y1], [x2, y2]) => [[(x1 + x2) / 2, y1], [(x1 + x2) / 2, y2], [x2, y2]];
    const start = [a.x + a.width, a.y + a.height / 2], shift = b.column - a.column > 1 && this.graph.nodes[target].op === "multiply" ? -b.height / 4 : 0;
    const tip = [b.x, b.y + b.height / 2 + shift], end = [tip[0] - ARROW, tip[1]];
    if (!shift || target > this.blocks.at(-1).at(-1).sum) return { points: [start, ...bend(start, end)], tip };
    const above = b.y - GAP / 2, before = [this.left[b.column - 1] - 8, above], behind = [b.x - BETWEEN + 4, above]; // over the weight's box
    return { points: [start, ...bend(start, before), before, behind, behind, ...bend(behind, end)], tip };
  }
}

// --- as SVG, with the classes and ids of scene_svg.py -----------------------------------------------------------------------

const point = ([x, y]) => `${Number(x.toFixed(1))},${Number(y.toFixed(1))}`;

function arrowHead([x1, y1], [x2, y2]) { // from the middle of its back to its tip
  const dx = (x2 - x1) * 0.45, dy = (y2 - y1) * 0.45;
  return [[x2, y2], [x1 - dy, y1 + dx], [x1 + dy, y1 - dx]].map(point).join(" ");
}

function svgOf(scene) {
  const { width, height, graph } = scene, outline = (name, { x, y, width, height }, by, radius) =>
    `<rect class="${name}" x="${x - by}" y="${y - by}" width="${width + 2 * by}" height="${height + 2 * by}" rx="${radius}"/>`;
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="Computation graph">`];
  for (const frame of scene.frames) {
    parts.push(outline("frame even", frame, 0, 8), `<text class="quiet" x="${frame.x + 8}" y="${frame.y + 15}">${inHtml(frame.title)}</text>`);
  }
  graph.nodes.forEach(({ inputs = [] }, target) => inputs.forEach((source, position) => {
    const { points, tip } = scene.way(source, target), [first, ...rest] = points, [x1, y1] = first, [x2, y2] = points.find((p) => point(p) !== point(first));
    const far = Math.hypot(x2 - x1, y2 - y1) || 1, back = [x1 + (x2 - x1) / far * ARROW, y1 + (y2 - y1) / far * ARROW];
    parts.push(`<g class="edge" id="edge-n${source}-n${target}-${position}"><path d="M${point(first)}C${rest.map(point).join(" ")}L${point(tip)}"/>` +
      `<polygon class="head" points="${arrowHead(points.at(-1), tip)}"/><polygon class="tail" points="${arrowHead(back, first)}"/></g>`);
  }));
  scene.boxes.forEach((box, k) => {
    const { x, y, kind, strong, aside, quiet } = box, start = x + PADDING + 1, end = x + box.width - PADDING - 1;
    const feet = (line) => y + PADDING + TITLE + line * LINE + 12, sign = aside && !/^[\p{L}\p{N}]/u.test(strong) ? "strong sign" : "strong";
    const row = (what, line) => `<text class="what" x="${start}" y="${feet(line)}">${what}</text><text class="${what}" x="${end}" y="${feet(line)}">·</text>`;
    parts.push(`<g class="node ${kind}" id="node-n${k}" data-node="${k}" tabindex="0" role="img">${outline("ring", box, 4, 8)}${outline("box", box, 0, kind === "leaf" ? 8 : 0)}` +
      `${kind === "root" ? outline("inner", box, -3, 0) : ""}<text class="title" x="${x + box.width / 2}" y="${y + PADDING + TITLE - 6}"><tspan class="${sign}">${inHtml(strong)}</tspan>${aside ? ` <tspan class="aside">${inHtml(aside)}</tspan>` : ""}</text>` +
      quiet.map((text, line) => `<text class="quiet" x="${start}" y="${feet(line)}">${inHtml(text)}</text>`).join("") +
      (kind === "constant" ? "" : row("data", quiet.length) + (graph.nodes[k].tracked ? row("grad", quiet.length + 1) : "")) + "</g>");
  });
  return [...parts, "</svg>"].join("\n");
}

// --- the page inside -----------------------------------------------------------------------------------------------------------

function stepperOf(run, row) { // of an example of the training part
  const width = run.sizes[0], m = run.outputs, { x, targets } = run.train;
  return scalarNetwork(run.network, embedded.stepper.pieces, run.s.features, x.slice(row * width, (row + 1) * width), targets.slice(row * m, (row + 1) * m));
}

function stepperPage(run, row, found) { // its HTML
  const { graph, root, learning } = found, { live, operations, html } = embedded.stepper, scene = new Scene(found), id = (k) => `n${k}`;
  const steps = graph.steps(root).map((step) => ({ ...step, node: id(step.node), ...(step.inputs ? { inputs: step.inputs.map(id) } : { from: step.from === null ? null : id(step.from) }) }));
  const nodes = graph.nodes.map((node, k) => ({
    id: id(k), name: graph.names[k], op: node.op ? operations[node.op].name : null, requires_grad: node.tracked, title: scene.boxes[k].kind === "constant" ? say(node.value) : graph.labels[k],
    about: "", constant: scene.boxes[k].kind === "constant", box: id(k), lines: [""],
  }));
  const parts = graph.nodes.map(({ op }, k) => (op ? graph.said(k, "parts") : { label: graph.labels[k] }));
  const own = {
    nodes: graph.nodes.map(({ value, ...node }) => (node.op ? node : { value: Number.isFinite(value) ? value : say(value).replace("∞", "inf"), ...node })),
    root, parts: { nodes: parts, operations, loss: "L" }, mistakes: graph.nodes.map(({ op }, k) => (op ? graph.said(k, "mistakes") : null)), learning,
  };
  const data = { root: id(root), nodes, steps, stops: [0, ...steps.map((_, k) => k + 1)], live: { ...live, ...own }, opens: 0, width: scene.width };
  const slots = {
    title: inHtml(_("Example {example} at step {step}", { example: row + 1, step: run.t })),
    note: inHtml(_("One example of {data}, through the network as it is at step {step}: w1[2,3] leads from input 2 to unit 3 of layer 1. What you change here leaves the training as it is. Dropout and penalties are left out.", { data: run.s.data, step: run.t })),
    last: steps.length, svg: svgOf(scene), data: JSON.stringify(data).replaceAll("<", "\\u003c"),
  };
  return html.replace(/⟪(\w+)⟫/g, (_, slot) => slots[slot]);
}

function tooLarge({ graph }) { // why a graph is not opened, or null
  const count = graph.nodes.length;
  return count > MOST_NODES ? _("The live stepper follows up to {most} numbers, and one example of this network has {count}: with fewer units it opens here.", { most: MOST_NODES, count }) : null;
}

function openStepper(run, row) {
  const found = stepperOf(run, row);
  const frame = make("iframe", { title: _("One example as a live stepper"), srcdoc: stepperPage(run, row, found) }), dialog = $("stepper");
  frame.onload = () => frame.focus();
  $("stepper-place").replaceChildren(frame);
  $("stepper-close").onclick = () => dialog.close();
  dialog.onclose = () => $("stepper-place").replaceChildren();
  dialog.showModal();
}
