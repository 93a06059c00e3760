// Who asks for steps: buttons, the slider, keys, the pointer, the address, and time.

let timer = null;

function play(on) {
  clearTimeout(timer);
  timer = null;
  $("play").textContent = on ? _("Pause") : _("Play");
  if (!on) return;
  if (here() === total) go(0);
  const tick = () => {
    ask.next();
    if (here() === total) play(false);
    else wait();
  };
  const time = () => (position < firstBackward ? 1000 : position < firstUpdate ? 2000 : 5000); // ms to read a step
  const wait = () => (timer = setTimeout(tick, time()));
  wait();
}

const ask = {
  start: () => go(0),
  back: () => go(starts[pass] + (stops.findLast((stop) => stop < position) ?? 0)),
  next: () => {
    const stop = stops.find((stop) => stop > position);
    if (stop) go(starts[pass] + stop);
    else goTo(pass + 1);
  },
  backward: () => go(starts[pass] + firstBackward),
  end: () => go(total),
};
const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "start", End: "end", f: "backward" };

// To the first step of a pass.
function goTo(index) {
  if (index >= 0 && index < passes.length) go(starts[index] + graphs[passes[index].graph].stops[1]);
}

for (const id of Object.keys(ask)) listen(id);
function listen(id) {
  $(id).addEventListener("click", () => {
    play(false);
    ask[id]();
  });
}
$("play").addEventListener("click", () => play(timer === null));
$("slider").addEventListener("input", () => {
  play(false);
  const place = Number($("slider").value);
  if (passAt(place) !== pass) enter(passAt(place));
  go(starts[pass] + stops.findLast((stop) => stop <= place - starts[pass]));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = event.target instanceof Element ? event.target.tagName : "";
  if (event.key === " ") {
    if (["BUTTON", "SUMMARY", "A"].includes(inside)) return; // there, space already has a meaning
    play(timer === null);
  } else if (event.key === "Enter" && nodeAt(event) !== null) {
    pin(nodeAt(event));
  } else if (event.key === "Escape") {
    pin(null);
  } else if (keys[event.key]) {
    play(false);
    ask[keys[event.key]]();
  } else return;
  event.preventDefault();
});

function nodeAt(event) {
  const element = event.target instanceof Element ? event.target.closest("[data-node]") : null;
  return element ? Number(element.dataset.node) : null;
}

// Tab leads to one row of the table, ↑ and ↓ from row to row.
watchers.entered.push(() => {
  const first = $("rows").firstElementChild;
  if (first && !$("rows").querySelector("[tabindex='0']")) first.tabIndex = 0;
});
$("rows").addEventListener("keydown", (event) => {
  const row = event.target, way = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = row[way];
  if (!next) return;
  [row.tabIndex, next.tabIndex] = [-1, 0];
  next.focus();
});

// The details stay with node k, until it is clicked again, or another one is.
function pin(k) {
  for (const element of document.querySelectorAll(".pinned")) element.classList.remove("pinned");
  pinned = k === pinned ? null : k;
  if (pinned !== null) for (const element of [boxes[pinned], rows[pinned]]) element?.classList.add("pinned");
  describe();
}

function point(event) {
  const k = nodeAt(event);
  if (k === pointed) return;
  pointed = k;
  describe();
}
document.addEventListener("pointerover", point);
document.addEventListener("focusin", (event) => {
  point(event);
  const found = event.target.closest(".node");
  if (found) follow($("graph"), [[found]], [], false);
});
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault(); // in a notebook, a frame's links would lead into the notebook itself
    if (link.className === "skip") return $(link.hash.slice(1)).focus();
    play(false);
    openAddress(link.hash);
  }
  const k = nodeAt(event);
  if (k !== null) pin(k);
});
$("all").addEventListener("toggle", listSteps);
addEventListener("beforeprint", () => ($("all").open = true, listSteps()));

function remember() {
  try {
    history.replaceState(null, "", address(position));
  } catch {
    // a frame in a notebook has no address of its own
  }
}

const linked = []; // functions that give what an address says beside the step: "&name=value"
const address = (place) =>
  [passes.length > 1 ? `#pass=${pass + 1}&step=${place}` : `#step=${place}`, ...linked.map((more) => more())].join("");

// #step=9 counts through all passes, #pass=2&step=9 in one of them, and #pass=2 is its first step.
function openAddress(hash = location.hash) {
  const [, number, step] = /^#(?:pass=(\d+))?&?(?:step=(\d+))?(?:&(?:set|learn|optimizer|lr|with|view|pin)=.*)?$/.exec(hash) ?? [];
  if (number === undefined) return go(step === undefined ? content.opens : Number(step), false);
  const index = Math.min(Math.max(Number(number), 1), passes.length) - 1;
  if (step === undefined) goTo(index);
  else go(Math.min(starts[index] + Number(step), starts[index + 1]), false);
}
addEventListener("hashchange", () => {
  play(false);
  openAddress();
});

queueMicrotask(() => {
  openAddress(); // after `course.js`, where there is one
  if (passes.length > 1) return;
  for (const [id, count] of [["forward", firstBackward - 1], ["backward", steps.length - firstBackward + 1]]) {
    document.querySelector(`#passes .${id}`).style.flexGrow = count;
  }
});
