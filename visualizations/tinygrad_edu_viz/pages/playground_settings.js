// Settings of a run: which there are, what they may be, and those that somebody asks for.

const MOST = { layers: 6, units: 10, steps: 20000, marks: 600, rows: 5000 };
const START = {
  data: "moons", noise: null, features: ["x1", "x2"], hidden: [6, 4], activations: ["tanh", "tanh"], loss: null,
  optimizer: "Adam", lr: 0.03, schedule: "none", batch: 10, l1: 0, l2: 0, weight_decay: 0, dropout: 0, seed: 0,
};
const WHOLE = new Set(["batch", "seed", "epochs", "step_size", "plateau_patience"]);
const LIVE = new Set(["lr", "l1", "l2", "weight_decay"]); // what may change in the middle of a run
const LEAST = { batch: 1, epochs: 1, step_size: 1 };
const LARGEST = {
  dropout: 0.9, noise: 5, batch: 1e6, lr: 1e6, l1: 1e6, l2: 1e6, weight_decay: 1e6, epochs: 1e6, step_size: 1e6, warmup: 1e6,
  gamma: 1, eta_min: 1e6, factor: 1, plateau_patience: 1e6,
};
const BELOW_ONE = new Set(["momentum", "beta1", "beta2", "alpha", "rho", "factor"]);
const ABOVE_ZERO = new Set(["eps", "gamma", "factor", "warmup"]);

// An optimizer's own settings, besides those that all have: { momentum: 0, ... }, a pair of betas as two numbers.
function ownOf(optimizer) {
  const { lr, weight_decay, betas, ...own } = OPTIMIZERS[optimizer].settings;
  return betas ? { beta1: betas[0], beta2: betas[1], ...own } : own;
}
const OWN = [...new Set(Object.keys(OPTIMIZERS).flatMap((name) => Object.keys(ownOf(name))))];
const FLAGS = new Set(Object.keys(OPTIMIZERS).flatMap((name) => Object.entries(ownOf(name)).filter(([, x]) => typeof x === "boolean").map(([key]) => key)));

// The same of some settings, as the optimizer takes them.
function optimizerSettings(s) {
  const own = Object.fromEntries(Object.keys(ownOf(s.optimizer)).map((name) => [name, s[name]]));
  if (!("beta1" in own)) return own;
  const { beta1, beta2, ...others } = own;
  return { betas: [beta1, beta2], ...others };
}
function fitsTogether(s) { // whether the optimizer takes what is on
  const settings = optimizerSettings(s), { together, refused } = OPTIMIZERS[s.optimizer];
  return !(together.filter((name) => settings[name]).join(" ") in refused);
}

const lossesFor = (set) => {
  const numbers = ["mse", "mae", "huber"];
  const fitting = set.task === "regression" ? numbers
    : set.classes.length > 2 ? ["cross_entropy", "binary_cross_entropy", ...numbers] : ["binary_cross_entropy", "hinge", ...numbers];
  return fitting.filter((name) => name in LOSSES || name in ROW_LOSSES);
};

const listed = (value) => (Array.isArray(value) ? value : String(value).split(","));

function isAllowed(name, x) {
  if (FLAGS.has(name)) return typeof x === "boolean";
  return x >= (LEAST[name] ?? 0) && x <= (LARGEST[name] ?? Number.MAX_SAFE_INTEGER) && (!WHOLE.has(name) || Number.isInteger(x))
    && !(BELOW_ONE.has(name) && x >= 1) && !(ABOVE_ZERO.has(name) && x === 0);
}
function valueOf(name, given) { // text from an address, a field, or JSON
  if (FLAGS.has(name)) return { true: true, false: false }[given];
  return given === "" || typeof given === "boolean" ? NaN : Number(given);
}

// Settings made of what somebody asks for, on top of others: { settings, refused }, the latter the names of what no run
// can have. `sizes`, of inputs, hidden layers and outputs, and `activation`, of all layers, are accepted, too.
function settled(asked, before, sets) {
  const s = { ...before }, refused = [];
  const take = (name, value, ok) => (ok ? (s[name] = value) : refused.push(name));
  const given = { ...asked };
  if (given.sizes !== undefined) given.hidden = String(given.sizes).split(/[-,]/).slice(1, -1).join(",");
  if (given.data !== undefined) {
    take("data", given.data, Object.hasOwn(sets, given.data));
    if (s.data !== before.data) [s.noise, s.loss] = [null, null];
  }
  const set = sets[s.data];
  if (given.features !== undefined) {
    const names = listed(given.features);
    take("features", Object.keys(FEATURES).filter((name) => names.includes(name)),
      names.length > 0 && names.every((name) => Object.hasOwn(FEATURES, name)));
  }
  if (given.hidden !== undefined) {
    const units = listed(given.hidden).filter((n) => n !== "").map(Number);
    take("hidden", units, units.length <= MOST.layers && units.every((n) => Number.isInteger(n) && n >= 1 && n <= Math.max(MOST.units, ...(set.sizes ?? []))));
  }
  const activations = given.activations ?? given.activation;
  if (activations !== undefined) {
    const names = listed(activations).filter((name) => name !== "");
    take("activations", names, names.every((name) => Object.hasOwn(ACTIVATIONS, name)) && (names.length > 0 || !s.hidden.length));
  }
  s.activations = s.hidden.map((_, k) => s.activations[k] ?? s.activations.at(-1) ?? "tanh");
  if (given.loss !== undefined && given.loss !== null) take("loss", given.loss, lossesFor(set).includes(given.loss));
  if (!lossesFor(set).includes(s.loss)) s.loss = lossesFor(set)[0];
  if (given.optimizer !== undefined) take("optimizer", given.optimizer, Object.hasOwn(OPTIMIZERS, given.optimizer));
  if (given.schedule !== undefined) take("schedule", given.schedule, Object.hasOwn(SCHEDULES, given.schedule));
  const own = Object.keys(ownOf(s.optimizer)), timed = SCHEDULES[s.schedule].settings;
  if (s.optimizer !== before.optimizer) for (const name of OWN) s[name] = null;
  if (s.schedule !== before.schedule) for (const name of SCHEDULE_SETTINGS) s[name] = null;
  const kept = { ...s };
  for (const name of ["noise", "lr", "batch", "l1", "l2", "weight_decay", "dropout", "seed", ...OWN, ...SCHEDULE_SETTINGS]) {
    if (given[name] === undefined || given[name] === null) continue;
    const x = valueOf(name, given[name]), isForeign = (OWN.includes(name) && !own.includes(name)) || (SCHEDULE_SETTINGS.includes(name) && !timed.includes(name));
    const isPart = name === "warmup" && s.schedule === "warmup" && !Number.isInteger(x); // of an epoch
    const isFixed = name === "noise" && set.fixed && x !== set.noise;
    take(name, x, !isForeign && !isPart && !isFixed && isAllowed(name, x));
  }
  for (const [name, x] of Object.entries(ownOf(s.optimizer))) s[name] ??= x;
  if (!fitsTogether(s)) { // nesterov without momentum
    refused.push(...own.filter((name) => s[name] !== (kept[name] ?? ownOf(s.optimizer)[name])));
    for (const name of own) s[name] = kept[name] ?? ownOf(s.optimizer)[name];
  }
  for (const name of timed) s[name] ??= usualOf(name, s);
  s.noise ??= set.noise;
  if (set.inputs === 1) s.features = ["x1"];
  else if (before.data !== undefined && sets[before.data]?.inputs === 1 && given.features === undefined) s.features = START.features;
  return { settings: s, refused };
}
