
// --- predict: the next gradient is asked for before it is shown ------------------------------------------------------------

const TRIES = 2;
const answered = new Map(); // by the number of a step: the verdicts on it, or [] where it was skipped
let asking = null; // {step, c, question, tries}: what waits for an answer
let going = false; // while the dialogue itself goes on

const plainNext = ask.next;
ask.next = () => {
  if (!$("predict").checked || !caseOf(position)) return plainNext();
  play(false);
  pose();
  $("answer").focus();
};

const questionAt = (from) => { // the next step with a question, or -1
  for (let s = from; s < steps.length; s++) if (caseOf(s)) return s;
  return -1;
};

// To the next question; or to the end, where it is said how it went.
function askOn() {
  const next = questionAt(position);
  going = true;
  go(next < 0 ? steps.length : next);
  going = false;
  if (next < 0) return finish();
  pose();
  $("answer").focus();
}

function pose() { // the question about the step that is ahead
  const c = caseOf(position), isOther = asking?.step !== position;
  if (isOther) asking = c && { step: position, c, question: questionOf(c), tries: [] };
  $("question").hidden = !asking;
  $("again").hidden = true;
  if (!asking || !isOther) return;
  $("asked").textContent = asking.question.text;
  $("given").replaceChildren(...asking.question.known.map((line) => make("li", line)));
  $("hinted").textContent = "";
  $("answer").value = "";
  tellScore();
}

function finish() {
  asking = null;
  $("question").hidden = true;
  $("again").hidden = false;
  tellScore();
  $("again").focus();
}

function tellScore() {
  const all = steps.filter((step, s) => caseOf(s)).length, lines = summary([...answered.values()], answered.size === all);
  const shown = asking ? lines.slice(0, answered.size ? 1 : 0) : lines; // what to practise is said at the end
  $("score").replaceChildren(...shown.map((line) => make("p", line)));
}

function sayVerdict(text, right = false, formula = "") {
  $("verdict").replaceChildren(...(text || formula ? [make("p", ""), make("p", "")] : []));
  if (!$("verdict").children.length) return;
  $("verdict").children[0].append(...isolated(text));
  $("verdict").children[1].append(...isolated(formula));
  $("verdict").className = right ? "right" : "";
}

$("question").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = $("answer").value.trim();
  if (!typed) return skip();
  if (typed === "?") return giveHint();
  try {
    take(judged(asking.c, typed));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    sayVerdict(_("This cannot be read: {why}. An answer is written as in 0.5, -3/4, or 1 - 0.707**2.", { why: error.message }));
    $("answer").select();
  }
});

function take(verdict) {
  asking.tries.push(verdict);
  $("answer").value = "";
  if (verdict.correct || asking.tries.length === TRIES) return showStep(verdict.text, verdict.correct);
  sayVerdict(verdict.retry + " " + _("Try once more; Enter shows it."));
  $("answer").focus();
}

function giveHint() {
  $("answer").value = "";
  $("hinted").textContent = _("Hint: {hint}", { hint: asking.question.hint });
  $("answer").focus();
}

const skip = () => showStep(asking.tries.length ? _("Here it is.") : _("Skipped."));

function showStep(said, right = false) { // and asks for the next one
  const { step, tries } = asking;
  if (!answered.has(step)) answered.set(step, tries);
  asking = null;
  going = true;
  go(step + 1);
  going = false;
  sayVerdict(said, right, steps[step].formula);
  askOn();
}

$("hint").addEventListener("click", giveHint);
$("show").addEventListener("click", skip);
$("again").addEventListener("click", () => beginPredicting(firstBackward));

function beginPredicting(from) {
  answered.clear();
  asking = null;
  sayVerdict("");
  going = true;
  go(from);
  going = false;
  askOn();
}

function stopPredicting() {
  const how = answered.size ? summary([...answered.values()], false)[0] : "";
  asking = null;
  for (const id of ["question", "again"]) $(id).hidden = true;
  $("score").replaceChildren();
  sayVerdict(how);
}

$("predict").addEventListener("change", () => {
  if (!$("predict").checked) stopPredicting();
  else beginPredicting(position < firstBackward || questionAt(position) < 0 ? firstBackward : position);
  hideAhead();
  redrawSoon();
});
watchers.moved.push(() => {
  if (!$("predict").checked) return;
  hideAhead();
  if (!going) pose();
});
watchers.computed.push(() => { // other numbers, other questions
  if (!$("predict").checked) return;
  if (answered.size || asking?.tries.length) sayVerdict(_("The numbers have changed: the questions begin anew, and so does the score."));
  answered.clear();
  asking = null;
  pose();
  tellScore();
});

// In the list of all steps, those that will be asked for are not shown before they are.
function hideAhead() {
  [...$("steps").children].forEach((line, s) => (line.hidden = $("predict").checked && steps[s].kind === "backward" && s >= position));
}
new MutationObserver(hideAhead).observe($("steps"), { childList: true }); // whenever it is written anew
