// One example, forward and backward through the network, unit by unit, in figures and words.

// Steps of row `row` of the training part: { kind, layer, j, value, formula, text }. Forward the value is the unit's
// output; backward it is the slope of the loss by the unit's sum, which is the gradient of its bias. Dropout and penalties
// are left out: they are no matter of one example. The gradients of the last batch stay as they were.
function walkOf(run, row, name) {
  const { network } = run, width = run.sizes[0], m = run.outputs, kept = network.gradients.slice();
  const { dropout, l1, l2 } = network.settings;
  Object.assign(network.settings, { dropout: 0, l1: 0, l2: 0 });
  const x = run.train.x.slice(row * width, (row + 1) * width), targets = run.train.targets.slice(row * m, (row + 1) * m);
  const loss = network.differentiate(x, targets, 1);
  Object.assign(network.settings, { dropout, l1, l2 });
  const values = network.layers.map(({ z, y, hidden, m: units }) => (hidden ? y : z).slice(0, units));
  const slopes = network.layers.map(({ g, m: units }) => g.slice(0, units));
  network.gradients.set(kept);
  const steps = [];
  network.layers.forEach((layer, k) => {
    for (let j = 0; j < layer.m; j++) steps.push(forwardStep(run, name, k, j, k ? values[k - 1] : x, values[k][j]));
  });
  const last = network.layers.length - 1, aim = m === 1 ? say(targets[0], 4) : run.set.classes[run.train.labels[row]];
  steps.push({
    kind: "loss", layer: last, j: 0, value: loss, formula: `L = ${say(loss)}`,
    text: comparison(m, { loss: run.s.loss.replaceAll("_", " "), outputs: [...values[last]].map((v) => say(v, 4)).join(", "), target: aim }),
  });
  for (let k = last; k >= 0; k--) {
    for (let j = 0; j < network.layers[k].m; j++) {
      steps.push(backwardStep(run, name, k, j, k ? values[k - 1] : x, slopes));
    }
  }
  return steps;
}

function comparison(outputs, slots) {
  if (outputs === 1) return _("The loss {loss} compares the output {outputs} with the target {target}.", slots);
  return _("The loss {loss} compares the outputs {outputs} with the target {target}.", slots);
}

const figure = (v) => say(v, 4), inBrackets = (v) => (v < 0 ? `(${figure(v)})` : figure(v));

function forwardStep(run, name, k, j, inputs, value) {
  const { W, b, m, z, hidden } = run.network.layers[k];
  const terms = Array.from(inputs, (v, i) => `${figure(W[i * m + j])} · ${inBrackets(v)}`);
  const sum = `${terms.join(" + ")} + ${inBrackets(b[j])} = ${figure(z[j])}`, label = name(k, j);
  return {
    kind: "forward", layer: k, j, value, formula: `${label} = ${hidden ? `${run.s.activations[k]}(${figure(z[j])}) = ` : ""}${figure(value)}`,
    text: hidden ? _("Each input times its weight, and the bias: {sum}; then {f}.", { sum, f: run.s.activations[k] })
      : _("Each input times its weight, and the bias: {sum}.", { sum }),
  };
}

function backwardStep(run, name, k, j, inputs, slopes) {
  const { layers } = run.network, { hidden } = layers[k], slope = slopes[k][j], label = name(k, j);
  const parts = Array.from(inputs, (v) => `${figure(slope)} · ${inBrackets(v)} = ${figure(slope * v)}`).join(", ");
  const receives = _("So its weights receive {parts}, and its bias {slope}.", { parts, slope: figure(slope) });
  if (!hidden) {
    return { kind: "backward", layer: k, j, value: slope, formula: `∂L/∂${label} = ${figure(slope)}`, text: `${_("The slope of the loss.")} ${receives}` };
  }
  const { W, m } = layers[k + 1], f = run.s.activations[k];
  const terms = Array.from(slopes[k + 1], (g, to) => [g, W[j * m + to]]), total = terms.reduce((sum, [g, w]) => sum + g * w, 0);
  return {
    kind: "backward", layer: k, j, value: slope,
    formula: `∂L/∂${label} = ${terms.map(([g, w]) => `${figure(g)} · ${inBrackets(w)}`).join(" + ")} = ${figure(total)}; ${_("before {f}: {slope}", { f, slope: figure(slope) })}`,
    text: `${_("What every unit behind passes back, times the weight on the way; then times the slope of {f}", { f })}${total ? `, ${figure(slope / total)}` : ""}. ${receives}`,
  };
}
