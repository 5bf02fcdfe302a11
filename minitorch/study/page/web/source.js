// The script, with the step's line lit.

const source = byId("source");
const fileSelect = byId("file");
let shownFile = null;
let codeLines = [];
const firstOps = sources.map(() => new Map());
for (const op of ops) {
  if (op.file !== null && op.file !== undefined && !firstOps[op.file]?.has(op.line))
    firstOps[op.file]?.set(op.line, op.id);
}
const TOKEN =
  /("""|''')|(#.*)|([rbfu]{0,2}"(?:\\.|[^"\\])*"|[rbfu]{0,2}'(?:\\.|[^'\\])*')|\b(and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b/g;

/** A line of Python with comments, strings and keywords set apart; `open` is the quotation mark it starts inside of. */
function painted(text, open) {
  const parts = [];
  let at = 0;
  let mark = open;
  const put = (from, to, kind) => {
    if (to > from) parts.push(kind ? el("span", { className: kind }, text.slice(from, to)) : text.slice(from, to));
  };
  while (at < text.length) {
    if (mark) {
      const end = text.indexOf(mark, at);
      const stop = end < 0 ? text.length : end + 3;
      put(at, stop, "string");
      at = stop;
      if (end >= 0) mark = null;
      continue;
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    put(at, found ? found.index : text.length);
    if (!found) break;
    at = found.index + found[0].length;
    if (found[1]) {
      mark = found[1];
      put(found.index, at, "string");
    } else put(found.index, at, found[2] ? "comment" : found[3] ? "string" : "word");
  }
  return [parts, mark];
}

function loadFile(index) {
  if (index === shownFile || !sources[index]) return;
  shownFile = index;
  fileSelect.value = String(index);
  let mark = null;
  codeLines = sources[index].text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((text, number) => {
      let parts;
      [parts, mark] = painted(text, mark);
      const line = el(
        "div",
        { className: "code" },
        el("span", { className: "number" }, String(number + 1)),
        ...(parts.length ? parts : [" "]),
      );
      if (firstOps[index].has(number + 1)) {
        line.classList.add("traced");
        line.title = "choose this line's first operation";
        line.addEventListener("click", () => {
          const key = `op:${firstOps[index].get(number + 1)}`;
          choose(key);
          follow(key);
        });
      }
      if (trace.error && trace.error.file === index && trace.error.line === number + 1) line.classList.add("failed");
      return line;
    });
  source.replaceChildren(...codeLines);
}

/** Where the backward pass was called that the step belongs to. */
function passPlace() {
  if (!["pass", "backward", "accumulate", "captured"].includes(steps[now]?.kind)) return null;
  const pass = steps.findLast(({ kind }, time) => kind === "pass" && time <= now);
  return pass ? passes[pass.id] : null;
}

/** Lights the line of the chosen node, or of the step. */
function showSource() {
  const key = chosen ?? nodeOf(steps[now]);
  const place = key?.startsWith("op:") ? ops[parse(key)[1]] : chosen ? null : passPlace();
  for (const line of source.querySelectorAll(".lit")) {
    line.classList.remove("lit", "backward");
    line.removeAttribute("aria-current");
  }
  if (!place || place.file === null || place.file === undefined) return;
  loadFile(place.file);
  const line = codeLines[place.line - 1];
  if (!line) return;
  line.classList.add("lit");
  line.classList.toggle("backward", !chosen && steps[now]?.kind !== "forward");
  line.setAttribute("aria-current", "true");
  const top = line.offsetTop - source.offsetTop;
  if (top < source.scrollTop + 20 || top > source.scrollTop + source.clientHeight - 40)
    source.scrollTop = top - source.clientHeight / 3;
}
