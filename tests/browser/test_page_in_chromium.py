"""The page as a reader has it: opened from a file, in a browser, with keys and a mouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import sample_traces
from tests.browser.chromium import EXECUTABLE, Browser, browser
from tests.sample_outcomes import baseline, report, result
from tests.sample_traces import MODEL
from utcheck.outcome import Trace, Verdict
from utcheck.plain import escape, show
from utcheck.render.page import page

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="no chromium on PATH; on Debian it is in the package chromium"
)
SAMPLES: list[Callable[[], Trace]] = [
    sample_traces.early_resume,
    sample_traces.lasso,
    sample_traces.stays,
    sample_traces.eight_processes,
    sample_traces.twenty_processes,
    sample_traces.long_names,
    sample_traces.failing_assertion,
    sample_traces.no_steps,
    sample_traces.nasty_names,
]
SOURCES = {MODEL: [f"line {number} of the model" for number in range(1, 200)]}
GRAPH = """\
<svg width="200pt" height="100pt" viewBox="0 0 200 100"><g class="graph">
<g class="node at-0"><ellipse cx="30" cy="20" rx="20" ry="10" fill="none"/></g>
<g class="node at-2 at-6"><ellipse cx="90" cy="20" rx="20" ry="10" fill="none"/></g>
<g class="node"><ellipse cx="150" cy="20" rx="20" ry="10" fill="none"/></g>
</g></svg>
"""
STATE = """({
  step: Number(document.querySelector(".row[aria-current]").dataset.at),
  now: document.getElementById("now").textContent,
  isolated: [...document.querySelectorAll("#now bdi")].map((one) => one.textContent),
  variables: [...document.querySelectorAll("#variables tbody tr")].map((row) => ({
    name: row.cells[0].textContent,
    value: row.cells[1].textContent,
    before: row.cells[2].textContent,
    changed: row.classList.contains("changed"),
  })),
  processes: [...document.querySelectorAll("#processes tbody tr")].map((row) => ({
    name: row.cells[0].textContent,
    label: row.cells[1].querySelector(".label")?.textContent ?? null,
    how: row.cells[1].querySelector(".how")?.textContent ?? "",
    moved: row.classList.contains("moved"),
  })),
})"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def quiet(running: Browser) -> Iterator[Browser]:
    """The browser in a wide window, which must not have complained or asked for anything."""
    running.resize(1400)
    yield running
    complaints = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    assert running.reported(*complaints) == []
    asked = [one["request"]["url"] for one in running.reported("Network.requestWillBeSent")]
    assert [url for url in asked if not url.endswith("/page.html")] == []
    assert len(asked) == 1


def text(name: str) -> str:
    return escape(name, unicode=True) or "''"


def write(folder: Path, trace: Trace, **options: Any) -> Path:
    """Write the page of a trace and return its path."""
    only = result("claim", "never", Verdict.VIOLATED, text="what is claimed", trace=trace)
    told = report("baseline", replace(baseline().outcome, properties=(only,)))
    path = folder / "page.html"
    path.write_text(page(told, "claim", **options), encoding="utf-8")
    return path


def step(driven: Browser) -> int:
    at: int = driven.evaluate(STATE)["step"]
    return at


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.__name__)
def test_the_right_arrow_shows_every_state_as_the_trace_has_it(
    sample: Callable[[], Trace], quiet: Browser, tmp_path: Path
) -> None:
    trace = sample()
    quiet.open(write(tmp_path, trace))
    values = dict(trace.initial)
    for number, taken in enumerate([None, *trace.steps]):
        if taken is not None:
            quiet.press("ArrowRight")
            values.update((change.variable, change.new) for change in taken.changes)
        state = quiet.evaluate(STATE)
        assert state["step"] == number
        shown = {one["name"]: one["value"] for one in state["variables"]}
        assert shown == {text(name): show(one, unicode=True) for name, one in values.items()}
        changes = () if taken is None else taken.changes
        assert {one["name"]: one["before"] for one in state["variables"] if one["changed"]} == {
            text(change.variable): f"was {show(change.old, unicode=True)}" for change in changes
        }
        moved = [one["name"] for one in state["processes"] if one["moved"]]
        assert moved == ([] if taken is None else [text(taken.process)])
        if taken is not None:
            lead = f"Step {number} of {len(trace)}: {text(taken.process)}: {text(taken.label)}"
            assert state["now"].startswith(lead)
            assert state["isolated"][:2] == [text(taken.process), text(taken.label)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.__name__)
def test_the_chart_has_every_label_once_and_fits_every_window(
    sample: Callable[[], Trace], quiet: Browser, tmp_path: Path
) -> None:
    trace = sample()
    quiet.open(write(tmp_path, trace, sources=SOURCES, state_graph_svg=GRAPH))
    cut = """[...document.querySelectorAll("#chart, .card, td, tbody th")]
      .filter((one) => one.offsetHeight && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.textContent)"""
    labels = "[...document.querySelectorAll('.card .label')].map((one) => one.textContent)"
    assert quiet.evaluate(labels) == [text(one.label) for one in trace.steps]
    for width in (360, 900, 1300, 1600):
        quiet.resize(width)
        assert quiet.evaluate("document.documentElement.scrollWidth") <= width
        assert quiet.evaluate(cut) == []


def test_keys_and_buttons_go_back_and_to_both_ends(quiet: Browser, tmp_path: Path) -> None:
    quiet.open(write(tmp_path, sample_traces.early_resume()))
    visited = []
    for key in ("End", "ArrowRight", "ArrowLeft", "ArrowLeft", "Home", "ArrowLeft"):
        quiet.press(key)
        visited.append(step(quiet))
    assert visited == [7, 7, 6, 5, 0, 0]
    visited = []
    for button in ("forward", "forward", "back", "last", "forward", "first", "back"):
        quiet.click(f"#{button}")
        visited.append(step(quiet))
    assert visited == [1, 2, 1, 7, 7, 0, 0]


def test_a_click_on_a_state_goes_there(quiet: Browser, tmp_path: Path) -> None:
    quiet.open(write(tmp_path, sample_traces.lasso(), state_graph_svg=GRAPH))
    quiet.click(".row[data-at='4']")
    assert step(quiet) == 4
    quiet.click(".node.at-0 ellipse")
    assert step(quiet) == 0
    for expected in (2, 6, 2):  # the run passes this state twice
        quiet.click(".node.at-2 ellipse")
        assert step(quiet) == expected
    here = "[...document.querySelectorAll('.node')].map((one) => one.ariaCurrent)"
    assert quiet.evaluate(here) == [None, "step", None]
    quiet.evaluate("document.querySelector('.node.at-0').focus()")
    quiet.press("Enter")
    assert step(quiet) == 0


def test_the_cycle_of_a_lasso_goes_round_and_round(quiet: Browser, tmp_path: Path) -> None:
    quiet.open(write(tmp_path, sample_traces.lasso()))
    rules = "[...document.querySelectorAll('.rule')].map((one) => one.textContent)"
    assert quiet.evaluate(rules) == ["cycle: steps 3 to 6 repeat for ever", "↻ back to step 3"]
    quiet.press("End", "ArrowRight")
    assert quiet.evaluate(STATE)["now"].startswith("Step 3 of 6, round 2 of the cycle: left: ")
    quiet.press("ArrowLeft")
    assert quiet.evaluate(STATE)["now"].startswith("Step 6 of 6: ")
    quiet.click("#play")
    deadline = time.monotonic() + 5
    while step(quiet) != 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    quiet.click("#play")
    assert quiet.evaluate(STATE)["now"].startswith("Step 3 of 6, round 2 of the cycle")


def test_processes_stand_where_they_take_their_next_step(quiet: Browser, tmp_path: Path) -> None:
    trace = sample_traces.early_resume()
    quiet.open(write(tmp_path, trace))
    for number, following in enumerate(trace.steps):
        standing = {one["name"]: one for one in quiet.evaluate(STATE)["processes"]}
        assert standing[following.process]["label"] == following.label
        hows = {
            one: told["how"].removesuffix("daemon").removesuffix(", ")
            for one, told in standing.items()
        }
        assert hows.pop(following.process) == "moves next"
        assert set(hows.values()) == {""}, number  # who else is enabled, the trace does not say
        quiet.press("ArrowRight")
    p, vm = quiet.evaluate(STATE)["processes"]
    assert (p["label"], p["how"]) == ("stopped", "waits")
    assert (vm["label"], vm["how"]) == ("wait for an event", "waits, daemon")


def test_the_line_of_the_step_is_marked_and_in_sight(quiet: Browser, tmp_path: Path) -> None:
    trace = sample_traces.early_resume()
    quiet.open(write(tmp_path, trace, sources=SOURCES))
    quiet.resize(1400, 400)
    taken = """(() => {
      const [line, ...more] = document.querySelectorAll(".line.taken");
      const box = line.parentElement.getBoundingClientRect(), own = line.getBoundingClientRect();
      return [line.querySelector("code").textContent, more.length,
        own.top >= box.top && own.bottom <= box.bottom];
    })()"""
    for one in trace.steps:
        quiet.press("ArrowRight")
        assert quiet.evaluate(taken) == [f"line {one.place.line} of the model", 0, True]
    quiet.click("#processes button.link")
    assert quiet.evaluate("document.querySelectorAll('.line.next').length") == 2


def test_with_the_focus_in_the_chart_the_focus_moves_too(quiet: Browser, tmp_path: Path) -> None:
    quiet.open(write(tmp_path, sample_traces.twenty_processes()))
    quiet.resize(400)
    quiet.evaluate("document.querySelector('.row').focus()")
    quiet.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", *["ArrowRight"] * 15)
    assert quiet.evaluate("document.activeElement.dataset.at") == "17"
    seen = """(() => {
      const box = document.querySelector("#chart").getBoundingClientRect();
      const row = document.querySelector(".row[aria-current]").getBoundingClientRect();
      return row.top >= box.top && row.bottom <= box.bottom;
    })()"""
    assert quiet.evaluate(seen)
    tabbable = "document.querySelectorAll('.row:not([tabindex=\"-1\"])').length"
    assert quiet.evaluate(tabbable) == 1  # the key Tab leaves the chart at once


def test_a_link_opens_the_page_at_a_step(quiet: Browser, tmp_path: Path) -> None:
    path = write(tmp_path, sample_traces.early_resume())
    quiet.open(path, "#step-3")
    assert step(quiet) == 3
    quiet.press("ArrowRight")
    assert quiet.evaluate("document.getElementById('link').href") == f"{path.as_uri()}#step-4"


def test_variables_that_never_change_can_be_hidden(quiet: Browser, tmp_path: Path) -> None:
    quiet.open(write(tmp_path, sample_traces.eight_processes()))
    shown = """[...document.querySelectorAll("#variables tbody tr")]
      .filter((row) => row.offsetHeight).map((row) => row.cells[0].textContent)"""
    assert len(quiet.evaluate(shown)) == 15
    quiet.click("#only")
    assert quiet.evaluate(shown) == ["turn", *(f"engine[{i}].stop" for i in range(7))]


def test_every_control_has_a_name_and_the_page_has_landmarks(
    quiet: Browser, tmp_path: Path
) -> None:
    quiet.open(write(tmp_path, sample_traces.lasso(), sources=SOURCES, state_graph_svg=GRAPH))
    nodes = quiet.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    controls = [name for role, name in named if role in ("button", "slider", "checkbox", "link")]
    assert len(controls) > 15
    assert all(controls)
    assert {role for role, _ in named} >= {"banner", "main", "status", "table", "columnheader"}
    regions = {name for role, name in named if role == "region"}
    assert {"Walk through the run", "The run", "Program", "States", "Processes"} <= regions
    steps = [name for role, name in named if role == "button" and "knock" in name]
    assert steps == [
        "1 left: knock wants[0]: False → True",
        "2 right: knock wants[1]: False → True",
    ]


def test_without_scripts_the_run_is_there_as_text(quiet: Browser, tmp_path: Path) -> None:
    path = write(tmp_path, sample_traces.early_resume())
    quiet.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        quiet.open(path)
    finally:
        quiet.call("Emulation.setScriptExecutionDisabled", value=False)
    shown = quiet.evaluate("document.body.innerText")
    assert "5  * reporting = NULL" in shown
    assert "Play" not in shown


def test_the_policy_keeps_out_what_the_page_did_not_bring(running: Browser, tmp_path: Path) -> None:
    running.open(write(tmp_path, sample_traces.nasty_names()))
    blocked = """new Promise((resolve) => {
      const kinds = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        if (kinds.push(event.effectiveDirective) === 3) resolve(kinds.sort());
      });
      const add = (tag, fill) => document.body.append(fill(document.createElement(tag)));
      add("img", (image) => { image.src = "http://localhost:9/x.png"; return image; });
      add("style", (style) => { style.append("body { color: red }"); return style; });
      fetch("http://localhost:9/").catch(() => null);
    })"""
    assert running.evaluate(blocked) == ["connect-src", "img-src", "style-src-elem"]
    for harm in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.setAttribute('onclick', '1')",
    ):
        thrown = f"(() => {{ try {{ {harm} }} catch (error) {{ return error.name; }} }})()"
        assert running.evaluate(thrown) == "TypeError"
