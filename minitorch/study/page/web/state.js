// What is done so far, and how that looks in the graph.

const PENDING = { state: "waiting", gradient: null, words: "still to come" };

function opState(id) {
  const value = ops[id].outputs[0]?.value;
  const started = happened.forward[id];
  const back = latest(happened.backward[id], now);
  if (back !== undefined) {
    const step = backward[steps[back].id];
    if (step.id === failedStep) return { state: "failed", value, gradient: null, words: "failed in backward" };
    const gradient = step.incoming.find((given) => given !== null);
    return { state: "graded", value, gradient, words: `gradient ${brief(gradient)}` };
  }
  if (ops[id].error && started <= now) return { state: "failed", value, gradient: null, words: "failed" };
  return started <= now ? { state: "done", value, gradient: null, words: brief(value) } : PENDING;
}

function leafState(id) {
  const updated = latest(happened.update[id], now);
  const arrived = latest(happened.accumulate[id], now);
  const value = updated === undefined ? leaves[id].value : updateOf(updated).after;
  const gradient = arrived === undefined ? null : accumulations[steps[arrived].id].after;
  const words = `${brief(value)}${gradient === null ? "" : `, gradient ${brief(gradient)}`}`;
  return { state: updated !== undefined ? "updated" : gradient !== null ? "graded" : "done", value, gradient, words };
}

/** The values before and after the update of a step: a leaf may have several. */
function updateOf(time) {
  const times = happened.update[steps[time].id];
  const leaf = leaves[steps[time].id];
  const after = (other) => steps[other].value ?? leaf.updated;
  const place = times.indexOf(time);
  return { before: place === 0 ? leaf.value : after(times[place - 1]), after: after(time) };
}

function boxState(id) {
  const inside = within(id).ops.map(opState);
  const count = (name) => inside.filter((member) => member.state === name).length;
  const [waiting, graded] = [count("waiting"), count("graded")];
  const state = count("failed") ? "failed" : graded ? "graded" : waiting < inside.length ? "done" : "waiting";
  const words = graded
    ? `backward ${graded} of ${inside.length}`
    : `${inside.length - waiting} of ${plural(inside.length, "operation")}`;
  return { state, words };
}

/** What a node looks like now: its state, its value, its gradient, and all that in words. */
function stateOf(kind, id) {
  if (kind === "op") return opState(id);
  if (kind === "leaf") return leafState(id);
  return kind === "box" ? boxState(id) : { state: "done", value: id, gradient: null, words: brief(id) };
}

/** Brings the graph to the present step. */
function refresh() {
  const current = nodeOf(steps[now]);
  const currentShown = current && shownAs(current);
  const picked = chosen && shownAs(chosen);
  for (const key of inView.cards) {
    const [kind, id] = parse(key);
    const parts = drawn.cards.get(key);
    const status = stateOf(kind, id);
    const classes = ["node", { box: "folded", value: "leaf" }[kind] ?? kind, status.state];
    if (kind === "op" && !ops[id].node) classes.push("apart");
    if (key === currentShown) classes.push("now");
    if (key === picked) classes.push("chosen");
    const name = {
      box: () => `${boxName(id)}, folded`,
      op: () => `${card(key).name}, operation`,
      leaf: () => `${leafName(id)}, ${leaves[id].kind || "leaf"}`,
      value: () => `${givenName(id)}, from before`,
    }[kind]();
    const state = `${classes.join(" ")}|${status.words}`;
    if (parts.state === state) continue;
    parts.state = state;
    parts.group.setAttribute("class", classes.join(" "));
    parts.group.setAttribute("aria-label", `${name}: ${status.words}`);
    if (kind === "box") parts.gradient.textContent = status.words;
    else {
      parts.value.textContent = valueText(status.value);
      if (parts.gradient) parts.gradient.textContent = gradText(status.gradient);
      parts.group.classList.toggle("bare", Boolean(parts.gradient && !parts.gradient.textContent));
    }
  }
  refreshLines();
  setRoving(visible(currentShown) && !graph.contains(document.activeElement) ? currentShown : roving);
}

const RANK = ["", "done", "graded", "feeding", "flowing"];

function lineState(line) {
  const step = steps[now];
  let rank = 0;
  let label = "";
  for (const number of line.edges) {
    const edge = layout.edges[number];
    const back = latest(happened.backward[edge.to], now);
    const sent =
      back === undefined
        ? null
        : backward[steps[back].id].outgoing.find((out) => edge.arguments.includes(out.argument) && out.value !== null);
    let own = happened.forward[edge.to] <= now ? 1 : 0;
    if (sent) own = back === now ? 4 : 2;
    else if (step?.kind === "forward" && step.id === edge.to) own = 3;
    if (own > rank) rank = own;
    if (own === 4 && rank === 4) label = valueText(sent.value);
    if (own === 3 && rank === 3)
      label = valueText(ops[edge.to].inputs.find((input) => input.name === edge.arguments[0])?.value);
  }
  return [RANK[rank], rank > 2 ? label : ""];
}

function refreshLines() {
  const labels = [];
  for (const line of inView.lines) {
    const [state, label] = lineState(line);
    write(line.element, "class", `edge ${state}${line.long ? " long" : ""}`);
    if (label) {
      const [x, y] = between(line.points);
      const text = svg("text", { y: 4 });
      text.textContent = label;
      const width = label.length * letter + 8;
      const back = svg("rect", { x: -width / 2, y: -9, width, height: 18, rx: 4 });
      labels.push(svg("g", { class: `label ${state}`, transform: shift({ x, y }) }, back, text));
    }
  }
  layers.labels.replaceChildren(...labels);
}

/** A place on the last part of an edge, near where it comes from: there edges to one node are still apart. */
function between(points) {
  const [[x0, y0], [x1, y1]] = points.slice(-2);
  return [x0 + 0.216 * (x1 - x0), y0 + 0.342 * (y1 - y0)];
}

function setRoving(key) {
  const before = roving && elementOf(roving);
  if (before) before.setAttribute("tabindex", "-1");
  roving = key;
  const after = roving && elementOf(roving);
  if (after) after.setAttribute("tabindex", "0");
}
