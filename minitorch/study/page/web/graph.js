// The graph, drawn: what is in view, as SVG.

const graph = byId("graph");
const scene = svg("g", { id: "scene" });
const layers = Object.fromEntries(["boxes", "edges", "nodes", "titles", "labels"].map((name) => [name, svg("g")]));
scene.append(...Object.values(layers));
graph.append(scene);
const drawn = { cards: new Map(), boxes: new Map(), titles: new Map(), lines: new Map() };
let placed = place();
let lines = [];
const view = { x: 0, y: 0, scale: 1 };
const inView = { cards: [], lines: [] };
let now = -1;
let chosen = null; // a node that was picked by hand; null: the step's own
let roving = null;

function keep(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

function makeCard(key) {
  const [kind] = parse(key);
  const { name, w, h, rows } = card(key);
  const group = svg("g", { role: "button", tabindex: "-1", "data-node": key });
  const radius = kind === "leaf" || kind === "value" ? h / 2 : 8;
  if (kind === "box")
    group.append(svg("rect", { class: "card", x: -w / 2 + 4, y: -h / 2 + 4, width: w, height: h, rx: 8 }));
  group.append(svg("rect", { class: "card", x: -w / 2, y: -h / 2, width: w, height: h, rx: radius }));
  const line = (label, y) => {
    const made = svg("text", { class: label, y });
    group.append(made);
    return made;
  };
  const top = rows === 3 ? -13 : -4;
  line("name", top).textContent = name;
  const parts = {
    group,
    value: line("value", top + 17),
    gradient: rows === 3 ? line("gradient", top + 34) : null,
    state: null,
  };
  if (kind === "box") {
    group.setAttribute("aria-expanded", "false");
    parts.value.textContent = boxKind(boxes[parse(key)[1]], 34);
  }
  return parts;
}

function makeTitle(id) {
  const label = boxName(id);
  const key = `box:${id}`;
  const group = svg("g", { class: "title", role: "button", tabindex: "-1", "data-node": key, "aria-expanded": "true" });
  const text = svg("text", { x: 10, y: 19 });
  text.textContent = `▾ ${clipped(label, 40)} `;
  const extra = svg("tspan", { class: "extra" });
  extra.textContent = boxKind(boxes[id], 34);
  text.append(extra);
  group.append(svg("rect", { x: 0, y: 0, width: 10, height: HEADER, rx: 8 }), text);
  group.setAttribute(
    "aria-label",
    `${label} ${boxKind(boxes[id], 80)}, unfolded, ${plural(within(id).ops.length, "operation")}`,
  );
  return group;
}

/** Sets an attribute that may have that value already, which is then not written again. */
function write(element, name, text) {
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Makes these elements a layer's own; those that are in it already are not touched, since moving them takes time. */
function fill(layer, elements, ordered = false) {
  if (ordered && elements.some((element, number) => layer.children[number] !== element)) layer.replaceChildren(); // boxes lie on boxes
  const wanted = new Set(elements);
  for (const old of [...layer.children]) if (!wanted.has(old)) old.remove();
  const added = document.createDocumentFragment();
  for (const element of elements) if (element.parentNode !== layer) added.append(element);
  layer.append(added);
}

const shift = (at) => `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`;

/** The element of a card, an unfolded box or its title, in its place. Elements are kept: making them takes time. */
function cardElement(key) {
  const { group } = keep(drawn.cards, key, () => makeCard(key));
  write(group, "transform", shift(placed.cards.get(key)));
  return group;
}

function boxElement(id) {
  const group = keep(drawn.boxes, id, () => svg("g", { class: "box" }, svg("rect", { rx: 10 })));
  const at = placed.boxes.get(id);
  write(group, "transform", shift(at));
  write(group.firstChild, "width", at.w.toFixed(1));
  write(group.firstChild, "height", at.h.toFixed(1));
  return group;
}

function titleElement(id) {
  const title = keep(drawn.titles, id, () => makeTitle(id));
  const at = placed.boxes.get(id);
  write(title, "transform", shift(at));
  write(title.firstChild, "width", at.w.toFixed(1));
  return title;
}

/** Finds a place for all that these folds leave visible, and draws what is in view. */
function draw() {
  placed = place();
  findLines();
  if (!visible(roving)) roving = order()[0] ?? null;
  look(true);
}

const frame = { width: 800, height: 600 }; // the size of the graph's pane
let looked = null; // what part of the graph was drawn last

/** Draws the part of the graph that is in view, and as much around it: the rest of a large graph is not made. */
function look(anew = false) {
  const [x0, y0] = [-view.x / view.scale, -view.y / view.scale];
  const [x1, y1] = [(frame.width - view.x) / view.scale, (frame.height - view.y) / view.scale];
  if (
    !anew &&
    looked &&
    x0 >= looked.x0 &&
    y0 >= looked.y0 &&
    x1 <= looked.x1 &&
    y1 <= looked.y1 &&
    x1 - x0 > looked.narrow
  )
    return;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const area = { x0: x0 - dx / 2, y0: y0 - dy / 2, x1: x1 + dx / 2, y1: y1 + dy / 2, narrow: dx / 3 };
  looked = area;
  const meets = (left, top, right, bottom) =>
    left <= area.x1 && right >= area.x0 && top <= area.y1 && bottom >= area.y0;
  const keys = [];
  for (const [key, at] of placed.cards) {
    if (key === roving || meets(at.x - at.w / 2, at.y - at.h / 2, at.x + at.w / 2, at.y + at.h / 2)) keys.push(key);
  }
  const ids = [];
  for (const [id, at] of placed.boxes) {
    if (id !== 0 && (`box:${id}` === roving || meets(at.x, at.y, at.x + at.w, at.y + at.h))) ids.push(id);
  }
  inView.cards = keys;
  inView.lines = lines.filter((line) => meets(...line.area));
  fill(layers.boxes, ids.map(boxElement), true);
  fill(layers.edges, inView.lines.map(lineElement));
  fill(layers.nodes, keys.map(cardElement));
  fill(layers.titles, ids.map(titleElement));
  refresh();
}

/** The lines to draw: edges that these folds lay upon each other are one line. */
function findLines() {
  const found = new Map();
  layout.edges.forEach((edge, number) => {
    const seen = edge.path.filter(([box]) => placed.boxes.has(box));
    const key = seen.join(";");
    if (!seen.length) return;
    if (!found.has(key)) found.set(key, { key, path: seen, edges: [] });
    found.get(key).edges.push(number);
  });
  lines = [];
  const arriving = new Map();
  for (const line of found.values()) {
    const way = route(line.path, placed);
    if (!way) continue;
    Object.assign(line, way);
    lines.push(line);
    if (way.target) {
      if (!arriving.has(way.target)) arriving.set(way.target, []);
      arriving.get(way.target).push(line);
    }
  }
  for (const [key, group] of arriving) {
    const width = placed.cards.get(key).w - 24;
    const gap = Math.min(18, width / group.length);
    group.sort((a, b) => a.points.at(-2)[0] - b.points.at(-2)[0]);
    group.forEach((line, number) => {
      line.points.at(-1)[0] += (number - (group.length - 1) / 2) * gap;
    });
  }
  for (const line of lines) {
    const [xs, ys] = [line.points.map(([x]) => x), line.points.map(([, y]) => y)];
    line.area = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
}

function lineElement(line) {
  line.element = keep(drawn.lines, line.key, () => svg("path", { class: "edge" }));
  write(line.element, "d", curve(line.points));
  return line.element;
}

const visible = (key) =>
  key !== null && (placed.cards.has(key) || (key.startsWith("box:") && placed.boxes.has(parse(key)[1])));

/** The card or unfolded box that shows a node: itself, or the folded box around it. */
function shownAs(key) {
  let shown = key;
  while (shown && !visible(shown)) {
    const box = boxOf.get(shown);
    if (!box) return null;
    shown = `box:${box}`;
  }
  return shown;
}

/** The element of a visible node, which is drawn if it was out of view. */
function elementOf(key) {
  const [kind, id] = parse(key);
  const card = placed.cards.has(key);
  const element = card ? cardElement(key) : kind === "box" && placed.boxes.has(id) ? titleElement(id) : null;
  if (element && !element.isConnected) {
    (card ? layers.nodes : layers.titles).append(element);
    if (card) inView.cards.push(key);
  }
  return element;
}

/** The visible nodes from top to bottom: the order of the keys ↑ and ↓. */
function order() {
  const all = [...placed.cards].map(([key, at]) => [key, at.y - at.h / 2, at.x]);
  for (const [id, at] of placed.boxes) if (id !== 0) all.push([`box:${id}`, at.y, at.x]);
  return all.sort((a, b) => a[1] - b[1] || a[2] - b[2]).map(([key]) => key);
}
