// The learning rate over time, as the schedules of `tg.optim` have it. All but plateau are functions of the step's number.

// rate(lr, at, s): the rate of the step that comes after at.steps of at.perEpoch each; settings: those that it takes.
const SCHEDULES = {
  none: { settings: [], rate: (lr) => lr, python: () => "" },
  step: {
    settings: ["step_size", "gamma"],
    rate: (lr, at, s) => lr * power(s.gamma, Math.floor(epochOf(at) / s.step_size)),
    python: (s) => `StepLR(optimizer, ${s.step_size}, ${s.gamma})`,
  },
  exponential: {
    settings: ["gamma"],
    rate: (lr, at, s) => lr * power(s.gamma, epochOf(at)),
    python: (s) => `ExponentialLR(optimizer, ${s.gamma})`,
  },
  cosine: { // down half a wave, and up again
    settings: ["epochs", "eta_min"],
    rate: (lr, at, s) => s.eta_min + (lr - s.eta_min) * (1 + Math.cos((Math.PI * epochOf(at)) / s.epochs)) / 2,
    python: (s) => `CosineLR(optimizer, ${s.epochs}, ${s.eta_min})`,
  },
  warmup: { // from a third
    settings: ["warmup"],
    rate: (lr, at, s) => lr * (1 / 3 + (1 - 1 / 3) * (Math.min(at.steps, s.warmup * at.perEpoch) / (s.warmup * at.perEpoch))),
    python: (s, perEpoch) => `WarmupLR(optimizer, total_iters=${s.warmup} * ${perEpoch})`,
  },
  onecycle: {
    settings: ["epochs", "warmup"],
    rate: (lr, at, s) => lr * cycle(at, s, [1 / 25, 1, 1 / 25 / 1e4]),
    python: (s, perEpoch) => `OneCycleLR(optimizer, ${s.lr}, ${s.epochs} * ${perEpoch}, pct_start=${risingPart(s)}${hasMomentum(s) ? "" : ", cycle_momentum=False"})`,
  },
  plateau: {
    settings: ["factor", "plateau_patience"],
    rate: (lr, at) => at.watch?.lr ?? lr,
    python: (s) => `ReduceLROnPlateau(optimizer, factor=${s.factor}, patience=${s.plateau_patience})`,
  },
};
const SCHEDULE_SETTINGS = [...new Set(Object.values(SCHEDULES).flatMap(({ settings }) => settings))];

const usualOf = (name, s) => ({ // as `tinygrad-edu train` has them
  epochs: 100, step_size: 33, gamma: s.schedule === "step" ? 0.1 : 0.95, eta_min: 0, factor: 0.1, plateau_patience: 10,
  warmup: s.schedule === "warmup" ? 5 : Math.round(300 * s.epochs) / 1000,
})[name];
const epochOf = ({ steps, perEpoch }) => Math.floor(steps / perEpoch);
const risingPart = (s) => Math.min(s.warmup / s.epochs, 1);
const hasMomentum = (s) => "beta1" in ownOf(s.optimizer) || Boolean(s.momentum);

function cycle({ steps, perEpoch }, s, [start, top, end]) { // two halves of waves of the cosine
  const total = s.epochs * perEpoch, turn = risingPart(s) * total - 1, last = total - 1;
  const [from, to, before, after] = steps <= turn ? [0, turn, start, top] : [turn, last, top, end];
  const done = to > from ? (1 - Math.cos((Math.PI * (steps - from)) / (to - from))) / 2 : 1;
  return before + (after - before) * done;
}

// What an optimizer is given for a step: its rate, and for a cycle its momentum, too.
function paceOf(s, at) {
  const pace = { lr: SCHEDULES[s.schedule].rate(s.lr, at, s) };
  if (s.schedule !== "onecycle" || !hasMomentum(s)) return pace;
  const momentum = cycle(at, s, [0.95, 0.85, 0.95]);
  return "beta1" in ownOf(s.optimizer) ? { ...pace, betas: [momentum, s.beta2] } : { ...pace, momentum };
}
const endOf = (s, perEpoch) => (s.schedule === "onecycle" ? s.epochs * perEpoch : Infinity); // Python has no step after it

// What plateau remembers: its rate, the best loss, and for how many epochs there was none better. `base` is the rate that
// the settings had: one that is changed in the middle is the rate from then on.
const unwatched = (lr) => ({ base: lr, lr, best: Infinity, bad: 0 });
function watched(watch, loss, s) {
  const found = { ...watch, bad: watch.bad + 1 }, isFirst = watch.best === Infinity;
  if (loss < (isFirst ? Infinity : watch.best * (1 - (watch.best < 0 ? -1e-4 : 1e-4)))) [found.best, found.bad] = [loss, 0];
  if (found.bad <= s.plateau_patience) return found;
  const reduced = watch.lr * s.factor;
  return { ...found, lr: watch.lr - reduced > 1e-8 ? reduced : watch.lr, bad: 0 };
}
