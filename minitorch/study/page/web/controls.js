// The timeline, the buttons and the keys.

const time = byId("time");
let player = 0;

function say(text) {
  byId("said").textContent = text;
}

function go(to) {
  const target = Math.max(-1, Math.min(steps.length - 1, to));
  now = target;
  chosen = null;
  time.value = String(now + 1);
  time.setAttribute("aria-valuetext", describe(now));
  byId("count").textContent = `${now + 1} / ${steps.length}`;
  byId("first").disabled = byId("back").disabled = now < 0;
  byId("last").disabled = byId("forward").disabled = now === steps.length - 1;
  if (document.activeElement === document.body) graph.blur();
  refresh();
  showDetail();
  showSource();
  follow(nodeOf(steps[now]));
  say(describe(now));
  if (now === steps.length - 1) stop();
}

function stop() {
  clearInterval(player);
  player = 0;
  byId("play").setAttribute("aria-pressed", "false");
  byId("play").setAttribute("aria-label", "Play");
  byId("play").textContent = "▶▶";
}

function play() {
  if (player) return stop();
  if (now === steps.length - 1) go(-1);
  player = setInterval(() => go(now + 1), Number(byId("speed").value));
  byId("play").setAttribute("aria-pressed", "true");
  byId("play").setAttribute("aria-label", "Pause");
  byId("play").textContent = "❙❙";
  return undefined;
}

function drawPhases() {
  const canvas = byId("phases");
  canvas.width = Math.max(1, Math.min(2000, steps.length));
  const picture = canvas.getContext("2d");
  const colours = {
    forward: rgb("forward"),
    backward: rgb("backward"),
    accumulate: rgb("backward"),
    pass: rgb("backward"),
    captured: rgb("backward"),
    update: rgb("update"),
  };
  for (let x = 0; x < canvas.width; x += 1) {
    const step = steps[Math.floor((x * steps.length) / canvas.width)];
    picture.fillStyle = step ? css(colours[step.kind]) : "transparent";
    picture.fillRect(x, 0, 1, 1);
  }
}

const click = (id, action) => byId(id).addEventListener("click", action);
const moves = {
  first: () => go(-1),
  back: () => go(now - 1),
  forward: () => go(now + 1),
  last: () => go(steps.length - 1),
};
for (const [id, action] of Object.entries(moves)) {
  click(id, () => {
    stop();
    action();
    const button = byId(id);
    if (button.disabled) byId(now < 0 ? "forward" : "back").focus(); // a disabled button would lose the keys
  });
}
click("play", play);
byId("speed").addEventListener("change", () => {
  if (player) {
    stop();
    play();
  }
});
time.addEventListener("input", () => {
  stop();
  go(Number(time.value) - 1);
});
click("zoom-in", () => zoom(1.3));
click("zoom-out", () => zoom(1 / 1.3));
click("zoom-fit", () => fit());
const foldAll = (open) => {
  refold(() => {
    opened.fill(open, 1);
    measured.clear();
  }, null);
  overview();
  say(open ? "All boxes unfolded" : "All boxes folded");
};
click("unfold-all", () => foldAll(true));
click("fold-all", () => foldAll(false));
fileSelect.addEventListener("change", () => loadFile(Number(fileSelect.value)));
click("help", () => {
  const hidden = (byId("keys").hidden = !byId("keys").hidden);
  byId("help").setAttribute("aria-expanded", String(!hidden));
});

const darkness = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (darkness.matches ? "dark" : "light")) === "dark";
function themed() {
  byId("theme").setAttribute("aria-pressed", String(isDark()));
  drawPhases();
  showDetail();
}
click("theme", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  themed();
});
darkness.addEventListener("change", themed);

function find(name) {
  const key = names.get(name);
  if (!key) return;
  reveal(key);
  choose(key);
  follow(key, true);
}
const names = new Map();
byId("find").addEventListener("change", (event) => find(event.target.value));

const KEYS = { ArrowRight: moves.forward, ArrowLeft: moves.back, Home: moves.first, End: moves.last };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input, select, textarea");
  if (field && field !== time) {
    if (event.key === "Escape") field.blur();
    return;
  }
  const node = event.target.closest?.("[data-node]");
  if (KEYS[event.key]) {
    stop();
    KEYS[event.key]();
  } else if (node && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const all = order();
    const next = all[all.indexOf(node.dataset.node) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      setRoving(next);
      elementOf(next).focus({ preventScroll: true });
      follow(next);
    }
  } else if (node && (event.key === "Enter" || event.key === " ")) activate(node.dataset.node);
  else if (event.key === " " && !event.target.closest("button, summary, a")) play();
  else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") fit();
  else if (event.key === "Escape") choose(null);
  else return;
  event.preventDefault();
});

function start() {
  byId("title").textContent = trace.title || "trace";
  const facts = [
    trace.step === null || trace.step === undefined ? null : `step ${trace.step}`,
    trace.engine,
    plural(ops.length, "operation"),
    plural(leaves.filter((leaf) => leaf.kind === "parameter").length, "parameter"),
  ];
  byId("facts").textContent = facts.filter(Boolean).join(" · ");
  if (trace.error) {
    const { type, message, file, line } = trace.error;
    const place = file !== null && file !== undefined && sources[file] ? ` (${sources[file].path}, line ${line})` : "";
    byId("error").textContent = `The script failed: ${type}: ${message}${place}. Shown is all that came before.`;
    byId("error").hidden = false;
    document.querySelector(".key.error").hidden = false;
  }
  sources.forEach((file, index) => fileSelect.append(el("option", { value: index }, file.path)));
  fileSelect.hidden = sources.length < 2;
  if (sources.length === 1) byId("source-title").textContent = sources[0].path;
  if (!sources.length) source.append(el("p", { className: "quiet" }, "No script: the lines were not recorded."));
  loadFile(trace.error?.file ?? ops.find((op) => op.file !== null && op.file !== undefined)?.file ?? 0);
  for (const leaf of leaves) if (leaf.name && boxOf.has(`leaf:${leaf.id}`)) names.set(leaf.name, `leaf:${leaf.id}`);
  boxes.forEach((_, id) => {
    if (id && boxOf.has(`box:${id}`)) names.set(boxName(id), `box:${id}`);
  });
  for (const key of boxOf.keys()) if (key.startsWith("value:")) names.set(givenName(parse(key)[1]), key);
  for (const op of ops)
    names.set(`${values[op.outputs[0]?.value]?.name ?? opName(op.id)} · operation ${op.id}`, `op:${op.id}`);
  byId("names").append(...[...names.keys()].slice(0, 3000).map((name) => el("option", { value: name })));
  const nested = boxes.length > 1;
  byId("unfold-all").hidden = byId("fold-all").hidden = !nested;
  byId("graph-text").textContent =
    `${plural(ops.length, "operation")}, ${plural(leaves.length, "leaf").replace("leafs", "leaves")}${nested ? ` and ${plural(boxes.length - 1, "module call")}` : ""}, from the inputs at the top to the result at the bottom. Tab enters the graph, the keys up and down go from node to node, Enter chooses.`;
  time.max = String(steps.length);
  ({ width: frame.width, height: frame.height } = graph.getBoundingClientRect());
  foldAtFirst();
  draw();
  overview();
  themed();
  const failure = steps.findIndex(
    ({ kind, id }) =>
      (kind === "backward" && id === failedStep) || (kind === "forward" && failedStep === null && id === failedOp),
  );
  go(trace.error ? failure : -1);
  document.documentElement.dataset.ready = "yes";
}

start();
