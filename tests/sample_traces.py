"""Traces written by hand, as a search would find them, for the tests of what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from utcheck.errors import Place
from utcheck.outcome import Change, Event, Standing, Trace, TraceStep, Witness

MODEL = "models/early_resume.py"


def step(process: str, label: str, line: int = 1, /, **told: Any) -> TraceStep:
    """Return a step; changes are given as `changes=[("variable", old, new)]`."""
    changes = tuple(Change(*change) for change in told.pop("changes", ()))
    events = tuple(Event(name, tuple(values)) for name, *values in told.pop("events", ()))
    return TraceStep(process, label, Place(MODEL, line), changes=changes, events=events, **told)


def trace(
    processes: str,
    initial: dict[str, Any],
    steps: list[TraceStep],
    standings: list[Standing],
    **told: Any,
) -> Trace:
    """Return a trace whose witness makes no choices."""
    cycle = told.get("cycle")
    witness = Witness((), tuple((one.process, ()) for one in steps), cycle)
    return Trace(tuple(processes.split()), initial, tuple(steps), tuple(standings), witness, **told)


def early_resume() -> Trace:
    """Return item 2 of Renzo Davoli's mail: the RESUME comes too early, and is lost."""
    steps = [
        step("p", "report_syscall_entry", 21, changes=[("event", False, True)]),
        step("vm", "wait for an event", 41, changes=[("event", True, False)]),
        step("vm", "utrace_control(RESUME)", 44),
        step("p", "mark_engine_wants_stop", 24, changes=[("engine_stop", False, True)]),
        step("p", "reporting = NULL", 27, changes=[("reporting", True, False)]),
        step("p", "finish_report", 29, changes=[("report", False, True)]),
        step("p", "utrace_stop", 31, changes=[("stopped", False, True)]),
    ]
    standings = [
        Standing("p", "stopped", "waits", False, Place(MODEL, 34)),
        Standing("vm", "wait for an event", "waits", True, Place(MODEL, 41)),
    ]
    variables = ("event", "engine_stop", "reporting", "report", "stopped")
    initial = {name: name == "reporting" for name in variables}
    ending = "Nothing can happen any more: p has not ended, and every process waits."
    return trace("p vm", initial, steps, standings, ending=ending)


def lasso() -> Trace:
    """Return two polite processes that let each other go first for ever."""
    steps = [
        step("left", "knock", 10, changes=[("wants[0]", False, True)]),
        step("right", "knock", 10, changes=[("wants[1]", False, True)]),
        step("left", "after you", 12, changes=[("wants[0]", True, False)]),
        step("right", "after you", 12, changes=[("wants[1]", True, False)]),
        step("left", "try again", 14, changes=[("wants[0]", False, True)]),
        step("right", "try again", 14, changes=[("wants[1]", False, True)]),
    ]
    standings = [
        Standing("left", "after you", "ready", False),
        Standing("right", "after you", "ready", False),
        Standing("porter", None, "ended", False),
    ]
    initial = {"wants[0]": False, "wants[1]": False, "inside": None}
    ending = "Steps 3 to 6 repeat for ever, and somebody_enters never becomes true."
    return trace("left right porter", initial, steps, standings, ending=ending, cycle=2)


def stays() -> Trace:
    """Return a run that ends without the resume it owes: the last state is the cycle."""
    steps = [step("p", "sleep", changes=[("asleep", False, True)], options=(3, "long"))]
    standings = [Standing("p", None, "ended", False)]
    return trace("p", {"asleep": False}, steps, standings, cycle=1, ending="p sleeps for ever.")


def eight_processes() -> Trace:
    """Let seven virtualisers handle a call of `p`, the last one attached first."""
    steps = [step("p", "report_syscall_entry", 7, changes=[("turn", None, 6)])]
    for i in reversed(range(7)):
        steps.append(
            step(
                f"vm[{i}]",
                "utrace_control(RESUME)",
                20,
                changes=[("turn", i, i - 1 if i else None), (f"engine[{i}].stop", True, False)],
                events=[("handled", i, ("open", "/etc/passwd"))],
                calls=("virtualise", "release"),
            )
        )
    initial: dict[str, Any] = {"turn": None}
    initial |= {
        f"engine[{i}].{field}": field == "stop" for i in range(7) for field in ("stop", "resume")
    }
    standings = [Standing("p", "utrace_stop", "ready", False)]
    standings += [Standing(f"vm[{i}]", "take an event", "waits", True) for i in range(7)]
    names = " ".join(["p", *(f"vm[{i}]" for i in range(7))])
    return trace(names, initial, steps, standings, ending="The call was handled 7 times.")


def twenty_processes(acting: int = 20) -> Trace:
    """Return twenty engines of which some report."""
    steps = [
        step(f"engine[{i}]", "report", changes=[("reports", i, i + 1)], options=(i % 2 == 0,))
        for i in range(acting)
    ]
    standings = [Standing(f"engine[{i}]", None, "ended", False) for i in range(acting)]
    standings += [Standing(f"engine[{i}]", "report", "ready", False) for i in range(acting, 20)]
    names = " ".join(f"engine[{i}]" for i in range(20))
    return trace(names, {"reports": 0}, steps, standings, ending=f"{acting} engines have reported.")


def long_names() -> Trace:
    """Return names and labels as long as real kernel functions, and longer."""
    tracer, tracee = (
        "virtualising_tracer_thread_of_view_os[12]",
        "tracee_with_a_name_that_is_far_too_long",
    )
    label = "utrace_report_syscall_entry(&utrace->attached, UTRACE_EVENT(SYSCALL_ENTRY))"
    queue = tuple(f"SYSCALL_ENTRY({number})" for number in range(5))
    steps = [
        step(tracee, label, changes=[("the_queue_of_events_of_the_tracer", (), queue)]),
        step(
            tracer,
            "read(/dev/kmview)",
            calls=("kmview_event_loop", "kmview_get_event", "kmview_copy"),
        ),
        step("p", "go", events=[("gone",)]),
    ]
    standings = [
        Standing(tracee, label, "waits", False, calls=("finish_resume_report",)),
        Standing(tracer, "ioctl", "ready", True),
        Standing("p", None, "ended", False),
    ]
    initial = {"the_queue_of_events_of_the_tracer": ()}
    return trace(f"{tracee} {tracer} p", initial, steps, standings)


def failing_assertion() -> Trace:
    """Let a lock be released by a process that does not hold it."""
    steps = [
        step("a", "take the lock", changes=[("lock.owner", None, "a")], calls=("acquire",)),
        step("b", "release the lock", calls=("release",), failure="b releases a lock that a holds"),
    ]
    standings = [
        Standing("a", "critical section", "ready", False),
        Standing("b", "release the lock", "failed", False, calls=("release",)),
    ]
    ending = "The assertion of step 2 is violated."
    return trace("a b", {"lock.owner": None}, steps, standings, ending=ending)


def no_steps() -> Trace:
    """Return a trace whose initial state is already wrong."""
    standings = [Standing("p", "start", "ready", False), Standing("q", "start", "waits", False)]
    initial = {f"slot[{i}]": i for i in range(12)}
    return trace("p q", initial, [], standings, ending="The initial state violates slots_are_free.")


class Rude:
    """A value whose repr raises."""

    def __repr__(self) -> str:
        """Fail."""
        raise RuntimeError("no")


def nasty_names() -> Trace:
    """Return everything that breaks formats, terminals and mail tools."""
    evil = "From \x1b[31mred\x1b[0m\nFrom here"
    steps = [
        step(evil, "<script>alert('x')</script>", changes=[("a\tb", "caf\u00e9", "\x00\u202e")]),
        step("\u65e5\u672c", "---", events=[('\\back\\slash"quote', "\r\n", Rude())]),
        step("", "", changes=[("", None, frozenset({"b", "a", 2, 1}))], options=("x\n.\ny",)),
        step("|*|", "| a | bar * ", failure="From now on\n---\n."),
    ]
    standings = [
        Standing(evil, ".", "waits", False, calls=("\x07",)),
        Standing("unheard of", "\ud800", "sleeping", True),
    ]
    initial = {"a\tb": "caf\u00e9", "": None}
    ending = "From the start\n.\n---\nIndex: x \u2192 y"
    told = trace("", initial, steps, standings, ending=ending)
    return replace(told, processes=(evil, "\u65e5\u672c", "", "|*|"))
