
// --- the address has all changes ---------------------------------------------------------------------------------------------

// &set=w=2 for each number that is not as it was, &learn=w for all that learn, &optimizer=Adam&lr=0.01&with=betas[0]=0.8,
// &view=predict&view=all&view=settings, and &pin=w

const LONGEST_LINK = 100_000, MOST_TOLD = 3;
let viewed = []; // what the address wants to see: taken from it when the page is there

function changesInAddress() {
  const words = inputs.flatMap((k, i) => (Object.is(graph[k].value, firstNumbers[i]) ? [] : [["set", `${label(k)}=${graph[k].value}`]]));
  const isFirst = learning.size === live.learning.length && live.learning.every((k) => learning.has(k));
  if (!isFirst) words.push(["learn", ""], ...[...learning].map((k) => ["learn", label(k)]));
  const name = optimizerName(), first = newOptimizer(name).settings;
  if (name !== "SGD") words.push(["optimizer", name]);
  for (const path of settingPaths(first)) {
    const value = readSetting(optimizer.settings, path);
    if (!Object.is(value, readSetting(first, path))) words.push(path === "lr" ? ["lr", value] : ["with", `${path}=${value}`]);
  }
  if ($("predict").checked) words.push(["view", "predict"]);
  for (const [view, id] of [["all", "all"], ["settings", "more"]]) if ($(id).open) words.push(["view", view]);
  if (pinned !== null) words.push(["pin", label(pinned)]);
  return words.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}
linked.push(changesInAddress);

// Changes the page, as it was made, to what an address says. What is passed over is told.
function readAddress(hash = location.hash) {
  if (hash.length > LONGEST_LINK) {
    said = _("The link has {n} characters, and at most {most} are read: it was passed over.", { n: hash.length, most: LONGEST_LINK });
    return;
  }
  const words = new URLSearchParams(hash.replace(/^#/, "")), passedOver = [];
  readOptimizer(words, passedOver);
  const named = words.getAll("learn"), can = named.filter((name) => graph[placeOf.get(name)]?.tracked);
  passedOver.push(...named.filter((name) => name && !can.includes(name)).map((name) => `learn=${name}`));
  if (can.length || named.includes("")) { // "learn=" alone: nothing learns
    learning.clear();
    can.forEach((name) => learning.add(placeOf.get(name)));
  }
  for (const word of words.getAll("set")) {
    const end = word.lastIndexOf("="), place = placeOf.get(word.slice(0, end)), number = Number(word.slice(end + 1) || NaN);
    if (place !== undefined && Number.isFinite(number)) graph[place].value = number;
    else passedOver.push(`set=${word}`);
  }
  viewed = words.getAll("view");
  const pin = words.get("pin");
  if (pin !== null) viewed.push(["pin", live.parts.nodes.findIndex((node) => node.label === pin)]);
  if (passedOver.length) said = toldPassedOver(passedOver);
}

function readOptimizer(words, passedOver) {
  const name = words.get("optimizer") ?? "SGD", isKnown = Object.hasOwn(OPTIMIZERS, name);
  if (!isKnown) passedOver.push(`optimizer=${name}`);
  optimizer = newOptimizer(isKnown ? name : "SGD");
  const wanted = [...words.getAll("lr").map((value) => ["lr", value, "lr="]), ...words.getAll("with").map((word) => {
    const end = word.lastIndexOf("=");
    return [word.slice(0, end), word.slice(end + 1), "with="];
  })];
  let found = optimizer.settings;
  for (const [path, text, kind] of wanted) {
    const usual = readSetting(found, path), value = typeof usual === "boolean" ? { true: true, false: false }[text] : Number(text || NaN);
    const changed = usual === undefined ? null : withSettings(found, { [path]: value });
    if (changed && !outOfBounds(optimizerName(), path, value)) found = changed;
    else passedOver.push(kind === "lr=" ? `lr=${text}` : `with=${path}=${text}`);
  }
  if (whyNot(optimizerName(), found)) passedOver.push(...wanted.map(([path, text]) => `${path}=${text}`)); // not together
  else optimizer.settings = found;
}

function toldPassedOver(parts) {
  const few = parts.slice(0, MOST_TOLD).map((part) => (part.length > 40 ? `${part.slice(0, 40)}…` : part)).join("; ");
  if (parts.length === 1) return _("This part of the link does not fit here, and was passed over: {few}.", { few });
  if (parts.length <= MOST_TOLD) return _("These parts of the link do not fit here, and were passed over: {few}.", { few });
  return _("{n} parts of the link do not fit here, and were passed over: {few}; and others.", { n: parts.length, few });
}

// A frame in a notebook may have no address, and browsers refuse to write it more often than some times a second.
let remembering = 0;
function rememberSoon() {
  remembering ||= setTimeout(() => {
    remembering = 0;
    remember();
  }, 100);
}
for (const when of ["click", "keyup", "toggle"]) document.addEventListener(when, rememberSoon, true);

function view() { // after the page has gone to the step of the address
  for (const wanted of viewed) {
    if (Array.isArray(wanted) && wanted[1] >= 0 && wanted[1] !== pinned) pin(wanted[1]);
    if (wanted === "all") $("all").open = true;
    if (wanted === "settings") $("more").open = true;
    if (wanted === "predict" && !$("predict").checked) $("predict").click();
  }
}

addEventListener("hashchange", (event) => { // by now the step's own listener has written another address
  keep(_("Undone: the link that was opened."));
  inputs.forEach((k, i) => (graph[k].value = firstNumbers[i]));
  learning.clear();
  live.learning.forEach((k) => learning.add(k));
  said = _("The link was opened.");
  readAddress(new URL(event.newURL).hash);
  settled();
  view();
});

readAddress();
compute();
curve.push(graph[root].value);
nodes.forEach((node, k) => paint(k));
queueMicrotask(() => queueMicrotask(view));
