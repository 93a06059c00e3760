// The page's data, its style and its program are deflated, and written in base64. The browser uses the last two because the
// page's policy has the hashes of their texts: these, and no others.

const _ = (text) => text;

const inflated = async (element) => {
  const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  element.textContent = await new Response(stream).text();
};

if ("DecompressionStream" in window) {
  await Promise.all([...document.querySelectorAll("[data-deflated]")].map(inflated));
  for (const [kind, id] of [["style", "style"], ["script", "program"]]) {
    const packed = document.getElementById(id), used = document.createElement(kind);
    used.textContent = packed.textContent;
    packed.remove();
    document.head.append(used); // a program runs here, and has done its work
    if (kind === "script") used.remove();
  }
} else {
  const word = document.createElement("p");
  word.setAttribute("role", "alert");
  word.textContent = _("This page is compressed, and this browser cannot unpack it (it has no DecompressionStream). Open it in a newer one: Chrome or Edge from 80 on, Firefox from 113, Safari from 16.4.");
  document.body.prepend(word);
}
