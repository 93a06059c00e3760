// The network's picture: a button for each unit, a line for each weight, and a table of weights for who has no pointer.

class Picture {
  // asked: what the picture is asked for: reshape(changes), pointed(place), weight(layer, i, j, value)
  constructor(run, asked) {
    [this.run, this.asked] = [run, asked];
    this.step = null;
    this.units = [];
    this.edges = [];
    $("columns").replaceChildren(...run.sizes.map((_each, c) => this.column(c)));
    run.network.layers.forEach(({ n, m }, layer) => {
      for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) this.edge(layer, i, j);
    });
    $("edges").replaceChildren(...this.edges.map((e) => e.line), ...this.edges.map((e) => e.hit));
    this.place();
    this.table();
  }
  name(layer, j) {
    const { run } = this, classes = run.set.classes;
    if (layer < 0) return run.s.features[j];
    if (layer < run.s.hidden.length) return `h${layer + 1}.${j + 1}`;
    return run.outputs > 1 ? classes[j] : _("output");
  }
  column(c) {
    const { run } = this, { hidden, activations } = run.s, layer = c - 1, isHidden = c > 0 && c <= hidden.length;
    const title = make("header", {}, c === 0 ? _("inputs") : isHidden ? _("layer {layer}", { layer: c }) : _("output"));
    if (c === 0) title.append(this.layerButtons(), _("layers"));
    else if (isHidden) title.append(this.unitButtons(layer), ngettext("{n} unit", "{n} units", hidden[layer]), this.chooser(layer, activations[layer]));
    const column = make("div", { className: "layer" }, title);
    for (let j = 0; j < run.sizes[c]; j++) column.append(this.unit(layer, j));
    return column;
  }
  button(text, label, enabled, changes) {
    return make("button", { type: "button", textContent: text, ariaLabel: label, disabled: !enabled, onclick: () => this.asked.reshape(changes()) });
  }
  layerButtons() {
    const { hidden, activations } = this.run.s;
    return make("span", {},
      this.button("−", _("one layer less"), hidden.length > 0, () => ({ hidden: hidden.slice(0, -1) })), " ",
      this.button("+", _("one layer more"), hidden.length < MOST.layers, () => ({ hidden: [...hidden, 4], activations: [...activations, activations.at(-1) ?? "tanh"] })));
  }
  unitButtons(layer) {
    const { hidden } = this.run.s, n = hidden[layer];
    return make("span", {},
      this.button("−", _("one unit less in layer {layer}", { layer: layer + 1 }), n > 1, () => ({ hidden: hidden.with(layer, n - 1) })), " ",
      this.button("+", _("one unit more in layer {layer}", { layer: layer + 1 }), n < MOST.units, () => ({ hidden: hidden.with(layer, n + 1) })));
  }
  chooser(layer, now) {
    const select = make("select", { ariaLabel: _("activation of layer {layer}", { layer: layer + 1 }) });
    select.append(...Object.keys(ACTIVATIONS).map((name) => make("option", { value: name, textContent: name, selected: name === now })));
    select.onchange = () => this.asked.reshape({ activations: this.run.s.activations.with(layer, select.value) });
    return select;
  }
  unit(layer, j) {
    const canvas = make("canvas", { width: GRID, height: GRID }), name = this.name(layer, j);
    const button = make("button", { type: "button", className: "unit", ariaLabel: name }, canvas);
    if (layer < 0 || this.run.outputs > 1 && layer === this.run.s.hidden.length) button.append(make("b", { textContent: name }));
    button.onpointerenter = button.onfocus = () => this.asked.pointed({ layer, j });
    this.units.push({ canvas, button, layer, j });
    return button;
  }
  edge(layer, i, j) {
    const [line, hit] = ["", "hit"].map((kind) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", kind);
      return path;
    });
    hit.onpointerenter = () => this.asked.pointed({ layer, i, j });
    hit.onclick = () => {
      $("weights").open = true;
      this.inputs.find((each) => each.layer === layer && each.i === i && each.j === j).input.focus();
    };
    this.edges.push({ line, hit, layer, i, j });
  }
  place() {
    const frame = $("net").getBoundingClientRect(), boxes = new Map();
    for (const { button, layer, j } of this.units) boxes.set(`${layer} ${j}`, button.getBoundingClientRect());
    for (const { line, hit, layer, i, j } of this.edges) {
      const a = boxes.get(`${layer - 1} ${i}`), b = boxes.get(`${layer} ${j}`);
      const [x1, x2, y1, y2] = [a.right - frame.left, b.left - frame.left, a.top + 26 - frame.top, b.top + 26 - frame.top];
      const middle = (x1 + x2) / 2;
      for (const path of [line, hit]) path.setAttribute("d", `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`);
    }
  }
  drawUnits(pictures, outputs) {
    for (const { canvas, layer, j } of this.units) pictures.unit(canvas, layer, j, outputs);
  }
  mark(step) { // where a walk is; null for nowhere
    this.step = step;
    for (const { button, layer, j } of this.units) {
      const here = step !== null && layer === step.layer && j === step.j;
      button.classList.toggle("on", here && step.kind === "forward");
      button.classList.toggle("back", here && step.kind === "backward");
    }
  }
  isOnWay({ layer, i, j }) { // what comes into a unit, or back to it
    const { step } = this;
    if (!step || step.kind === "loss") return false;
    return step.kind === "forward" ? layer === step.layer && j === step.j : layer === step.layer + 1 && i === step.j;
  }
  drawEdges() {
    for (const edge of this.edges) {
      const { line, layer, i, j } = edge, { W, m } = this.run.network.layers[layer], w = W[i * m + j];
      line.setAttribute("class", `${w < 0 ? "neg" : "pos"}${this.isOnWay(edge) ? " on" : ""}`);
      line.setAttribute("stroke-width", Number.isFinite(w) ? Math.min(9, 0.4 + 1.9 * Math.abs(w)).toFixed(2) : 1);
      line.setAttribute("stroke-opacity", Math.min(1, 0.2 + 0.4 * Math.abs(w)).toFixed(2));
    }
  }
  table() { // a field for each weight and bias
    this.inputs = [];
    $("numbers").replaceChildren(...this.run.network.layers.map(({ n, m }, layer) => {
      const head = make("tr", {}, make("td"), ...Array.from({ length: m }, (_each, j) => make("th", { scope: "col", textContent: this.name(layer, j) })));
      const rows = Array.from({ length: n + 1 }, (_each, i) => {
        const from = i === n ? _("bias") : this.name(layer - 1, i);
        return make("tr", {}, make("th", { scope: "row", textContent: from }), ...Array.from({ length: m }, (_each, j) => {
          const input = make("input", { type: "text", inputMode: "decimal", ariaLabel: _("{from} to {to}", { from, to: this.name(layer, j) }) });
          input.onfocus = () => this.asked.pointed(i === n ? { layer, j } : { layer, i, j });
          input.onchange = () => this.asked.weight(layer, i, j, input.value);
          this.inputs.push({ input, layer, i, j });
          return make("td", {}, input);
        }));
      });
      return make("table", {}, make("caption", { textContent: layer < this.run.s.hidden.length ? _("into layer {layer}", { layer: layer + 1 }) : _("into the output") }), head, ...rows);
    }));
  }
  fillTable() {
    if (!$("weights").open) return;
    for (const { input, layer, i, j } of this.inputs) if (input !== document.activeElement) input.value = say(this.weight(layer, i, j));
  }
  weight(layer, i, j, of = "W") {
    const { n, m, [of]: matrix, [of === "W" ? "b" : "gb"]: bias } = this.run.network.layers[layer];
    return i === n ? bias[j] : matrix[i * m + j];
  }
  about({ layer, i, j }) { // numbers of a weight or a unit, in words
    const { run } = this, name = this.name(layer, j);
    if (i !== undefined) {
      const slots = { from: this.name(layer - 1, i), to: name, w: say(this.weight(layer, i, j)), g: say(this.weight(layer, i, j, "gW")) };
      return _("{from} → {to}: weight {w}, gradient of the last batch {g}", slots);
    }
    if (layer < 0) return _("{name}, an input", { name });
    const { n, b } = run.network.layers[layer];
    const terms = Array.from({ length: n }, (_each, k) => `${say(this.weight(layer, k, j), 3)} · ${this.name(layer - 1, k)}`);
    const slots = { name, f: run.s.activations[layer], terms: terms.join(" + "), bias: say(b[j], 3) };
    if (layer < run.s.hidden.length) return _("{name} = {f} of {terms} + bias {bias}", slots);
    return _("{name} = the sum of {terms} + bias {bias}", slots);
  }
}
