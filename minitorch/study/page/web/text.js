// Elements, and numbers in words.

const trace = JSON.parse(document.getElementById("trace").textContent);
const layout = JSON.parse(document.getElementById("layout").textContent);
const {
  values = [],
  ops = [],
  leaves = [],
  backward = [],
  accumulations = [],
  captured = [],
  passes = [],
  events = [],
  sources = [],
} = trace;
const FEW = 60; // as many nodes are shown unfolded at first
const [ALONE, MANY] = [8, 200]; // or this many, where there would be no more than that few
const CELLS = 144; // as many elements are shown as numbers, more as a heat map
const WIDE = 8; // in as many columns at most
const LINE = 48; // as many elements of a vector are numbers
const WRAP = 4; // as many elements of a vector are in a line of its table
const CHAIN = 12; // as many rows of a chain-rule table are shown
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const byId = (id) => document.getElementById(id);

/** An element; `options` are properties, or attributes where they have a hyphen; text is always text, never markup. */
function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const clipped = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const size = (shape) => shape.reduce((product, length) => product * length, 1);
const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
const whole = (dtype) => /^u?int/.test(dtype);

function bytesText(count) {
  if (count < 1024) return `${count} B`;
  return count < 1 << 20 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / (1 << 20)).toFixed(1)} MiB`;
}

function secondsText(seconds) {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(1)} µs`;
}

/** A number as Python writes a float: 3 is "3.0". */
function floatText(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (Object.is(number, -0)) return "-0.0";
  const text = number !== 0 && Math.abs(number) < 1e-4 ? number.toExponential() : String(number);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** The fewest digits that give the number back in its dtype. */
function exactText(number, dtype) {
  if (whole(dtype)) return String(number);
  if (dtype === "bool") return number ? "True" : "False";
  if (dtype !== "float32" || !Number.isFinite(number)) return floatText(number);
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === number) return floatText(shorter);
  }
  return floatText(Number(number.toPrecision(9)));
}

function shortText(number, dtype, digits = 4) {
  if (whole(dtype) || dtype === "bool" || !Number.isFinite(number)) return exactText(number, dtype);
  return floatText(Number(number.toPrecision(digits)));
}

/** What JSON has no number for comes as a string. */
function toNumber(member) {
  if (typeof member === "number") return member;
  return { inf: Infinity, "-inf": -Infinity, Infinity, "-Infinity": -Infinity }[member] ?? NaN;
}

/** A value in a word or two: the number if it is one, else its shape. */
function brief(id) {
  if (id === null || id === undefined) return "none";
  const { shape, dtype, summary } = values[id];
  if (size(shape) !== 1 || !summary) return shapeText(shape);
  if (summary.nan) return "nan";
  return shortText(toNumber(summary.min ?? summary.mean), dtype);
}

const single = (id) => id !== null && id !== undefined && size(values[id].shape) === 1 && brief(id)[0] !== "(";
