// The steps of the trace, in time and in words.

const totals = { forward: 0, pass: 0, backward: 0, accumulate: 0, captured: 0, update: 0 };
const kindOf = (event) => Object.keys(event).find((key) => key in totals);
const steps = events
  .map((event) => ({ kind: kindOf(event), id: event[kindOf(event)], value: event.value }))
  .filter((step) => step.kind);
for (const step of steps) {
  totals[step.kind] += 1;
  step.number = totals[step.kind];
}
const happened = {
  forward: ops.map(() => -1),
  backward: ops.map(() => []),
  accumulate: leaves.map(() => []),
  update: leaves.map(() => []),
};
/** Nodes of backward that no operation made, by their leaf: AccumulateGrad. */
const arrivals = leaves.map(() => []);
steps.forEach(({ kind, id }, time) => {
  if (kind === "forward") happened.forward[id] = time;
  else if (kind === "update") happened.update[id].push(time);
  else if (kind === "pass" || kind === "captured") return;
  else if (kind === "accumulate") happened.accumulate[accumulations[id].leaf].push(time);
  else if (backward[id].node?.op !== undefined) happened.backward[backward[id].node.op].push(time);
  else if (backward[id].node?.leaf !== undefined) arrivals[backward[id].node.leaf].push(time);
});

const latest = (times, now) => times.findLast((time) => time <= now);

/** What a step is about: a node of the graph, or null. */
function nodeOf(step) {
  if (!step) return null;
  if (step.kind === "forward") return `op:${step.id}`;
  if (step.kind === "update") return `leaf:${step.id}`;
  if (step.kind === "accumulate") return `leaf:${accumulations[step.id].leaf}`;
  if (step.kind === "pass") return null;
  const { op, leaf } = (step.kind === "captured" ? captured : backward)[step.id].node ?? {};
  return op !== undefined ? `op:${op}` : leaf !== undefined ? `leaf:${leaf}` : null;
}

const parse = (key) => {
  const [kind, id] = key.split(":");
  return [kind, Number(id)];
};

const failedStep = trace.error?.backward ?? null;
const failedOp =
  trace.error?.op ?? (failedStep !== null ? backward[failedStep].node?.op : ops.find((op) => op.error)?.id) ?? null;
const root = steps.find((step) => step.kind === "backward" && (backward[step.id].node?.op ?? null) !== null);
const rootValue = root ? ops[backward[root.id].node.op].outputs[0]?.value : undefined;

const valueName = (id, other) => (id !== null && id !== undefined && values[id].name) || other;
const opName = (id) => ops[id].in_place || ops[id].name;

/** What an input of an operation is called in a sentence. */
function inputName(input) {
  const from = input.from;
  const own = valueName(input.value, null);
  if (own) return own;
  if (from && from.leaf !== undefined) return leaves[from.leaf].name || input.name;
  return from && from.op !== undefined ? opName(from.op) : input.name;
}

const outputName = (op, output = 0) => valueName(op.outputs[output]?.value, opName(op.id));
const gradOf = new Map(
  leaves.filter((leaf) => (leaf.grad ?? null) !== null).map((leaf) => [leaf.grad, `${leaf.name || "leaf"}.grad`]),
);
const givenName = (id) => valueName(id, gradOf.get(id) ?? "input");
const lossName = rootValue === undefined ? "l" : valueName(rootValue, "l");

/** The step in words: what the live region says. */
function describe(time) {
  if (time < 0) {
    const parts = [plural(totals.forward, "forward step"), plural(totals.backward, "backward step")];
    if (totals.accumulate) parts.push(plural(totals.accumulate, "accumulation"));
    if (totals.update) parts.push(plural(totals.update, "update"));
    return `Before the first step. To come: ${parts.join(", ")}.`;
  }
  const { kind, id, number } = steps[time];
  const of = `${number} of ${totals[kind]}`;
  if (kind === "forward") {
    const op = ops[id];
    const place = op.line ? `, line ${op.line}` : "";
    if (op.error) return `Forward step ${of}: ${opName(id)} failed${place}: ${op.error}`;
    const given = op.inputs.map((input) => `${inputName(input)} ${brief(input.value)}`).join(", ");
    const made = op.outputs.map((output) => brief(output.value)).join(", ");
    const named = valueName(op.outputs[0]?.value, null);
    return `Forward step ${of}: ${opName(id)}${given ? ` of ${given}` : ""} gives ${named ? `${named} ` : ""}${made}${place}`;
  }
  if (kind === "backward") {
    const step = backward[id];
    if (step.error) return `Backward step ${of}: ${step.name} failed: ${step.error}`;
    const incoming = step.incoming
      .filter((value) => value !== null)
      .map(brief)
      .join(", ");
    const to = step.outgoing
      .filter((out) => out.value !== null)
      .map((out) => `to ${outgoingName(step, out)} ${brief(out.value)}`);
    return `Backward step ${of}: ${step.name}, incoming gradient ${incoming}${to.length ? `, ${to.join(", ")}` : ""}`;
  }
  if (kind === "accumulate") {
    const { leaf, value, before, after } = accumulations[id];
    const had = before === null || before === undefined ? "" : `, added to ${brief(before)}`;
    return `Accumulation ${of}: gradient ${brief(value)} arrives at ${leafName(leaf)}${had}; its .grad is ${brief(after)}`;
  }
  if (kind === "pass")
    return `Backward pass ${of} begins${passes[id].line ? `, line ${passes[id].line}` : ""}${passes[id].create_graph ? ", and is recorded itself (create_graph)" : ""}`;
  if (kind === "captured") return `Gradient ${of} that was asked for: ${brief(captured[id].value)}`;
  const { before, after } = updateOf(time);
  return `Update ${of}: ${leafName(id)} goes from ${brief(before)} to ${brief(after)}`;
}

const leafName = (id) => leaves[id].name || `${leaves[id].kind || "leaf"} ${id}`;

function outgoingName(step, out) {
  const op = step.node?.op;
  const input = op === undefined ? null : ops[op].inputs.find((member) => member.name === out.argument);
  if (input) return inputName(input);
  return out.to?.leaf !== undefined ? leafName(out.to.leaf) : out.argument;
}
