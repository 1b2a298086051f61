// The run as data: what holds after how many steps. Nothing here touches the page.

const run = JSON.parse(document.getElementById("run").textContent);
const end = run.steps.length;
const loops = run.cycle !== null && run.cycle < end;

// states[k][v] is the value of variable v after k steps.
const states = [run.variables.map((one) => one.value)];
for (const step of run.steps) {
  const values = [...states.at(-1)];
  for (const change of step.changes) values[change.variable] = change.new;
  states.push(values);
}

// The index of the step that a process takes next after k steps, or -1 where it takes none.
function nextStep(process, k) {
  return run.steps.findIndex((step, index) => index >= k && step.process === process);
}

// The process that moves after k steps; in the last state of a lasso the cycle begins again.
function mover(k) {
  if (k < end) return run.steps[k].process;
  return loops ? run.steps[run.cycle].process : -1;
}

// Where a process stands after k steps: {label, calls, place, how}. Only of the last state is it
// known whether a step that is not taken is enabled.
function standing(process, k) {
  const next = nextStep(process, k);
  if (next >= 0) return { ...run.steps[next], how: mover(k) === process ? "moves next" : "" };
  const one = run.standings[process];
  if (one === null) return { label: null, calls: [], place: null, how: "" };
  if (one.status === "ended") return { ...one, how: "has ended" };
  if (k < end) return { ...one, how: "" };
  const verbs = { ready: "is ready", waits: "waits", failed: "violates an assertion" };
  const how = mover(k) === process ? "moves next" : (verbs[one.status] ?? one.status);
  return { ...one, how };
}

// The number of steps after which a process has ended, or Infinity.
function endsAfter(process) {
  if (run.standings[process]?.status !== "ended") return Infinity;
  return run.steps.findLastIndex((step) => step.process === process) + 1;
}
