// The settings as fields: those that the chosen optimizer and schedule have.

const TITLES = {
  features: _("inputs"), hidden: _("units of the layers"), activations: _("activations"), loss: _("loss"), optimizer: _("optimizer"), lr: _("learning rate"),
  schedule: _("schedule"), batch: _("batch size"), l1: "L1", l2: "L2", beta1: "β1", beta2: "β2", step_size: _("epochs to a step"),
  epochs: _("epochs in all"), eta_min: _("last rate"), warmup: _("epochs of rising"), plateau_patience: _("patience"), seed: _("seed"),
};
const STEPS = {
  lr: 0.01, batch: 1, l1: 0.001, l2: 0.001, weight_decay: 0.001, dropout: 0.1, seed: 1, epochs: 1, step_size: 1, warmup: 1,
  plateau_patience: 1, eta_min: 0.001, gamma: 0.05, factor: 0.1, momentum: 0.1,
};
const FIELDS = ["loss", "optimizer", "momentum", "nesterov", "lr", "schedule", ...SCHEDULE_SETTINGS, "batch", "l1", "l2", "weight_decay", "dropout", "seed"];
const FINER = OWN.filter((name) => !FIELDS.includes(name)); // behind a button, as few change them
const CHOICES = { loss: () => lossesFor(run.set), optimizer: () => Object.keys(OPTIMIZERS), schedule: () => Object.keys(SCHEDULES) };
const titleOf = (name) => TITLES[name] ?? name.replaceAll("_", " ");

function field(name) {
  const input = name in CHOICES ? make("select") : FLAGS.has(name) ? make("input", { type: "checkbox" })
    : make("input", { type: "number", min: LEAST[name] ?? 0, step: STEPS[name] ?? "any", max: LARGEST[name] ?? "" });
  const value = () => (FLAGS.has(name) ? input.checked : input.value);
  Object.assign(input, { id: `set-${name}`, onchange: () => change({ [name]: value() }) });
  return make("label", {}, titleOf(name), input);
}
function settingFields() { // all of them show the settings
  const { s } = run;
  if (!$("settings").children.length) {
    const finer = make("details", { id: "finer" }, make("summary"), ...FINER.map(field));
    $("settings").append(...FIELDS.map(field), finer);
    $("settings").onsubmit = (event) => event.preventDefault();
  }
  for (const [name, values] of Object.entries(CHOICES)) {
    $(`set-${name}`).replaceChildren(...values().map((value) => make("option", { value, textContent: value.replaceAll("_", " ") })));
  }
  for (const name of [...FIELDS, ...FINER]) {
    const input = $(`set-${name}`);
    input.parentElement.hidden = s[name] === null || s[name] === undefined;
    input[FLAGS.has(name) ? "checked" : "value"] = s[name] ?? "";
  }
  $("finer").firstChild.textContent = _("more of {optimizer}", { optimizer: s.optimizer });
  $("finer").hidden = !FINER.some((name) => !$(`set-${name}`).parentElement.hidden);
}
