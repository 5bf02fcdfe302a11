// Boxes that fold, and nodes that are chosen.

function refold(change, stay) {
  const before = stay && shownAs(stay) && placeOf(shownAs(stay));
  const focused = graph.contains(document.activeElement);
  change();
  draw();
  const shown = stay && shownAs(stay);
  if (before && shown) {
    const after = placeOf(shown);
    view.x += (before.x - after.x) * view.scale;
    view.y += (before.y - before.h / 2 - after.y + after.h / 2) * view.scale;
    applyView();
    if (focused) {
      setRoving(shown);
      elementOf(shown)?.focus({ preventScroll: true });
    }
  }
}

/** Folds or unfolds a box: it and the boxes around it get new sizes. */
function setOpened(id, open) {
  opened[id] = open;
  for (let box = id; box !== null; box = boxes[box].parent) measured.delete(box);
}

function toggle(id) {
  refold(() => setOpened(id, !opened[id]), `box:${id}`);
  say(`${boxName(id)} ${opened[id] ? "unfolded" : "folded"}`);
}

/** Unfolds every box around a node. */
function reveal(key) {
  const around = [];
  for (let box = boxOf.get(key); box; box = boxes[box].parent) if (!opened[box]) around.push(box);
  if (around.length) refold(() => around.forEach((box) => setOpened(box, true)), key);
}

/** Enter or a click on a node: it is chosen; a box is folded or unfolded as well. */
function activate(key) {
  const [kind, id] = parse(key);
  if (kind === "box") toggle(id);
  choose(key);
}

function choose(key) {
  chosen = key;
  refresh();
  showDetail();
  showSource();
  const shown = key && parse(key)[0] !== "box" && shownAs(key);
  if (shown) say(elementOf(shown).getAttribute("aria-label"));
}

/** Folds a large graph: from the outside in, boxes are unfolded while few nodes are visible. */
function foldAtFirst() {
  measured.clear();
  if (ops.length + boxOf.size - boxes.length + 1 <= FEW) return;
  opened.fill(false);
  opened[0] = true;
  let count = boxes[0].nodes.length;
  const queue = [0];
  for (const id of queue) {
    for (const [kind, inner] of boxes[id].nodes) {
      const more = kind === "box" ? boxes[inner].nodes.filter(([side]) => side !== "in" && side !== "out").length : 0;
      if (kind !== "box" || count + more > (count <= ALONE ? MANY : FEW)) continue;
      count += more;
      opened[inner] = true;
      queue.push(inner);
    }
  }
}
