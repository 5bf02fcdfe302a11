// What is said of the chosen node.

const detail = byId("detail");
const elementwise = new Set(layout.elementwise);
let shownDetail = null;

const link = (text, key) =>
  el(
    "button",
    {
      type: "button",
      className: "link",
      onclick: () => {
        reveal(key);
        choose(key);
        follow(key);
      },
    },
    text,
  );

function origin(from) {
  if (!from) return null;
  if (from.other !== undefined) return from.other;
  return from.leaf !== undefined
    ? link(leafName(from.leaf), `leaf:${from.leaf}`)
    : link(`${opName(from.op)} (operation ${from.op})`, `op:${from.op}`);
}

const row = (title, note, ...rest) =>
  el(
    "div",
    { className: "row" },
    el("div", { className: "what" }, title, note ? " " : "", note ? el("small", {}, note) : null),
    ...rest,
  );

function opDetail(id) {
  const op = ops[id];
  const parts = [el("h2", {}, opName(id), " ", el("small", {}, op.node ?? "not recorded for backward"))];
  const badges = [`operation ${id}`];
  if (op.module !== null && op.module !== undefined) badges.push(trace.modules[op.module].path);
  if (op.file !== null && op.file !== undefined)
    badges.push(`${sources[op.file].path}:${op.line}${op.function ? ` in ${op.function}` : ""}`);
  if (op.phase && op.phase !== "forward") badges.push(op.phase);
  if (op.view) badges.push("a view: shares its input's memory");
  if (op.within !== null && op.within !== undefined)
    badges.push(`inside ${opName(op.within)} (operation ${op.within})`);
  if (op.in_place) badges.push("writes in place");
  if (op.seconds !== null && op.seconds !== undefined) badges.push(secondsText(op.seconds));
  if (op.bytes) badges.push(bytesText(op.bytes));
  parts.push(el("p", {}, ...badges.map((text) => el("span", { className: "badge" }, text))));
  if (op.error) parts.push(el("p", { className: "failure" }, op.error));
  if (op.doc) parts.push(el("p", { className: "doc" }, ...docText(op.doc)));

  const back = [...happened.backward[id]];
  const reached = latest(back, now);
  const own = steps[now]?.kind === "backward" && nodeOf(steps[now]) === `op:${id}`;
  const forwards = forwardDetail(op);
  const backwards = back.map((time) => backwardDetail(backward[steps[time].id], op, time));
  if (own) {
    parts.push(...backwards[back.indexOf(now)]);
    parts.push(el("details", {}, el("summary", {}, "Forward: inputs, output, saved values"), ...forwards));
  } else {
    parts.push(...forwards);
    backwards.forEach((section, number) => {
      const done = reached !== undefined && back[number] <= reached;
      const title = back.length > 1 ? `Backward, pass ${number + 1}` : "Backward";
      parts.push(
        el(
          "details",
          { open: done, className: "backwards" },
          el("summary", {}, done ? title : `${title}: still to come`),
          ...section,
        ),
      );
    });
  }
  return parts;
}

/** A docstring; what stands between backquotes is code. */
function docText(doc) {
  return doc
    .trim()
    .split(/`+([^`]+)`+/)
    .map((text, number) => (number % 2 ? el("code", { className: "formula" }, text) : text));
}

function forwardDetail(op) {
  const parts = [];
  if (
    op.outputs.length === 1 &&
    single(op.outputs[0].value) &&
    op.inputs.length &&
    op.inputs.every((input) => single(input.value))
  ) {
    const given = op.inputs.map((input) => `${inputName(input)} = ${brief(input.value)}`).join(", ");
    parts.push(
      el("p", { className: "equation forwards" }, `${opName(op.id)}(${given}) = ${brief(op.outputs[0].value)}`),
    );
  }
  parts.push(el("h3", {}, "Inputs"));
  for (const input of op.inputs) {
    const from =
      origin(input.from) ??
      (boxOf.has(`value:${input.value}`) ? link(givenName(input.value), `value:${input.value}`) : null);
    parts.push(
      row(
        input.name,
        valueName(input.value, ""),
        from ? el("p", { className: "quiet" }, "from ", from) : null,
        valueView(input.value, input.name),
      ),
    );
  }
  if (!op.inputs.length) parts.push(el("p", { className: "quiet" }, "no tensors"));
  const named = Object.entries(op.arguments ?? {});
  if (named.length) {
    parts.push(el("h3", {}, "Arguments"));
    for (const [name, given] of named)
      parts.push(
        el("p", {}, el("code", { className: "formula" }, `${name} = ${given?.shown ?? JSON.stringify(given)}`)),
      );
  }
  parts.push(el("h3", {}, op.outputs.length > 1 ? "Outputs" : "Output"));
  op.outputs.forEach((output, number) => {
    const note = `${valueName(output.value, "")}${output.requires_grad ? " requires grad" : ""}`.trim();
    parts.push(
      row(
        output.name || `out${op.outputs.length > 1 ? ` ${number}` : ""}`,
        note,
        valueView(output.value, "the output"),
      ),
    );
  });
  if (!op.outputs.length) parts.push(el("p", { className: "quiet" }, op.error ? "none: it failed" : "none"));
  if (op.saved?.length) {
    const time = happened.backward[op.id].find((step) => backward[steps[step].id].freed?.length);
    parts.push(el("h3", {}, "Saved for backward"));
    parts.push(
      el(
        "p",
        {},
        ...op.saved.map((saved) =>
          el(
            "span",
            { className: "badge" },
            saved.shown === undefined
              ? `${saved.name} ${shapeText(values[saved.value]?.shape ?? [])}`
              : `${saved.name} = ${saved.shown}`,
          ),
        ),
      ),
    );
    const bytes = time === undefined ? 0 : backward[steps[time].id].freed_bytes;
    parts.push(
      el(
        "p",
        { className: "quiet" },
        time === undefined
          ? "Not freed in this trace."
          : `Freed by backward, in step ${time + 1}${bytes ? ` (${bytesText(bytes)})` : ""}${time <= now ? "." : ", still to come."}`,
      ),
    );
  }
  if (op.rules?.length) {
    parts.push(el("h3", { className: "backwards" }, "Gradient rules"));
    for (const rule of op.rules) {
      parts.push(el("p", {}, `${rule.argument}: `, el("code", { className: "formula" }, rule.formula ?? "")));
      if (rule.doc) parts.push(el("p", { className: "quiet doc" }, ...docText(rule.doc)));
    }
  }
  return parts;
}

/** Where a gradient came from: "2.0 + 3.0 = 5.0" where several were added up. */
function sumView(parts, total, what) {
  if (!parts?.length) return [];
  const name = (part) => {
    if (part.step === null || part.step === undefined) return "where backward starts";
    const step = backward[part.step];
    return `${step.name}${part.argument ? `, for ${part.argument}` : ""}`;
  };
  if (parts.length === 1) return [el("p", { className: "quiet" }, `From ${name(parts[0])}.`)];
  const rows = [
    el("p", { className: "quiet" }, `${what} is used ${parts.length} times, so its gradients are added up:`),
  ];
  if (parts.every((part) => single(part.value)) && single(total)) {
    rows.push(
      el("p", { className: "equation" }, `${parts.map((part) => brief(part.value)).join(" + ")} = ${brief(total)}`),
    );
    rows.push(el("p", { className: "quiet" }, parts.map((part) => `${brief(part.value)}: ${name(part)}`).join("; ")));
  } else
    parts.forEach((part, number) =>
      rows.push(row(`part ${number + 1}`, name(part), valueView(part.value, `part ${number + 1}`))),
    );
  return rows;
}

function backwardDetail(step, op, time) {
  const parts = step.error ? [el("p", { className: "failure" }, step.error)] : [];
  parts.push(
    el(
      "h3",
      { className: "backwards" },
      step.incoming.filter((value) => value !== null).length > 1 ? "Incoming gradients" : "Incoming gradient",
    ),
  );
  step.incoming.forEach((value, output) => {
    if (value === null || value === undefined) return;
    const name = op ? outputName(op, output) : step.name;
    parts.push(
      row(
        `g = ∂${lossName}/∂${name}`,
        op && op.outputs.length > 1 ? `output ${output}` : "",
        ...sumView(step.parts?.[output], value, name),
        valueView(value, "the incoming gradient"),
      ),
    );
  });
  for (const out of step.outgoing) parts.push(...chainDetail(step, op, out));
  if (!step.outgoing.length) parts.push(el("p", { className: "quiet" }, "It passes no gradient on."));
  const notes = [];
  if (step.freed?.length)
    notes.push(`Freed: ${step.freed.join(", ")}${step.freed_bytes ? ` (${bytesText(step.freed_bytes)})` : ""}.`);
  if (step.hooked) notes.push("A hook was called with this gradient, and may have changed it.");
  if (step.seconds !== null && step.seconds !== undefined)
    notes.push(`Step ${time + 1}, ${secondsText(step.seconds)}.`);
  parts.push(el("p", { className: "quiet" }, notes.join(" ")));
  return parts;
}

/** One argument of a backward step: the rule, the local derivative, the product, and what is passed on. */
function chainDetail(step, op, out) {
  const name = outgoingName(step, out);
  const parts = [
    el("h3", { className: "backwards" }, `Gradient of ${out.argument}${name === out.argument ? "" : ` (${name})`}`),
  ];
  const rule = op?.rules?.find((member) => member.argument === out.argument);
  if (rule?.formula) parts.push(el("p", {}, "Rule: ", el("code", { className: "formula" }, rule.formula)));
  if (rule?.doc) parts.push(el("p", { className: "quiet doc" }, ...docText(rule.doc)));
  if (out.value === null || out.value === undefined) return [...parts, el("p", { className: "quiet" }, "No gradient.")];
  const raw = out.raw ?? out.value;
  if (op) parts.push(localDetail(step, op, out.argument, raw, rule?.formula, name));
  const [before, after] = [values[raw].shape, values[out.value].shape];
  if (shapeText(before) !== shapeText(after)) {
    parts.push(
      row(
        "Broadcasting undone",
        `${shapeText(before)} → ${shapeText(after)}`,
        el(
          "p",
          { className: "quiet" },
          "Forward repeated the argument; backward adds the gradients of the repetitions up.",
        ),
        valueView(raw, "the rule's result"),
      ),
    );
  } else if (values[raw].dtype !== values[out.value].dtype)
    parts.push(
      el(
        "p",
        { className: "quiet" },
        `Brought to the argument's dtype: ${values[raw].dtype} → ${values[out.value].dtype}.`,
      ),
    );
  const to = origin(out.to);
  parts.push(
    row(
      `∂${lossName}/∂${name}`,
      "outgoing",
      to ? el("p", { className: "quiet" }, "goes to ", to) : null,
      valueView(out.value, "the outgoing gradient"),
    ),
  );
  return parts;
}

/** The local derivative and the chain rule in numbers, where it is a number for each element. */
function localDetail(step, op, argument, raw, formula, name) {
  const given = step.incoming.filter((value) => value !== null && value !== undefined);
  const input = op.inputs.find((member) => member.name === argument);
  const own = outputName(op);
  const [m, n] = [
    size(values[op.outputs[0]?.value]?.shape ?? []),
    size(values[input?.value]?.shape ?? values[raw].shape),
  ];
  const toOne = given.length === 1 && size(values[given[0]].shape) === 1;
  const each =
    given.length === 1 && elementwise.has(op.id) && shapeText(values[given[0]].shape) === shapeText(values[raw].shape);
  if (!toOne && !each) {
    const why = op.view
      ? "A view only moves values, so its derivative is ones and zeros"
      : `The local derivative ∂${own}/∂${name} is a matrix of ${m} by ${n}`;
    return el(
      "p",
      { className: "quiet" },
      `${why}, which is not shown: the rule multiplies the incoming gradient by it without building it.`,
    );
  }
  return later([given[0], raw], (g, result) => {
    const at = (index) => (toOne ? 0 : index);
    const symbol = localSymbol(op, formula);
    const local = (index) => (g.number(at(index)) === 0 ? null : result.number(index) / g.number(at(index)));
    const text = (number) => (number === null ? "?" : shortText(number, "float32", 6));
    if (result.size === 1) {
      const derivative = local(0);
      if (derivative === null)
        return el(
          "p",
          { className: "quiet" },
          "The incoming gradient is 0, so the product is 0 whatever the local derivative is.",
        );
      return [
        el("p", {}, `Local derivative: ∂${own}/∂${name} = ${symbol ? `${symbol} = ` : ""}${text(derivative)}`),
        el(
          "p",
          { className: "equation" },
          `∂${lossName}/∂${name} = ∂${lossName}/∂${own} · ∂${own}/∂${name} = ${g.short(0)} · ${text(derivative)} = ${result.short(0)}`,
        ),
      ];
    }
    const body = el("tbody");
    for (let index = 0; index < Math.min(CHAIN, result.size); index += 1) {
      const cells = [placeText(index, result.shape), g.short(at(index)), text(local(index)), result.short(index)];
      body.append(el("tr", {}, ...cells.map((cell) => el("td", {}, cell))));
    }
    const head = el(
      "tr",
      {},
      ...[
        "at",
        `incoming ∂${lossName}/∂${own}`,
        `local ∂${own}/∂${name}${symbol ? ` = ${symbol}` : ""}`,
        "product",
      ].map((title) => el("th", { scope: "col" }, title)),
    );
    const notes = [];
    if (result.size > CHAIN) notes.push(`The first ${CHAIN} of ${result.size} elements.`);
    if (Array.from({ length: Math.min(CHAIN, result.size) }, (_, index) => local(index)).includes(null))
      notes.push("?: the incoming gradient is 0 there, so the product is 0 whatever the local derivative is.");
    return [
      el("p", {}, "Chain rule, element by element:"),
      el("div", { className: "scroll" }, el("table", { className: "chain" }, el("thead", {}, head), body)),
      notes.length ? el("p", { className: "quiet" }, notes.join(" ")) : null,
    ];
  });
}

/** What stands beside g in a rule: "g * other" is the other argument by its name, "g" is 1. */
function localSymbol(op, formula) {
  if (formula === "g" || formula === "-g") return "";
  const factor = /^g \* (\w+)$/.exec(formula ?? "")?.[1];
  if (!factor) return "";
  const input = op.inputs.find((member) => member.name === factor);
  return input ? inputName(input) : (op.arguments?.[factor]?.shown ?? factor);
}

function placeText(index, shape) {
  const places = [];
  let rest = index;
  for (const length of [...shape].reverse()) {
    places.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${places.join(", ")}]`;
}

function leafDetail(id) {
  const leaf = leaves[id];
  const parts = [
    el(
      "h2",
      {},
      leafName(id),
      " ",
      el("small", {}, `${leaf.kind || "leaf"}${leaf.requires_grad ? ", requires grad" : ""}`),
    ),
  ];
  const step = steps[now];
  const update = happened.update[id].flatMap((time) => updateDetail(id, time));
  const gradient = happened.accumulate[id].flatMap((time) =>
    accumulationDetail(accumulations[steps[time].id], time, id),
  );
  if (step?.kind === "update" && step.id === id)
    return [...parts, ...updateDetail(id, now), ...gradient, ...leafValue(leaf)];
  if (step?.kind === "accumulate" && accumulations[step.id].leaf === id)
    return [...parts, ...gradient, ...leafValue(leaf), ...update];
  if (!gradient.length && leaf.requires_grad)
    gradient.push(el("p", { className: "quiet" }, "No gradient arrives here in this trace."));
  return [...parts, ...leafValue(leaf), ...gradient, ...update];
}

function leafValue(leaf) {
  return [el("h3", {}, "Value"), valueView(leaf.value, leaf.name || "the leaf"), usesView("leaf", leaf.id)];
}

/** What was there before the trace began and is no leaf: data, a gradient from before. */
function givenDetail(id) {
  const title = el("h2", {}, givenName(id), " ", el("small", {}, "made before the recorded step"));
  return [title, el("h3", {}, "Value"), valueView(id, givenName(id)), usesView("value", id)];
}

function usesView(kind, id) {
  const uses = layout.edges.filter((edge) => edge.from[0] === kind && edge.from[1] === id);
  if (!uses.length) return null;
  const links = uses
    .slice(0, 12)
    .flatMap((edge, number) => [number ? ", " : "", link(opName(edge.to), `op:${edge.to}`)]);
  return el("p", { className: "quiet" }, "used by ", ...links, uses.length > 12 ? ` and ${uses.length - 12} more` : "");
}

function accumulationDetail(accumulation, time, id) {
  const { value, before, after, parts } = accumulation;
  const had = before !== null && before !== undefined;
  const made = [
    el("h3", { className: "backwards" }, `Gradient: .grad${time <= now ? "" : " (still to come)"}`),
    ...sumView(parts, value, leafName(id)),
  ];
  if (had && single(value))
    made.push(
      el(
        "p",
        { className: "equation" },
        `.grad before + arriving = ${brief(before)} + ${brief(value)} = ${brief(after)}`,
      ),
    );
  else if (had)
    made.push(
      row("before", ".grad was not empty: it is added to", valueView(before, "the gradient before")),
      row("arriving", "", valueView(value, "the arriving gradient")),
    );
  made.push(row(had ? "after" : `∂${lossName}/∂${leafName(id)}`, "", valueView(after, "the gradient")));
  return made;
}

function updateDetail(id, time) {
  const { before, after } = updateOf(time);
  const gradient = leaves[id].grad;
  const made = [el("h3", { className: "updates" }, `Update${time <= now ? "" : " (still to come)"}`)];
  made.push(
    later([before, after], (from, to) => {
      const difference = new Numbers(from.shape, from.dtype, new Float64Array(from.size));
      for (let index = 0; index < from.size; index += 1) difference.data[index] = to.number(index) - from.number(index);
      const rows = [];
      if (from.size === 1) {
        const change = shortText(difference.number(0), "float32", 6);
        const slope = gradient !== null && gradient !== undefined ? ` (gradient ${brief(gradient)})` : "";
        rows.push(
          el(
            "p",
            { className: "equation updates" },
            `${from.text(0)} ${change.startsWith("-") ? `− ${change.slice(1)}` : `+ ${change}`} = ${to.text(0)}${slope}`,
          ),
        );
      }
      rows.push(
        row(
          "difference",
          "after − before",
          el("figure", { className: "value" }, ...arrayView(difference, "the difference").filter(Boolean)),
        ),
      );
      return rows;
    }),
  );
  made.push(row("before", "", valueView(before, "the value before")));
  if (gradient !== null && gradient !== undefined) made.push(row("gradient", "", valueView(gradient, "the gradient")));
  made.push(row("after", "", valueView(after, "the value after")));
  return made;
}

function boxDetail(id) {
  const box = boxes[id];
  const inside = within(id);
  const parts = [el("h2", {}, boxName(id), " ", el("small", {}, boxKind(box, 200)))];
  const total = (name) => inside.ops.reduce((sum, op) => sum + (ops[op][name] ?? 0), 0);
  parts.push(
    el(
      "p",
      {},
      ...[plural(inside.ops.length, "operation"), secondsText(total("seconds")), bytesText(total("bytes"))].map(
        (text) => el("span", { className: "badge" }, text),
      ),
    ),
  );
  parts.push(
    el(
      "p",
      {},
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            toggle(id);
            choose(`box:${id}`);
          },
        },
        opened[id] ? "Fold" : "Unfold",
      ),
    ),
  );
  const inner = box.nodes.filter(([kind]) => kind === "box");
  if (inner.length)
    parts.push(
      el("h3", {}, "Modules"),
      el(
        "ul",
        {},
        ...inner.map(([, child]) =>
          el("li", {}, link(`${boxName(child)} ${boxKind(boxes[child], 60)}`, `box:${child}`)),
        ),
      ),
    );
  const own = box.nodes.filter(([kind]) => kind === "op");
  if (own.length)
    parts.push(
      el("h3", {}, "Operations"),
      el(
        "ul",
        {},
        ...own
          .slice(0, 200)
          .map(([, op]) => el("li", {}, link(`${opName(op)} → ${brief(ops[op].outputs[0]?.value)}`, `op:${op}`))),
      ),
    );
  const weights = inside.leaves.filter((leaf) => leaves[leaf].kind === "parameter");
  if (weights.length)
    parts.push(
      el("h3", {}, "Parameters"),
      el(
        "ul",
        {},
        ...weights
          .slice(0, 200)
          .map((leaf) =>
            el("li", {}, link(`${leafName(leaf)} ${shapeText(values[leaves[leaf].value].shape)}`, `leaf:${leaf}`)),
          ),
      ),
    );
  return parts;
}

/** A step that has no node in the graph. */
function otherDetail({ kind, id }, time) {
  if (kind === "pass") {
    const { create_graph: recorded } = passes[id];
    const said =
      "Backward goes through the graph from the result to the inputs: each node gets the gradient of its output, and its rules give those of its inputs.";
    return [
      el("h2", {}, "Backward begins"),
      el("p", {}, said),
      recorded ? el("p", {}, "This pass is recorded itself, so that it can be differentiated again.") : null,
    ];
  }
  if (kind === "captured")
    return [el("h2", {}, "A gradient that was asked for"), valueView(captured[id].value, "the gradient")];
  const step = backward[id];
  return [
    el("h2", {}, step.name, " ", el("small", {}, "a node of backward that is no operation")),
    ...backwardDetail(step, null, time),
  ];
}

function startDetail() {
  const parts = [el("h2", {}, trace.title || "trace")];
  parts.push(el("p", {}, describe(-1)));
  parts.push(
    el(
      "p",
      { className: "quiet" },
      "Step with the buttons below or the keys ← and →. Choose a node in the graph to see its numbers.",
    ),
  );
  return parts;
}

function showDetail() {
  const key = chosen ?? nodeOf(steps[now]);
  let parts;
  if (key === null) parts = now < 0 ? startDetail() : otherDetail(steps[now], now);
  else {
    const [kind, id] = parse(key);
    parts = { op: opDetail, leaf: leafDetail, box: boxDetail, value: givenDetail }[kind](id);
  }
  detail.replaceChildren(...parts.filter(Boolean));
  const stamp = `${key}|${steps[now]?.kind}`;
  if (stamp !== shownDetail) detail.scrollTop = 0;
  shownDetail = stamp;
}
