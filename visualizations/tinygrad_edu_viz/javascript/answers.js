// What a learner types in answer to a question: a number, a list of numbers, or arithmetic such as 1 - 0.707**2. Grammar,
// limits and words are those of `step --predict`. The text is walked, never run.

const LONGEST_ANSWER = 10_000, MOST_BRACKETS = 100, MOST_PARTS = 2_000, DEEPEST = 149;
const MEANT = { "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "–": "-", "—": "-", "²": "**2", "³": "**3", "√": "sqrt( )" };
const NUMBER = /0x(?:_?[\da-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?/iy;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const SIGN = /\*\*|\/(?!\/)|[-+*()[\],]/y;
const REFUSED = {
  "^": _("a power is written 2**3"), "//": _("a division is written 1 / 2"),
  "'": _("an answer is made of numbers"), '"': _("an answer is made of numbers"),
};

class NoAnswer extends Error {} // the message is for the learner

// {data, units, note}: a number or nested lists of numbers; what the last digit of each number stands for, if it was written
// with at least two, else 0, of one number alone; and how the text was read, where that is not how it was written.
function readAnswer(typed) {
  const text = typed.replaceAll("−", "-"), pointed = withPoints(text);
  const { value, unit } = new AnswerReader(pointed).whole();
  shapeOf(value);
  if (!flat(value).every(Number.isFinite)) throw new NoAnswer(_("this is no finite number"));
  const note = _("({text} is read as {pointed}: a decimal point is a dot here.)", { text, pointed });
  return { data: value, units: unit, note: pointed === text ? "" : note + " " };
}

const flat = (data) => [data].flat(Infinity);

function shapeOf(data) { // of nested lists, as NumPy has it
  if (!Array.isArray(data)) return [];
  const [first = [], ...others] = data.map(shapeOf);
  if (others.some((shape) => `${shape}` !== `${first}`)) throw new NoAnswer(_("the rows of this list have different lengths"));
  return [data.length, ...first];
}

function withPoints(text) { // a decimal point in the place of a decimal comma; with semicolons between them, in several
  if (!/\d,\d/.test(text) || /\d\.\d|[\p{L}_]\s*\(/u.test(text)) return text;
  const pointed = text.replace(/(?<=\d),(?=\d)/g, ".");
  if (text.includes(";")) return pointed.replaceAll(";", ",");
  return !text.includes("[") && text.split(",").length === 2 ? pointed : text;
}

class AnswerReader { // each part is {value, unit, height}, of the tree that Python makes of it
  constructor(text) {
    this.text = text.trim().replace(/;$/, "");
    this.at = this.parts = this.depth = 0;
    if (this.text.length > LONGEST_ANSWER) throw new NoAnswer(_("the answer has {n} characters, and at most {most} are read", { n: this.text.length, most: LONGEST_ANSWER }));
    let open = 0;
    for (const sign of this.text) {
      open += "([".includes(sign) - ")]".includes(sign);
      if (open > MOST_BRACKETS) throw new NoAnswer(_("more than {most} brackets inside one another", { most: MOST_BRACKETS }));
    }
    this.next();
  }
  whole() {
    if (this.token.kind === "end") throw new NoAnswer(_("the answer is empty"));
    const found = this.listed("");
    return this.token.kind === "end" ? found : this.misplaced();
  }

  // --- words of the text: {kind: "number", "name", "sign" or "end", text} ---

  next() {
    const read = (pattern) => {
      pattern.lastIndex = this.at;
      const text = pattern.exec(this.text)?.[0] ?? "";
      this.at += text.length;
      return text;
    };
    read(/[ \t\f]*/y);
    if (read(/#|$/y) || this.at === this.text.length) return (this.token = { kind: "end", text: "" }); // # begins a comment
    for (const [kind, pattern] of [["number", NUMBER], ["name", NAME], ["sign", SIGN]]) {
      const text = read(pattern);
      if (!text) continue;
      if (kind === "number") this.checkNumber(text);
      return (this.token = { kind, text });
    }
    const text = read(/\/\/|<<|>>|./suy);
    const why = REFUSED[text] ?? (MEANT[text] ? _("write {sign}", { sign: MEANT[text] }) : _("an answer is a number, or a list of numbers"));
    throw new NoAnswer(_("'{text}' is not part of an answer: {why}", { text, why }));
  }
  checkNumber(text) {
    const [behind] = this.text.slice(this.at, this.at + 2).match(/^[\p{L}\p{N}_]?/u);
    if (behind === "j" || behind === "J") throw new NoAnswer(_("an answer is made of numbers"));
    if (behind) throw new NoAnswer(_("{text}{behind} is no number: a multiplication is written with *, as in 2*3", { text, behind }));
    if (/^0[\d_]*[1-9][\d_]*$/.test(text)) throw new NoAnswer(_("{text} is no number: leave out the 0 that it begins with", { text }));
  }
  isAt(sign) {
    return this.token.kind === "sign" && this.token.text === sign;
  }
  takes(sign) {
    const found = this.isAt(sign);
    if (found) this.next();
    return found;
  }
  misplaced() {
    if (this.token.kind === "end") throw new NoAnswer(_("something is missing at the end of the answer"));
    throw new NoAnswer(_("{sign} cannot stand where it does in the answer", { sign: this.token.text }));
  }

  // --- parts ---

  made(value, unit, height, parts = 1) {
    this.parts += parts;
    if (this.parts >= MOST_PARTS) throw new NoAnswer(_("the answer has more than {most} parts", { most: MOST_PARTS }));
    if (height > DEEPEST) throw new NoAnswer(_("more than {n} operations contain each other", { n: DEEPEST + 1 }));
    return { value, unit, height };
  }
  items(end) { // parts with commas between them, up to a bracket that closes them
    const found = [];
    let comma = false;
    while (!this.isAt(end) && !(end === "" && found.length && this.token.kind === "end")) {
      found.push(this.sum());
      comma = this.takes(",");
      if (!comma) break;
    }
    if (end && !this.takes(end)) this.misplaced();
    return [found, comma];
  }
  listed(end) { // a part in brackets, or a list
    const [items, comma] = this.items(end);
    if (items.length === 1 && !comma && end !== "]") return items[0];
    const height = 1 + Math.max(1, ...items.map((item) => item.height));
    return this.made(items.map((item) => item.value), items[0]?.unit ?? 0, height);
  }
  combined(left, right, compute) {
    return this.made(compute(alone(left), alone(right)), 0, 1 + Math.max(left.height, right.height));
  }
  sum() {
    let left = this.product();
    for (;;) {
      if (this.takes("+")) left = this.combined(left, this.product(), (a, b) => a + b);
      else if (this.takes("-")) left = this.combined(left, this.product(), (a, b) => a - b);
      else return left;
    }
  }
  product() {
    let left = this.signed();
    for (;;) {
      if (this.takes("*")) left = this.combined(left, this.signed(), (a, b) => a * b);
      else if (this.takes("/")) left = this.combined(left, this.signed(), (a, b) => a / b);
      else return left;
    }
  }
  signed() {
    const minus = this.takes("-");
    if (!minus && !this.takes("+")) return this.raised();
    if (++this.depth > DEEPEST) throw new NoAnswer(_("more than {n} operations contain each other", { n: DEEPEST + 1 }));
    const part = this.signed();
    this.depth--;
    return this.made(minus ? -alone(part) : alone(part), part.unit, 1 + part.height);
  }
  raised() {
    const base = this.atom();
    if (!this.takes("**")) return base;
    if (++this.depth > DEEPEST) throw new NoAnswer(_("more than {n} operations contain each other", { n: DEEPEST + 1 }));
    const exponent = this.signed();
    this.depth--;
    return this.combined(base, exponent, power);
  }
  atom() {
    const { kind, text } = this.token;
    if (kind === "number" || kind === "name") {
      this.next();
      return kind === "number" ? this.number(text) : this.call(text);
    }
    if (this.takes("(")) return this.listed(")");
    return this.takes("[") ? this.listed("]") : this.misplaced();
  }
  number(text) {
    const value = Number(text.replaceAll("_", ""));
    if (!Number.isFinite(value) && !/[.e]/i.test(text)) throw new NoAnswer(_("this number is too large"));
    return this.made(value, lastDigit(text), 1);
  }
  call(name) {
    if (["True", "False", "None"].includes(name)) throw new NoAnswer(_("an answer is made of numbers"));
    if (!this.takes("(")) throw new NoAnswer(_("'{name}' is a name, and an answer is made of numbers", { name }));
    const forms = Object.hasOwn(CALLS, name) ? CALLS[name] : {}, counts = Object.keys(forms);
    if (!counts.length) throw new NoAnswer(_("{name} is no function of numbers; there are {names}", { name, names: Object.keys(CALLS).join(", ") }));
    const [items] = this.items(")");
    if (!Object.hasOwn(forms, items.length)) throw new NoAnswer(_("{name} takes {counts} of them, and not {n} numbers", { name, counts: counts.join(" or "), n: items.length }));
    return this.made(forms[items.length](...items.map(alone)), 0, 1 + Math.max(2, ...items.map((item) => item.height)), 2);
  }
}

function alone(part) {
  if (Array.isArray(part.value)) throw new NoAnswer(_("an answer is made of numbers"));
  return part.value;
}

function lastDigit(written) {
  const [, digits, exponent = "0"] = /^([\d.]+)(?:e([-+]?\d+))?$/i.exec(written.replaceAll("_", "")) ?? [];
  if (digits === undefined) return 0; // in another base
  const [whole, part = ""] = digits.split(".");
  return (whole + part).replace(/^0+(?=.)/, "").length > 1 ? Number(`1e${Number(exponent) - part.length}`) : 0;
}
