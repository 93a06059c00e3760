// What the page of a course has besides that of a trace: ways from pass to pass, a bar with the parts of each, the curve
// of the loss, and texts of boxes that are not the same in all passes.

const LABELLED = 16; // passes whose parts the bar shows
const SEPARATE = 100; // passes that have a gap between them
const UPDATES = 60; // of which room is made for the tallest

Object.assign(ask, {
  "previous-pass": () => goTo(pass - 1),
  "next-pass": () => goTo(pass + 1),
  update: () => {
    const place = placeOfUpdate();
    if (place) go(place);
  },
});
["previous-pass", "next-pass", "update"].forEach(listen);
Object.assign(keys, { n: "next-pass", N: "previous-pass", u: "update" });

// The first update after this pass; of the next one, if it has happened. undefined if there is none.
function placeOfUpdate() {
  const index = passes.findIndex((row, k) => row.updates && (k > pass || (k === pass && position < firstUpdate)));
  return index < 0 ? undefined : starts[index] + graphs[passes[index].graph].steps.length + 1;
}

watchers.moved.push(() => {
  $("previous-pass").disabled = pass === 0;
  $("next-pass").disabled = pass === passes.length - 1;
  $("update").disabled = !placeOfUpdate();
});

watchers.entered.push(() => {
  $("steps").replaceChildren();
  if ($("all").open) listSteps();
});

// --- texts of boxes -----------------------------------------------------------------------------------------------------

const firstWords = graphs.map(() => new Map()); // of each box that has others in some pass, those of the first one

watchers.entered.push(() => {
  const { graph, words = {} } = passes[pass];
  for (const key of new Set([...firstWords[graph].keys(), ...Object.keys(words)])) {
    const elements = [...box(key).querySelectorAll(".strong, .aside, .quiet")];
    if (!firstWords[graph].has(key)) firstWords[graph].set(key, elements.map((element) => element.textContent));
    (words[key] ?? firstWords[graph].get(key)).forEach((text, k) => setText(elements[k], text));
  }
});

// --- the bar above the slider ---------------------------------------------------------------------------------------------

const bars = passes.map(({ graph, updates = [] }, index) => {
  const bar = make("div", "");
  bar.className = "pass";
  bar.style.flexGrow = starts[index + 1] - starts[index];
  bar.title = _("pass {n}: loss {loss}", { n: index + 1, loss: content.said[index] });
  if (passes.length <= LABELLED) bar.append(make("b", _("pass {n}", { n: index + 1 })));
  const parts = make("div", "");
  parts.className = "parts";
  const of = (kind) => graphs[graph].steps.filter((step) => step.kind === kind).length;
  for (const [kind, count] of [["forward", of("forward")], ["backward", of("backward")], ["update", updates.length]]) {
    const part = make("i", "");
    part.className = kind;
    part.style.flexGrow = count;
    if (count && (passes.length <= LABELLED || kind === "backward")) parts.append(part);
  }
  bar.append(parts);
  bar.addEventListener("click", () => {
    play(false);
    goTo(index);
  });
  return bar;
});
$("passes").replaceChildren(...bars);
$("passes").classList.toggle("many", passes.length > SEPARATE);
watchers.moved.push(() => bars.forEach((bar, index) => bar.classList.toggle("now", index === pass)));

// --- the curve of the loss ----------------------------------------------------------------------------------------------

const curve = $("curve");
const points = curve.dataset.points.split(" ").map((point) => {
  const [x, y, lost] = point.split(",");
  return { x: Number(x), y: Number(y), lost: lost !== undefined };
});

watchers.moved.push(() => {
  const { x, y, lost } = points[pass];
  const point = curve.querySelector(".here");
  point.setAttribute("cx", x);
  point.setAttribute("cy", y);
  point.classList.toggle("no-number", lost);
  const behind = points.slice(0, pass + 1).filter((one) => !one.lost);
  curve.querySelector(".behind").setAttribute("points", behind.map((one) => `${one.x},${one.y}`).join(" "));
  const slots = { n: pass + 1, loss: content.said[pass], before: content.said[pass - 1] };
  const grown = pass && content.losses[pass] > content.losses[pass - 1];
  const compared = grown ? _("pass {n}: loss {loss}, was {before}: it has grown", slots) : _("pass {n}: loss {loss}, was {before}", slots);
  const said = pass ? compared : _("pass {n}: loss {loss}", slots);
  setText($("loss-said"), said);
  curve.setAttribute("aria-valuenow", pass + 1);
  curve.setAttribute("aria-valuetext", said);
});

curve.addEventListener("click", (event) => {
  const { left, width } = curve.getBoundingClientRect();
  const x = ((event.clientX - left) / width) * curve.viewBox.baseVal.width;
  const distances = points.map((point) => Math.abs(point.x - x));
  play(false);
  goTo(distances.indexOf(Math.min(...distances)));
});

curve.addEventListener("keydown", (event) => {
  const ways = { ArrowLeft: pass - 1, ArrowDown: pass - 1, ArrowRight: pass + 1, ArrowUp: pass + 1, Home: 0, End: passes.length - 1 };
  if (!(event.key in ways) || event.ctrlKey || event.metaKey || event.altKey) return;
  play(false);
  goTo(ways[event.key]);
  event.preventDefault();
  event.stopPropagation();
});

// --- room for the updates, so that the picture below them does not move ------------------------------------------------------

function makeRoom() {
  const story = $("story");
  const height = () => story.getBoundingClientRect().height;
  story.className = "update";
  story.style.minHeight = "";
  if (innerWidth <= 600) return; // there, it would be most of the screen
  const heights = passes.flatMap(({ updates = [] }) => updates).slice(0, UPDATES).map((update) => {
    fill("formula", update.formula || update.text, written);
    fill("sentence", update.formula ? update.text : "", isolated);
    return height();
  });
  document.documentElement.style.setProperty("--story", `${Math.max(height(), ...heights)}px`);
  story.style.minHeight = "var(--story)";
}

makeRoom();
addEventListener("resize", () => {
  makeRoom();
  tell();
});
