
// --- drawing after a change ------------------------------------------------------------------------------------------------
// A change of one number changes hundreds of texts, and few of them are in sight. These are written at once, in the next
// picture; the others when they come into sight, or when no change has come for a while.

const REST = 200; // ms without a change
const SLICE = 8; // ms of writing without a pause
const writers = new Map(); // of elements the functions that write what they show, if it is not what they show already
const unseen = new Set(); // elements out of sight
const late = new Set(); // elements that do not show the latest numbers

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (!isIntersecting) unseen.add(target);
    else if (unseen.delete(target) && late.delete(target)) writers.get(target)();
  }
});

function draws(element, write) {
  writers.set(element, write);
  sight.observe(element);
}
nodes.forEach((node, k) => {
  if (boxes[k]) draws(boxes[k], () => paintBox(k));
  if (!node.constant) draws(rows[k], () => paintRow(k));
});

let resting = 0;
function drawInSight() {
  for (const [element, write] of writers) {
    if (unseen.has(element)) late.add(element);
    else write();
  }
  clearTimeout(resting);
  resting = setTimeout(drawLate, REST);
}

function drawLate(slice = SLICE) {
  const end = performance.now() + slice;
  for (const element of late) {
    if (performance.now() > end) return (resting = setTimeout(drawLate));
    late.delete(element);
    writers.get(element)();
  }
  $("steps").replaceChildren();
  if ($("all").open) listSteps();
}
addEventListener("beforeprint", () => drawLate(Infinity));
