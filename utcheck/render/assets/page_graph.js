// The state graph, if there is one: the nodes of class at-K are the state after K steps.

const nodes = []; // {node, steps}: all the K of one node

function drawGraph() {
  const pane = document.querySelector("#graph .pan");
  if (!pane) return;
  for (const node of pane.querySelectorAll("g.node")) {
    const steps = [...node.classList]
      .map((name) => /^at-(\d+)$/.exec(name))
      .filter((match) => match && Number(match[1]) <= end)
      .map((match) => Number(match[1]));
    if (steps.length) nodes.push({ node, steps });
  }
  for (const { node, steps } of nodes) {
    const names = steps.map((k) => (k ? `after step ${k}` : "initial state"));
    node.setAttribute("role", "button");
    node.setAttribute("tabindex", "0");
    node.setAttribute("aria-label", `State: ${names.join(", ")}`);
    node.addEventListener("click", () => goTo(steps));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      goTo(steps);
    });
  }
  zoom(pane);
}

// Of a state that the run passes several times, the next time after the current step.
function goTo(steps) {
  play(false);
  show(steps.find((k) => k > at) ?? steps[0]);
}

function zoom(pane) {
  const picture = pane.querySelector("svg");
  if (!picture) return;
  let size = 1;
  const resize = (factor) => {
    size = factor ? Math.min(8, Math.max(0.25, size * factor)) : 1;
    picture.style.width = factor ? `${size * 100}%` : "";
    picture.style.maxWidth = factor ? "none" : "";
  };
  const factors = { smaller: 0.8, larger: 1.25, fit: 0 };
  for (const [name, factor] of Object.entries(factors)) {
    document.getElementById(name).addEventListener("click", () => resize(factor));
  }
}

function showNode(k) {
  for (const { node, steps } of nodes) {
    node.classList.toggle("here", steps.includes(k));
    if (steps.includes(k)) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  }
  const shown = nodes.find(({ steps }) => steps.includes(k))?.node;
  if (!shown) return;
  const pane = shown.closest(".pan");
  const box = pane.getBoundingClientRect();
  pane.scrollTop += beyond(shown, box.top, box.bottom);
}
