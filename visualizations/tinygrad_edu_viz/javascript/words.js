// Texts with slots. The literals in calls of these are in the language of the page: see `tinygrad_edu_words`.

function _(text, slots = {}) {
  return text.replace(/\{(\w+)\}/g, (slot, name) => slots[name] ?? slot);
}

function ngettext(one, many, n, slots = {}) {
  return _(n === 1 ? one : many, { n, ...slots });
}
