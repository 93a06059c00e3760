// Data of one's own: a file, read as `tg.data.read_csv` reads it, and rows in the parts that `split` makes of them.

const MOST_BYTES = 5e6; // of a file
const LARGEST_NUMBER = 1e9;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

// The rows in a random order whose beginning, wherever it is cut, holds the classes in proportion (`Dataset.split`).
function orderOf(y, isClasses) {
  const order = [...new Generator(0).permutation(y.length)];
  if (!isClasses) return order;
  const place = new Float64Array(y.length);
  for (const label of new Set(y)) {
    const rows = order.filter((row) => y[row] === label);
    rows.forEach((row, k) => { place[row] = k + 1 === rows.length ? 1 : k / rows.length; });
  }
  return order.sort((a, b) => place[a] - place[b]);
}
const rising = (rows) => [...rows].sort((a, b) => a - b);

// A set of rows [x1, ..., y], training part first; y is a number, or that of a class.
function setOf(rows, names, classes) {
  const isClasses = classes.length > 0, inputs = names.length, last = (row) => row[inputs];
  const taken = rows.length > MOST.rows ? rising(orderOf(rows.map(last), isClasses).slice(0, MOST.rows)).map((k) => rows[k]) : rows;
  const order = orderOf(taken.map(last), isClasses), held = Math.round(taken.length * 0.2);
  const parted = [...rising(order.slice(held)), ...rising(order.slice(0, held))].map((k) => taken[k]);
  const x = Float64Array.from(parted.flatMap((row) => row.slice(0, inputs))), y = Float64Array.from(parted, last);
  return {
    inputs, task: isClasses ? "classification" : "regression", classes, names, x, y, z: new Float64Array(isClasses ? x.length : y.length),
    train: taken.length - held, noise: 0, fixed: true, left_out: rows.length - taken.length,
  };
}

const shown = (text) => text.replace(/[\p{C}\u2028\u2029]/gu, "?").slice(0, 60);

function cellsOf(text) { // of each line, cut where the first line has two or three cells
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const counts = (separator) => (lines[0] ?? "").split(separator).length;
  const separator = ["\t", ";", "|", ","].find((each) => [2, 3].includes(counts(each))) ?? ",";
  const bare = (cell) => cell.trim().replace(/^"(.*)"$/, "$1");
  return { separator, lines: lines.map((line) => line.split(separator).map(bare)) };
}

function readCsv(text) { // a data set, or why there is none
  if (text.includes("\0")) return _("This file is no text. Save it as CSV, in UTF-8.");
  const { separator, lines } = cellsOf(text);
  const point = (cell) => (separator === "," || cell.includes(".") ? cell : cell.replace(",", "."));
  const number = (cell) => (NUMBER.test(point(cell)) && Math.abs(point(cell)) <= LARGEST_NUMBER ? Number(point(cell)) : NaN);
  const isHeader = lines.length > 0 && lines[0].every((cell) => Number.isNaN(number(cell)));
  const rows = isHeader ? lines.slice(1) : lines, width = (lines[0] ?? []).length, inputs = width - 1;
  const good = rows.filter((row) => row.length === width && row.at(-1) !== "" && row.slice(0, -1).every((cell) => !Number.isNaN(number(cell))));
  const bad = rows.length - good.length;
  if (![2, 3].includes(width) || good.length < 5) return _("This file has no five lines of two numbers and a class, as in 0.5, -1.2, cat.");
  const x = good.map((row) => row.slice(0, -1).map(number)), last = good.map((row) => row.at(-1));
  const flat = x[0].findIndex((_, k) => x.every((row) => row[k] === x[0][k]));
  if (flat >= 0) return _("Column {column} is the same in every line, so nothing can be learned from it.", { column: flat + 1 });
  const numbers = last.map(number), different = [...new Set(last)], isNumbers = !numbers.some(Number.isNaN), distinct = new Set(numbers).size;
  const isClasses = !isNumbers || (numbers.every(Number.isInteger) && distinct <= Math.max(2, Math.min(20, Math.floor(last.length / 2))));
  const names = isHeader ? lines[0].slice(0, -1).map(shown) : Array.from({ length: inputs }, (_, k) => `x${k + 1}`);
  if (!isClasses) return { ...setOf(x.map((row, k) => [...row, numbers[k]]), names, []), bad };
  const keys = isNumbers ? [...new Set(numbers)].sort((a, b) => a - b) : different.sort();
  if (inputs !== 2) return _("A class needs two columns of numbers before it, and a number to predict one or two.");
  if (keys.length < 2 || keys.length > 4) return _("The last column has {count} different values: two to four classes can be told apart.", { count: keys.length });
  const of = isNumbers ? numbers : last;
  return { ...setOf(x.map((row, k) => [...row, keys.indexOf(of[k])]), names, keys.map((key) => shown(String(key)))), bad };
}

async function openFile() {
  const file = $("csv").files[0];
  if (!file) return;
  const tooLarge = _("This file has more than {size} MB: the page takes {rows} rows.", { size: MOST_BYTES / 1e6, rows: MOST.rows });
  const found = file.size > MOST_BYTES ? tooLarge : readCsv(await file.text());
  $("csv").value = "";
  if (typeof found === "string") return void report(found);
  const name = shown(file.name), key = name in {} || name === DRAWN ? `${name} ` : name;
  sets[key] = { ...found, csv: file.name };
  dataButtons();
  change({ data: key });
  if (found.bad) {
    report(ngettext("{n} line of the file is left out: it has no numbers and a class.", "{n} lines of the file are left out: they have no numbers and a class.", found.bad));
  }
}
