// Going from state to state: keys, buttons, clicks, links, and playing a lasso round and round.

const PACE = 1200; // milliseconds between two steps
let at = 0; // the number of steps taken
let round = 0; // how often the cycle has been gone round before
let timer = 0;
const buttons = {
  first: () => show(0),
  back: () => (round && at === run.cycle + 1 ? show(end, round - 1) : show(at - 1, round)),
  forward: () => (at === end && loops ? show(run.cycle + 1, round + 1) : show(at + 1, round)),
  last: () => show(end),
};
const slider = document.getElementById("slider");
const playing = document.getElementById("play");

function show(k, times = 0) {
  if (k < 0 || k > end) return;
  const focused = rows.includes(document.activeElement);
  at = k;
  round = times;
  rows.forEach((button, index) => {
    const current = index === k;
    button.tabIndex = current ? 0 : -1;
    if (current) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  showVariables(k);
  showProcesses(k);
  showProgram(k);
  showNode(k);
  slider.value = k;
  document.getElementById("link").hash = `step-${k}`;
  slider.setAttribute("aria-valuetext", k ? `step ${k} of ${end}` : "initial state");
  unavailable("first", k === 0);
  unavailable("back", k === 0);
  unavailable("forward", k === end && !loops);
  unavailable("last", k === end);
  document.getElementById("now").replaceChildren(...told(k, times));
  if (focused) rows[k].focus({ preventScroll: true });
  reveal(rows[k]);
}

// A button that does nothing keeps the focus, so that a reader with a keyboard is not thrown out.
function unavailable(name, yes) {
  document.getElementById(name).setAttribute("aria-disabled", String(yes));
}

// Scroll the chart, and the page where the state stands beside the chart; where it stands below,
// the reader may be looking at it, and the page stays. Never further than needed.
function reveal(element) {
  const box = chart.getBoundingClientRect();
  chart.scrollTop += beyond(element, box.top + chart.firstChild.offsetHeight, box.bottom);
  if (!matchMedia("(min-width: 56rem)").matches) return;
  scrollBy(0, beyond(element, document.getElementById("controls").offsetHeight, innerHeight));
}

// How far an element is above `top` (negative) or below `bottom`; what is too tall shows its top.
function beyond(element, top, bottom) {
  const box = element.getBoundingClientRect();
  if (box.top < top) return box.top - top;
  return Math.max(0, Math.min(box.bottom + 4 - bottom, box.top - top));
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(tick, PACE) : 0;
  playing.textContent = on ? "Pause" : "Play";
}

function tick() {
  if (at === end && !loops) play(false);
  else buttons.forward();
}

function onKey(event) {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.closest?.(".pan")) return; // there the keys scroll
  const moves = { ArrowRight: "forward", ArrowLeft: "back", Home: "first", End: "last" };
  if (target.closest?.("#chart, #slider")) {
    Object.assign(moves, { ArrowDown: "forward", ArrowUp: "back" });
  }
  if (!Object.hasOwn(moves, key)) return;
  event.preventDefault();
  play(false);
  buttons[moves[key]]();
}

function walk() {
  document.addEventListener("keydown", onKey);
  for (const [name, go] of Object.entries(buttons)) {
    document.getElementById(name).addEventListener("click", () => {
      play(false);
      go();
    });
  }
  slider.max = end;
  slider.addEventListener("input", () => show(Number(slider.value)));
  playing.addEventListener("click", () => {
    const on = timer === 0;
    if (on && at === end && !loops) show(0);
    play(on);
  });
  chart.addEventListener("click", (event) => {
    const row = event.target.closest("button.row");
    if (!row) return;
    play(false);
    show(Number(row.dataset.at));
  });
  addEventListener("hashchange", follow);
}

// A link to the page may end in #step-5.
function follow() {
  const match = /^#step-(\d+)$/.exec(location.hash);
  if (match && Number(match[1]) !== at) show(Number(match[1]));
}

function start() {
  document.getElementById("plain").open = false;
  document.getElementById("live").hidden = false;
  drawChart();
  drawTables();
  drawProgram();
  drawGraph();
  arrange();
  new ResizeObserver(arrange).observe(chart);
  walk();
  show(0);
  follow();
}

start();
