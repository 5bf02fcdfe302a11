// Zoom and pan.

let motion = 0;
let goal = view; // where a motion ends

function applyView() {
  scene.setAttribute(
    "transform",
    `translate(${view.x.toFixed(2)} ${view.y.toFixed(2)}) scale(${view.scale.toFixed(4)})`,
  );
  scene.classList.toggle("far", view.scale < 0.33);
  look();
}

/** Ends a motion where it is. */
function rest() {
  cancelAnimationFrame(motion);
  goal = view;
}

/** Moves to another view, in a moment unless motion is not wanted. */
function glide(to, atOnce = calm.matches || placed.cards.size > 400) {
  rest();
  if (atOnce) {
    Object.assign(view, to);
    applyView();
    return;
  }
  const from = { ...view };
  const begin = performance.now();
  goal = to;
  const tick = (time) => {
    const part = Math.min(1, Math.max(0, (time - begin) / 180));
    const eased = 1 - (1 - part) ** 3;
    for (const name of ["x", "y", "scale"]) view[name] = from[name] + (to[name] - from[name]) * eased;
    applyView();
    if (part < 1) motion = requestAnimationFrame(tick);
    else goal = view;
  };
  motion = requestAnimationFrame(tick);
}

function fitted() {
  const { w, h } = placed.boxes.get(0);
  const scale = Math.min(1.2, (frame.width - 40) / Math.max(1, w), (frame.height - 40) / Math.max(1, h));
  return { scale: Math.max(0.004, scale), w, h };
}

function fit(atOnce) {
  const { scale, w, h } = fitted();
  glide({ scale, x: (frame.width - w * scale) / 2, y: (frame.height - h * scale) / 2 }, atOnce);
}

function zoom(factor, x = frame.width / 2, y = frame.height / 2) {
  rest();
  const scale = Math.min(4, Math.max(0.004, view.scale * factor));
  const ratio = scale / view.scale;
  Object.assign(view, { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio });
  applyView();
}

/** Where a node is in the graph. */
function placeOf(key) {
  const card = placed.cards.get(key);
  if (card) return card;
  const box = placed.boxes.get(parse(key)[1]);
  return { x: box.x + box.w / 2, y: box.y + HEADER / 2, w: Math.min(box.w, 200), h: HEADER };
}

/** Brings a node into view; one that is in view already stays where it is. */
function follow(key, centre = false, atOnce = undefined) {
  const shown = key && shownAs(key);
  if (!shown) return;
  const at = placeOf(shown);
  const scale = centre ? Math.max(goal.scale, 0.8) : goal.scale;
  const [x, y] = [at.x * goal.scale + goal.x, at.y * goal.scale + goal.y];
  const [halfW, halfH] = [(at.w / 2) * goal.scale + 8, (at.h / 2) * goal.scale + 16];
  const seen = x - halfW >= 0 && x + halfW <= frame.width && y - halfH >= 0 && y + halfH <= frame.height;
  if (seen && scale === goal.scale) return;
  glide({ scale, x: frame.width / 2 - at.x * scale, y: frame.height * 0.45 - at.y * scale }, atOnce);
}

/** The whole graph if that can be read, else the part that the step is in. */
function overview() {
  const { scale, w } = fitted();
  if (scale >= 0.5) fit(true);
  else {
    glide({ scale: 0.85, x: frame.width / 2 - (w * 0.85) / 2, y: 24 }, true);
    follow(chosen ?? nodeOf(steps[Math.max(now, 0)]), false, true);
  }
}

new ResizeObserver(([entry]) => {
  frame.width = entry.contentRect.width;
  frame.height = entry.contentRect.height;
  look();
}).observe(graph);

// On paper the graph's pane has the size that the style sheet gives it, which is not measured before it is printed.
addEventListener("beforeprint", () => {
  Object.assign(frame, { width: 680, height: 480 });
  fit(true);
});
addEventListener("afterprint", () => {
  ({ width: frame.width, height: frame.height } = graph.getBoundingClientRect());
  overview();
});

const pointers = new Map();
let travelled = 0;
graph.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  if (!pointers.size) travelled = 0;
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
});
graph.addEventListener("pointermove", (event) => {
  if (!pointers.has(event.pointerId)) return;
  const before = [...pointers.values()].map((point) => [...point]);
  const own = pointers.get(event.pointerId);
  const [dx, dy] = [event.clientX - own[0], event.clientY - own[1]];
  travelled += Math.abs(dx) + Math.abs(dy);
  own[0] = event.clientX;
  own[1] = event.clientY;
  if (travelled < 5) return;
  rest();
  if (!graph.hasPointerCapture(event.pointerId)) graph.setPointerCapture(event.pointerId);
  graph.classList.add("dragged");
  if (pointers.size === 2) {
    const after = [...pointers.values()];
    const apart = (pair) => Math.hypot(pair[0][0] - pair[1][0], pair[0][1] - pair[1][1]) || 1;
    const area = graph.getBoundingClientRect();
    zoom(
      apart(after) / apart(before),
      (after[0][0] + after[1][0]) / 2 - area.left,
      (after[0][1] + after[1][1]) / 2 - area.top,
    );
  } else {
    view.x += dx;
    view.y += dy;
    applyView();
  }
});
const release = (event) => {
  pointers.delete(event.pointerId);
  if (!pointers.size) graph.classList.remove("dragged");
};
graph.addEventListener("pointerup", release);
graph.addEventListener("pointercancel", release);
graph.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const area = graph.getBoundingClientRect();
    const pixels = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    zoom(
      Math.exp(-Math.max(-300, Math.min(300, pixels)) * 0.0016),
      event.clientX - area.left,
      event.clientY - area.top,
    );
  },
  { passive: false },
);
graph.addEventListener("click", (event) => {
  const node = event.target.closest("[data-node]");
  if (travelled >= 5) return;
  if (node) activate(node.dataset.node);
  else choose(null);
});
graph.addEventListener("focusin", (event) => {
  const node = event.target.closest("[data-node]");
  if (node && node.matches(":focus-visible")) {
    setRoving(node.dataset.node);
    follow(node.dataset.node);
  }
});
