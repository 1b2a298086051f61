// The tables of variables and processes, and the source with the line of the current step.

const variableRows = [];
const processRows = [];
const files = new Set(run.steps.map((step) => step.place.path));
const listings = []; // {path, box, button, lines: Map from number to element}

function cells(table, count) {
  const first = make("th", "");
  first.scope = "row";
  const line = make("tr", "", first);
  for (let more = 1; more < count; more += 1) line.append(make("td", ""));
  document.querySelector(`#${table} tbody`).append(line);
  return line;
}

function drawTables() {
  const changing = new Set(run.steps.flatMap((step) => step.changes.map((one) => one.variable)));
  run.variables.forEach((variable, index) => {
    const line = cells("variables", 3);
    line.cells[0].textContent = variable.name;
    line.classList.toggle("constant", !changing.has(index));
    variableRows.push(line);
  });
  document.getElementById("processes").classList.toggle("whole", files.size > 1);
  const constant = run.variables.length - changing.size;
  document.getElementById("few").hidden = !changing.size || !constant;
  const only = document.getElementById("only");
  only.checked = changing.size > 0 && constant > 8;
  const hide = () => document.getElementById("variables").classList.toggle("only", only.checked);
  only.addEventListener("change", hide);
  hide();
  run.processes.forEach((name) => {
    const line = cells("processes", 3);
    line.cells[0].textContent = name;
    processRows.push(line);
  });
}

function showVariables(k) {
  const heading = k ? `Variables after step ${k}` : "Variables in the initial state";
  document.getElementById("variables-title").textContent = heading;
  const changes = k ? run.steps[k - 1].changes : [];
  variableRows.forEach((line, index) => {
    const change = changes.find((one) => one.variable === index);
    line.cells[1].textContent = states[k][index];
    line.cells[2].replaceChildren(...(change ? ["was ", own(change.old)] : []));
    line.classList.toggle("changed", Boolean(change));
  });
}

// The path is left out where all of the run is in one file.
function placeOf(place, whole = files.size > 1) {
  if (place === null) return [];
  const short = whole ? `${place.path}:${place.line}` : `line\u00a0${place.line}`;
  const text = place.line === null ? place.path : short;
  const listing = listings.find((one) => one.path === place.path);
  if (!listing?.lines.has(place.line)) return [text];
  const button = make("button", "link", text);
  button.type = "button";
  button.addEventListener("click", () => showLine(listing, place.line));
  return [button];
}

function showProcesses(k) {
  const moved = k ? run.steps[k - 1].process : -1;
  processRows.forEach((line, process) => {
    const { label, calls, place, how } = standing(process, k);
    const parts = label === null ? [] : [make("span", "label", label)];
    if (label !== null) parts.push(make("span", "calls", ...inside({ calls, label })));
    const words = [how, run.standings[process]?.daemon ? "daemon" : ""].filter(Boolean);
    if (words.length) parts.push(make("span", "how", words.join(", ")));
    line.cells[1].replaceChildren(...parts);
    line.cells[2].replaceChildren(...placeOf(place));
    line.classList.toggle("moved", process === moved);
  });
}

function drawListing(source) {
  const lines = new Map();
  const box = make("div", "listing");
  source.lines.forEach((text, index) => {
    const number = source.first + index;
    const line = make("div", "line", make("span", "ln", `${number}`), make("code", "", text || " "));
    line.append(make("span", "here", ""));
    lines.set(number, line);
    box.append(line);
  });
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `Source of ${source.path}`);
  const button = make("button", "", source.path);
  button.type = "button";
  const listing = { path: source.path, box, button, lines };
  button.addEventListener("click", () => showFile(listing));
  listings.push(listing);
  document.getElementById("files").append(button);
  document.getElementById("listings").append(box);
}

function showFile(listing) {
  for (const one of listings) {
    one.box.hidden = one !== listing;
    one.button.setAttribute("aria-pressed", String(one === listing));
  }
}

function showLine(listing, number) {
  showFile(listing);
  const { box, lines } = listing;
  const line = lines.get(number);
  box.scrollTop = line.offsetTop - (box.clientHeight - line.offsetHeight) / 2;
}

// Mark the line of the step that was taken, and the lines where processes stand now.
function showProgram(k) {
  const at = new Map(); // path:line -> the processes whose next step begins there
  run.processes.forEach((name, process) => {
    const { place, label } = standing(process, k);
    if (place === null || label === null) return;
    const key = `${place.path}:${place.line}`;
    at.set(key, [...(at.get(key) ?? []), name]);
  });
  const taken = k ? run.steps[k - 1].place : null;
  for (const { path, lines } of listings) {
    for (const [number, line] of lines) {
      const names = at.get(`${path}:${number}`) ?? [];
      const step = taken !== null && taken.path === path && taken.line === number;
      const who = names.length > 3 ? [`${names.length} processes`] : listed(names, ", ");
      const notes = [step ? [`step ${k}`] : [], who.length ? ["next: ", ...who] : []];
      line.lastChild.replaceChildren(...joined(notes.filter((words) => words.length), "; "));
      line.classList.toggle("taken", step);
      line.classList.toggle("next", names.length > 0);
    }
  }
  const shown = taken ?? (end ? run.steps[0].place : null);
  const words = k ? `Step ${k} begins at ` : "The first step begins at ";
  document.getElementById("place").replaceChildren(...(shown ? [words, ...placeOf(shown, true)] : []));
  const listing = listings.find((one) => one.path === shown?.path);
  if (listing?.lines.has(shown.line)) showLine(listing, shown.line);
}

function drawProgram() {
  run.sources.forEach(drawListing);
  if (listings.length) showFile(listings[0]);
  document.getElementById("files").hidden = listings.length < 2;
  document.querySelector(".panes").classList.toggle("bare", !listings.length);
}
