// The message-sequence chart: a column per process, a row per state, the cycle of a lasso marked.

const FEW = 6; // up to so many processes are all drawn, also those that take no step
const OWN = 150; // pixels that a column needs to have the texts of its process in it
const UPRIGHT = 12; // pixels that a name needs which is written from the bottom to the top
const acting = new Set(run.steps.map((step) => step.process));
const drawn = run.processes.map((_, process) => process)
  .filter((process) => run.processes.length <= FEW || acting.has(process));
const chart = document.getElementById("chart");
const rows = []; // rows[k] is the button of the state after k steps

function lanes(k) {
  return drawn.map((process, place) => {
    const gone = k > endsAfter(process) ? "gone" : k === endsAfter(process) ? "ends" : "";
    const lane = make("span", `lane ${gone}`);
    lane.style.setProperty("--place", place);
    lane.setAttribute("aria-hidden", "true");
    return lane;
  });
}

function head() {
  const names = drawn.map((process, place) => {
    const name = make("span", "name", make("span", "", run.processes[process]));
    name.title = run.processes[process];
    name.style.setProperty("--place", place);
    return name;
  });
  const row = make("div", "head", make("span", "number"), ...names);
  row.setAttribute("aria-hidden", "true"); // every step names its process
  return row;
}

function row(k, list, ...content) {
  const button = make("button", "row", ...content);
  button.type = "button";
  button.dataset.at = k;
  const inCycle = loops && k > run.cycle;
  list.append(make("li", inCycle ? "cycle" : "", button));
  rows[k] = button;
}

function rule(list, k, text) {
  list.append(make("li", "rule cycle", make("div", "across", ...lanes(k), make("span", "", text))));
}

function card(step, around) {
  const name = make("span", "who", own(run.processes[step.process]), ": ");
  const parts = [name, make("span", "label", step.label), make("span", "calls", ...around)];
  for (const words of details(step)) {
    parts.push(make("span", words[0] === "assertion violated: " ? "did wrong" : "did", ...words));
  }
  const box = make("span", step.failure === null ? "card" : "card failed", ...parts);
  box.style.setProperty("--place", drawn.indexOf(step.process));
  return box;
}

function mark(step) {
  const dot = make("span", "mark", step.failure === null ? "●" : "✗");
  dot.style.setProperty("--place", drawn.indexOf(step.process));
  dot.setAttribute("aria-hidden", "true");
  return dot;
}

function drawChart() {
  const list = make("ol", "rows");
  const inWhich = new Map(); // the subroutines of a process are told only where they change
  row(0, list, make("span", "number", "0"), ...lanes(0), make("span", "start", "initial state"));
  run.steps.forEach((step, index) => {
    if (loops && index === run.cycle) {
      const one = run.cycle + 1 === end;
      rule(list, index, one ? `cycle: step ${end} repeats for ever`
        : `cycle: steps ${run.cycle + 1} to ${end} repeat for ever`);
    }
    const calls = step.calls.join("\n");
    const around = inWhich.get(step.process) === calls ? [] : inside(step);
    inWhich.set(step.process, calls);
    const number = make("span", "number", `${index + 1}`);
    row(index + 1, list, number, ...lanes(index + 1), mark(step), card(step, around));
  });
  if (loops) rule(list, end, `↻ back to step ${run.cycle + 1}`);
  else if (run.cycle !== null) rule(list, end, "↻ the run stays in this state for ever");
  if (run.ending) list.append(make("li", "outcome", make("strong", "", run.ending)));
  chart.append(head(), list);
  chart.style.setProperty("--lanes", drawn.length);
  const note = document.getElementById("idle");
  note.hidden = drawn.length === run.processes.length;
  note.append("Without a step, and not drawn: ", ...listed(run.idle, ", "), ".");
}

// Texts stand in the columns where those are wide enough, else beside all of them.
function arrange() {
  const room = chart.clientWidth - 48;
  const own = drawn.length > 0 && room / drawn.length >= OWN;
  chart.classList.toggle("own", own);
  chart.classList.toggle("beside", !own);
  const pitch = Math.max(7, Math.min(20, (room * 0.42) / Math.max(1, drawn.length)));
  chart.style.setProperty("--pitch", `${pitch}px`);
  // Names that stand upright need some pixels too; the texts of the steps have all of them.
  const stride = own ? 1 : Math.ceil(UPRIGHT / pitch);
  chart.querySelectorAll(".name").forEach((name, place) => {
    name.classList.toggle("skipped", place % stride > 0);
  });
}
