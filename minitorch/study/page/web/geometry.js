// Where the nodes and edges of the graph are: igraph's rows and columns, with the sizes that the folds give.

const PAD = 16;
const HEADER = 28;
const ROW = 40;
const GAP = 22;
const boxes = layout.boxes;
const boxOf = new Map(); // the box that a node is in, by the node's key
boxes.forEach((box, number) =>
  box.nodes.forEach(([kind, id]) => {
    if (kind !== "in" && kind !== "out") boxOf.set(`${kind}:${id}`, number);
  }),
);
const opened = boxes.map(() => true);
const measured = new Map(); // the sizes of unfolded boxes, until something in them is folded
const pen = document.createElement("canvas").getContext("2d");
pen.font = "12px ui-monospace, Menlo, Consolas, monospace";
const letter = pen.measureText("0000000000").width / 10;

const boxName = (box) =>
  `${boxes[box].path || "whole"}${boxes[box].call === null || boxes[box].call === undefined ? "" : ` (call ${boxes[box].call})`}`;

/** The three lines of a card: the name, the value, the gradient; the last two for a moment, or at their widest. */
const cards = new Map();
function card(key) {
  if (!cards.has(key)) {
    const [kind, id] = parse(key);
    const lines = { box: boxLines, op: opLines, leaf: leafLines, value: valueLines }[kind](id);
    const widest = Math.max(lines.name.length * 1.09, ...lines.others.map((text) => text.length));
    cards.set(key, {
      name: lines.name,
      w: Math.max(72, widest * letter + 24),
      h: lines.rows === 3 ? 60 : 44,
      rows: lines.rows,
    });
  }
  return cards.get(key);
}

const gradText = (id) =>
  id === null || id === undefined ? "" : single(id) ? `grad ${brief(id)}` : `‖grad‖ ${normText(id)}`;
const normText = (id) =>
  values[id].summary?.norm === undefined ? "" : shortText(toNumber(values[id].summary.norm), "float", 3);
const valueText = (id) =>
  id === null || id === undefined
    ? ""
    : single(id)
      ? brief(id)
      : values[id].shape.length
        ? values[id].shape.join("×")
        : "()";

function opLines(id) {
  const op = ops[id];
  const grads = happened.backward[id].map((time) =>
    gradText(backward[steps[time].id].incoming.find((value) => value !== null)),
  );
  const name = values[op.outputs[0]?.value]?.name;
  return {
    name: clipped(name ? `${name} = ${opName(id)}` : opName(id), 30),
    others: [valueText(op.outputs[0]?.value), ...grads],
    rows: grads.length ? 3 : 2,
  };
}

function leafLines(id) {
  const leaf = leaves[id];
  const grads = happened.accumulate[id].map((time) => gradText(accumulations[steps[time].id].after));
  const short = leafName(id);
  const home = boxes[boxOf.get(`leaf:${id}`) ?? 0].path;
  const name = home && short.startsWith(`${home}.`) ? short.slice(home.length + 1) : short;
  return {
    name: clipped(name, 30),
    others: [valueText(leaf.value), valueText(leaf.updated), ...grads],
    rows: grads.length ? 3 : 2,
  };
}

function valueLines(id) {
  return { name: clipped(givenName(id), 30), others: [valueText(id)], rows: 2 };
}

function boxLines(id) {
  const box = boxes[id];
  const count = within(id).ops.length;
  return { name: clipped(boxName(id), 34), others: [boxKind(box, 34), `backward ${count} of ${count}`], rows: 3 };
}

const boxKind = (box, length) => clipped(box.type ? `${box.type}(${box.extra || ""})` : "", length);

const contents = new Map();
/** The operations and leaves anywhere in a box. */
function within(id) {
  if (!contents.has(id)) {
    const found = { ops: [], leaves: [] };
    for (const [kind, inner] of boxes[id].nodes) {
      if (kind === "op") found.ops.push(inner);
      else if (kind === "leaf") found.leaves.push(inner);
      else if (kind === "box") {
        found.ops.push(...within(inner).ops);
        found.leaves.push(...within(inner).leaves);
      }
    }
    contents.set(id, found);
  }
  return contents.get(id);
}

/** New columns for items {column, row, width}: the order stays, equal columns stay equal, and nothing overlaps. */
function packed(items, sign) {
  const order = items.map((_, number) => number).sort((a, b) => sign * (items[a].column - items[b].column));
  const filled = [];
  const xs = new Array(items.length).fill(0);
  let x = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && Math.abs(items[order[end]].column - items[order[start]].column) < 1e-6) {
      const item = items[order[end]];
      x = Math.max(x, (filled[item.row] ?? -Infinity) + item.width / 2);
      end += 1;
    }
    for (; start < end; start += 1) {
      const item = items[order[start]];
      xs[order[start]] = x;
      filled[item.row] = x + item.width / 2;
    }
  }
  return xs;
}

/** Sizes and places in an unfolded box, from its upper left corner. */
function measure(id) {
  if (measured.has(id)) return measured.get(id);
  const box = boxes[id];
  const sizes = box.nodes.map(([kind, inner]) => {
    if (kind === "in" || kind === "out") return { w: 0, h: 0 };
    return kind === "box" && opened[inner] ? measure(inner) : card(`${kind}:${inner}`);
  });
  const heights = [];
  box.rows.forEach((row, node) => {
    heights[row] = Math.max(heights[row] ?? 0, sizes[node].h);
  });
  const tops = [];
  let y = id === 0 ? 0 : HEADER + (heights[0] === 0 ? 14 : 0); // room for the edges that come in
  for (let row = 0; row < heights.length; row += 1) {
    const border = heights[row] === 0;
    if (border && row === 0) tops[row] = 0;
    else {
      tops[row] = y;
      y += heights[row] + ROW * (row + 1 < heights.length && heights[row + 1] === 0 ? 0.45 : 1);
    }
  }
  const last = heights.length - 1;
  const hasOut = last >= 0 && heights[last] === 0 && last > 0;
  let h = hasOut ? tops[last] : y - ROW + (id === 0 ? 0 : PAD);
  h = Math.max(h, id === 0 ? 0 : HEADER + PAD);
  if (hasOut) tops[last] = h;

  const items = box.nodes.map((_, node) => ({
    column: box.columns[node],
    row: box.rows[node],
    width: sizes[node].w + GAP,
  }));
  box.bends.forEach((path) => path.forEach(([row, column]) => items.push({ column, row, width: 12 })));
  const left = packed(items, 1);
  const right = packed(items, -1);
  const end = Math.max(0, ...right);
  const xs = left.map((x, number) => (x + end - right[number]) / 2);
  let from = Infinity;
  let to = -Infinity;
  items.forEach((item, number) => {
    const half = Math.max(0, (item.width - GAP) / 2);
    from = Math.min(from, xs[number] - half);
    to = Math.max(to, xs[number] + half);
  });
  if (!items.length) [from, to] = [0, 0];
  const label = id === 0 ? 0 : clipped(boxName(id), 40).length * 7.6 + Math.min(boxKind(box, 34).length, 34) * 7 + 50;
  const margin = id === 0 ? 0 : PAD;
  const w = Math.max(to - from + 2 * margin, label);
  const shift = (w - (to - from)) / 2 - from;
  let next = box.nodes.length;
  const result = {
    w,
    h,
    tops,
    heights,
    sizes,
    xs: xs.slice(0, next).map((x) => x + shift),
    bends: box.bends.map((path) =>
      path.map(([row]) => {
        next += 1;
        return [xs[next - 1] + shift, row];
      }),
    ),
  };
  measured.set(id, result);
  return result;
}

/** Where everything visible is: the cards by key, the unfolded boxes, and those boxes' own measures. */
function place() {
  const placed = { cards: new Map(), boxes: new Map() };
  const visit = (id, x, y) => {
    const own = measure(id);
    placed.boxes.set(id, { x, y, ...own });
    boxes[id].nodes.forEach(([kind, inner], node) => {
      if (kind === "in" || kind === "out") return;
      const row = boxes[id].rows[node];
      const { w, h } = own.sizes[node];
      const at = { x: x + own.xs[node], y: y + own.tops[row] + own.heights[row] / 2, w, h };
      if (kind === "box" && opened[inner]) visit(inner, at.x - w / 2, at.y - h / 2);
      else placed.cards.set(`${kind}:${inner}`, at);
    });
  };
  visit(0, 0, 0);
  return placed;
}

/** The points of a drawn edge, from what it leaves to what it enters; null where both ends are in one folded box. */
function route(path, placed) {
  const points = [];
  let target = null;
  let long = false;
  for (const [number, edge] of path) {
    const at = placed.boxes.get(number);
    if (!at) continue;
    const box = boxes[number];
    const [from, to] = box.edges[edge];
    const anchor = (node, entering) => {
      const [kind, inner] = box.nodes[node];
      if (kind === "in") points.push([at.x + at.xs[node], at.y], [at.x + at.xs[node], at.y + HEADER - 10]);
      else if (kind === "out") points.push([at.x + at.xs[node], at.y + at.h]);
      else {
        const card = placed.cards.get(`${kind}:${inner}`);
        if (card) points.push([card.x, card.y + (entering ? -card.h / 2 : card.h / 2)]);
        if (card && entering) target = `${kind}:${inner}`;
      }
    };
    anchor(from, false);
    for (const [x, row] of at.bends[edge]) {
      points.push([at.x + x, at.y + at.tops[row]]);
      if (at.heights[row]) points.push([at.x + x, at.y + at.tops[row] + at.heights[row]]);
    }
    if (!at.bends[edge].length && box.rows[to] - box.rows[from] > 1) long = true;
    anchor(to, true);
  }
  return points.length < 2 ? null : { points, target, long };
}

function curve(points) {
  let text = `M${points[0][0].toFixed(1)} ${points[0][1].toFixed(1)}`;
  for (let number = 1; number < points.length; number += 1) {
    const [[x0, y0], [x1, y1]] = [points[number - 1], points[number]];
    const middle = (y0 + y1) / 2;
    text +=
      Math.abs(x0 - x1) < 0.5
        ? `L${x1.toFixed(1)} ${y1.toFixed(1)}`
        : `C${x0.toFixed(1)} ${middle.toFixed(1)} ${x1.toFixed(1)} ${middle.toFixed(1)} ${x1.toFixed(1)} ${y1.toFixed(1)}`;
  }
  return text;
}
