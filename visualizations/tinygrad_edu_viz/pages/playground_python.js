// A run as a script that prints the page's own test losses.

const IN_PYTHON = { // features of the columns of `x`
  x1: "x[:, 0]", x2: "x[:, 1]", "x1²": "x[:, 0] * x[:, 0]", "x2²": "x[:, 1] * x[:, 1]", "x1·x2": "x[:, 0] * x[:, 1]",
  "sin x1": "np.sin(x[:, 0])", "sin x2": "np.sin(x[:, 1])",
};
const pythonValue = (x) => (x === true ? "True" : x === false ? "False" : Array.isArray(x) ? `(${x.join(", ")})` : String(x));

function optimizerInPython(s) {
  const usual = OPTIMIZERS[s.optimizer].settings, settings = { ...optimizerSettings(s), weight_decay: s.weight_decay };
  const different = Object.entries(settings).filter(([name, x]) => String(x) !== String(usual[name]));
  return `tg.optim.${s.optimizer}(model.parameters(), lr=${s.lr}${different.map(([name, x]) => `, ${name}=${pythonValue(x)}`).join("")})`;
}

function dataInPython({ s, set }) { // what is split
  if (set.csv) return `tg.data.read_csv(${JSON.stringify(set.csv)})${set.left_out ? `.take(${set.y.length})` : ""}`;
  if (!set.isDrawn) return `tg.data.load("${s.data}", n=${set.y.length}, noise=${s.noise})`;
  const classes = set.classes.map((name) => JSON.stringify(name)).join(", ");
  return [
    "tg.data.Dataset(",
    `    np.array([${points.map(([x1, x2]) => `[${x1}, ${x2}]`).join(", ")}]),`,
    `    np.array([${points.map(([, , k]) => k).join(", ")}]),`,
    `    target_names=(${classes}),`,
    ")",
  ].join("\n");
}

function scriptOf(run) {
  const { s, set } = run;
  if (set.command) return `${_("# The data and the first weights are those of this command. What was changed in the page is not in it.")}\n${set.command}\n`;
  const plain = s.features.length === set.inputs && s.features.every((each, k) => each === ["x1", "x2"][k]);
  const layers = run.sizes.slice(1).map((m, k) => {
    const hidden = k < s.hidden.length ? `, "${s.activations[k]}"` : "";
    const drops = hidden && s.dropout ? `\n    tg.nn.Dropout(${s.dropout}),` : "";
    return `    tg.nn.Dense(${run.sizes[k]}, ${m}${hidden}, dtype="float64"),${drops}`;
  });
  const changed = run.rates.length > 1 || run.edits.length;
  const note = changed ? `${_("# In the page, rates or weights were changed during the run: here the last rates hold from the start.")}\n` : "";
  const apart = set.bad ? `${_("# The page left out lines of this file that are no numbers and a class: mend them for read_csv.")}\n` : "";
  const schedule = SCHEDULES[s.schedule].python(s, run.perEpoch);
  const features = [
    "def features(x):",
    `    return np.stack([${s.features.map((each) => IN_PYTHON[each]).join(", ")}], axis=1)`,
    "",
    "train, test = [(features(part.x), part.y) for part in (train, test)]",
  ];
  const lines = [
    ...(plain && !set.isDrawn ? [] : ["import numpy as np", ""]),
    "import tinygrad_edu as tg",
    "",
    `tg.seed(${s.seed})`,
    `train, test = ${dataInPython(run)}.split(validation=0.2, seed=0)`,
    ...(plain ? [] : ["", ...features]),
    "model = tg.nn.Sequential(",
    ...layers,
    ")",
    `optimizer = ${optimizerInPython(s)}`,
    ...(schedule ? [`schedule = tg.optim.${schedule}`] : []),
    "run = tg.train.fit(",
    `    model, train, "${s.loss}", optimizer,${schedule && " schedule=schedule,"} validation=test,`,
    `    epochs=${Math.max(1, Math.floor(run.t / run.perEpoch))}, batch_size=${Math.min(s.batch, run.train.n)}, l1=${s.l1}, l2=${s.l2}, seed=${s.seed},`,
    ")",
    "for event in run:",
    '    if event.kind == "validation":',
    "        print(event.epoch, event.validation_loss)",
    "",
  ];
  return note + apart + lines.join("\n");
}
