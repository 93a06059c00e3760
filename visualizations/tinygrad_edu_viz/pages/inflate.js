// The page's data and its program are deflated, and written in base64. The browser runs the program because the page's
// policy has the hash of its text: this, and no other.

const _ = (text) => text;

const inflated = async (element) => {
  const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  element.textContent = await new Response(stream).text();
};

if ("DecompressionStream" in window) {
  await Promise.all([...document.querySelectorAll("[data-deflated]")].map(inflated));
  const packed = document.getElementById("program"), used = document.createElement("script");
  used.textContent = packed.textContent;
  packed.remove();
  document.head.append(used); // it runs here, and has done its work
  used.remove();
} else {
  const word = document.createElement("p");
  word.setAttribute("role", "alert");
  word.textContent = _("This page is compressed, and this browser cannot unpack it (it has no DecompressionStream). Open it in a newer one: Chrome or Edge from 80 on, Firefox from 113, Safari from 16.4.");
  document.body.prepend(word);
}
