// Predictions are judged as the tutor judges them: `is_right` and `why_wrong` of reading/answers.py.

const predictions = JSON.parse(document.getElementById("predictions").textContent);

function numberOf(text) {
  const plain = text.trim().replaceAll("−", "-").replace(/(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))/g, "").replaceAll(",", ".").replace(/%$/, "").trim();
  const parts = plain.split("/");
  if (parts.length > 2 || !parts.every((part) => /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part))) return null;
  const number = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
  return Number.isFinite(number) ? number : null;
}

function letter(text) {
  return text.trim().replace(/[.)]+$/, "").toLowerCase();
}

function digits(text) {
  return text.trim().toLowerCase().split("e")[0].replaceAll(",", ".").replace(/^[-−0.]+/, "").replaceAll(".", "").length;
}

function isRight(prediction, given) {
  const right = numberOf(prediction.answer), number = numberOf(given);
  if (/^[-−]?[1-9]\d{0,2}(,\d{3})+$/.test(given.trim()) && numberOf(given.replaceAll(",", "")) === right) return true;
  if (right === null || number === null) return letter(given) === letter(prediction.answer);
  if (prediction.within !== null) return Math.abs(number - right) <= prediction.within;
  if (Math.abs(number - right) <= 1e-6 * Math.max(Math.abs(number), Math.abs(right))) return true;
  if (Number.isInteger(right)) return false;
  const places = Math.min(Math.max(digits(given), 2), 100), unit = 10 ** (Math.floor(Math.log10(Math.abs(right))) - places + 1);
  const isBetween = Math.abs(Math.abs(number - right) - unit / 2) < 1e-9 * unit; // 1.25 may be rounded to 1.2 and to 1.3
  return isBetween || Number(right.toPrecision(places)) === number;
}

function whyWrong(prediction, given) {
  const number = numberOf(given);
  const found = prediction.wrong.find(([key]) => (number !== null && numberOf(key) === number) || letter(key) === letter(given));
  return found ? found[1] : null;
}

function tell(form, right, words, explained) {
  const verdict = form.querySelector(".verdict"), said = document.createElement("p");
  said.textContent = words;
  verdict.className = `verdict ${right ? "right" : "wrong"}`;
  verdict.innerHTML = explained; // Markdown of the lesson
  verdict.prepend(said);
  form.querySelector(".show").hidden = right;
}

for (const form of document.querySelectorAll("form[id^=predict-]")) {
  const prediction = predictions[form.id];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = event.submitter?.value || form.querySelector("input")?.value || "";
    for (const button of form.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    if (!given.trim()) {
      form.querySelector("input")?.focus();
    } else if (isRight(prediction, given)) {
      tell(form, true, `✓ ${_("Right: {given}", { given })}`, prediction.explained);
    } else {
      const usual = `<p>${_("That is none of the usual answers. Look at the page again, and think of each way.")}</p>`;
      tell(form, false, `✗ ${_("Not {given}.", { given })}`, whyWrong(prediction, given) ?? usual);
    }
  });
  form.querySelector(".show").addEventListener("click", () => {
    tell(form, true, _("It is {answer}.", { answer: prediction.answer }), prediction.explained);
    form.querySelector("input, button").focus(); // its own button is gone
  });
}

globalThis.tinygrad = { judge: (key, given) => isRight(predictions[`predict-${key}`], given), why: (key, given) => whyWrong(predictions[`predict-${key}`], given) };
