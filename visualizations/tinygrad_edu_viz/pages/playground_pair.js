// Two runs side by side: A and B learn the same data from the same seed, and differ in what was changed in one of them.

const SHARED = ["data", "noise", "seed"];
let twin = null, twinPictures = null, letter = "A"; // the other run; `letter` is that of the run whose settings are shown

const both = (act) => { act(run); if (twin) act(twin); };
const lettered = () => (letter === "A" ? [["A", run], ["B", twin]] : [["A", twin], ["B", run]]).filter(([, each]) => each);
const likeThe = (settings, s) => settled({ ...Object.fromEntries(SHARED.map((name) => [name, settings[name]])), loss: s.loss }, s, sets).settings;

// The settings in which two runs differ, with those of both, as words: [[name, of A, of B], ...].
function differences(a, b) {
  const words = (value) => (Array.isArray(value) ? value.join(", ") || _("none") : String(value).replaceAll("_", " "));
  return ["features", "hidden", "activations", ...FIELDS, ...FINER]
    .filter((name) => a[name] !== null && b[name] !== null && a[name] !== undefined && b[name] !== undefined && String(a[name]) !== String(b[name]))
    .map((name) => [name, words(a[name]), words(b[name])]);
}
function showPair() { // the words and the buttons
  $("second").textContent = twin ? _("End the comparison") : _("Compare with a second run");
  $("which").hidden = $("other").hidden = !twin;
  for (const input of $("which").querySelectorAll("input")) input.checked = input.value === letter;
  $("output-of").textContent = twin ? _("Output of {run}", { run: letter }) : _("Output");
  const other = letter === "A" ? "B" : "A";
  $("other-is").textContent = _("Output of {run}", { run: other });
  $("show-other").ariaLabel = _("Output of {run}: show its network and its settings", { run: other });
  if (!twin) return void ($("differences").textContent = "");
  const [[, a], [, b]] = lettered(), found = differences(a.s, b.s);
  $("differences").textContent = found.length
    ? found.map(([name, x, y]) => _("{setting}: {a} in A, {b} in B.", { setting: titleOf(name), a: x, b: y })).join(" ")
    : _("A and B are the same so far: change a setting of {run}.", { run: letter });
}
function pair(asked) { // a second run, like the first one but for these settings; null ends the comparison
  const [, first] = lettered()[0];
  [run, twin, letter] = [first, null, "A"];
  if (asked !== null) [twin, letter] = [new Run(first.s, sets), "B"];
  if (!twin) return begin(run.s, run.t);
  [run, twin] = [twin, first]; // the second one is what is changed next
  begin(settled(asked, first.s, sets).settings);
}
function chooseRun(chosen) {
  if (chosen === letter || !twin) return;
  endWalk();
  [run, twin, letter] = [twin, run, chosen];
  look();
}
function pairControls() {
  $("second").onclick = () => pair(twin ? null : {});
  for (const input of $("which").querySelectorAll("input")) input.onchange = () => chooseRun(input.value);
  $("show-other").onclick = () => chooseRun(letter === "A" ? "B" : "A");
}
function addressOf() {
  const runs = lettered(), points = run.s.data === DRAWN ? `&points=${inText()}` : "", [, b] = runs[1] ?? [];
  if (!b) return runs[0][1].address() + points;
  const own = [...new URLSearchParams(b.address().slice(1))].filter(([name]) => name !== "t" && !SHARED.includes(name));
  return `${runs[0][1].address()}&two=1&${new URLSearchParams(own.map(([name, value]) => [`b.${name}`, value]))}${points}`;
}
