
// --- the playground, in a page of its own inside of this one ---------------------------------------------------------------

const inside = $("playground");
$("open-playground").addEventListener("click", () => {
  stop();
  const frame = document.createElement("iframe");
  Object.assign(frame, { title: _("Playground"), srcdoc: JSON.parse($("page").textContent), onload: () => frame.focus() });
  $("playground-place").replaceChildren(frame);
  inside.showModal();
});
$("close-playground").addEventListener("click", () => inside.close());
inside.addEventListener("close", () => $("playground-place").replaceChildren());
inside.addEventListener("keydown", (event) => event.stopPropagation());
