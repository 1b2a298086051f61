// Words about steps, as nodes. Each text of a model is isolated, so that writing that goes from
// right to left moves nothing but itself; and it is text, so that nothing in it is read as markup.

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function own(text) {
  return make("bdi", "", text);
}

function joined(groups, between) {
  return groups.flatMap((group, index) => (index ? [between, ...group] : group));
}

function listed(texts, between) {
  return joined(texts.map((text) => [own(text)]), between);
}

// The subroutines around a step, but for those that its label names anyway.
function inside({ calls, label }) {
  const around = calls.filter((call) => !label.includes(call));
  return around.length ? [" (in ", ...listed(around, " > "), ")"] : [];
}

function emitted({ name, values }) {
  const given = values.length ? ["(", ...listed(values, ", "), ")"] : [];
  return ["emits ", own(name), ...given];
}

// What a step did, one array of words each.
function details(step) {
  const lines = [];
  if (step.options.length) lines.push(["chooses ", ...listed(step.options, ", ")]);
  for (const { variable, old, new: value } of step.changes) {
    lines.push([own(run.variables[variable].name), ": ", own(old), " → ", own(value)]);
  }
  lines.push(...step.events.map(emitted));
  if (step.failure !== null) lines.push(["assertion violated: ", own(step.failure)]);
  return lines;
}

// The sentence about the state after k steps, `round` times round the cycle.
function told(k, round) {
  if (k === 0 && end === 0) return ["Initial state; the run takes no step."];
  if (k === 0) return [`Initial state. ${end === 1 ? "1 step follows." : `${end} steps follow.`}`];
  const step = run.steps[k - 1];
  const again = round ? `, round ${round + 1} of the cycle` : "";
  const head = [`Step ${k} of ${end}${again}: `, own(run.processes[step.process]), ": "];
  return joined([[...head, own(step.label)], ...details(step)], "; ");
}
