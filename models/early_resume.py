"""The early resume race of utrace, and the two ways out of it that were proposed with it.

Source: Renzo Davoli on utrace-devel, April 2009, item 2, about the utrace of 2009-04-16 (commit
5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`). What happens under
`utrace->lock` is one step; what happens outside the lock is a step of its own.
"""

from typing import Annotated, Literal

from utcheck import Model, Range, param, predicate, process, when


class EarlyResume(Model):
    """A tracee `p` stops at system call entry; its tracer `vm` resumes it, maybe too early.

    `p` has one engine. In the engine's callback it tells `vm` about the call, and the callback
    returns UTRACE_STOP. `vm` answers each event with `utrace_control(p, engine, UTRACE_RESUME)`,
    once.

    `fix` is the protocol variant:

    none: the code of 2009-04-16.
    2A: ENGINE_STOP is set before `vm` is told, and nothing sets it again; whether anybody still
        wants the stop is asked in the step that stops, as the API of 2006 to 2008 did.
    2A-flag-only: ENGINE_STOP is set before `vm` is told, but `utrace_stop` does not ask.
    2B: ENGINE_RESUME beside ENGINE_STOP. RESUME sets the one and clears the other; it is used up by
        the next stop, or at once if p is stopped. `utrace_stop` asks for ENGINE_STOP.
    2B-reset: 2B, and p clears ENGINE_RESUME before it tells `vm`.
    """

    fix: Literal["none", "2A", "2A-flag-only", "2B", "2B-reset"] = param("none")
    stops: int = param(1, ge=1, le=9)  # system calls in sequence, one stop for each

    engine_stop: bool = False  # ENGINE_STOP in engine->flags
    engine_resume: bool = False  # ENGINE_RESUME in engine->flags (2B)
    report: bool = False  # utrace->report
    stopped: bool = False  # utrace->stopped
    events: Annotated[int, Range(0, "stops")] = 0  # p's messages that vm has not taken yet

    answered: Annotated[int, Range(0, "stops")] = 0  # how often vm has said RESUME
    passed: Annotated[int, Range(0, "stops")] = 0  # how many stops p has left behind

    @process
    def p(self):
        for _ in range(self.stops):
            yield "start_report"
            self.report = False
            yield from self.report_syscall_entry()
            yield "finish_report"
            self.report = True
            yield from self.utrace_stop()

    def report_syscall_entry(self):
        """The engine's callback, which returns UTRACE_STOP, and finish_callback."""
        if self.fix in ("2A", "2A-flag-only"):
            yield "set ENGINE_STOP"
            self.engine_stop = True
        if self.fix == "2B-reset":
            yield "clear ENGINE_RESUME"
            self.engine_resume = False
        yield "report_syscall_entry: tell vm"
        self.events += 1
        if self.fix in ("2A", "2A-flag-only"):
            return  # what the callback returns leaves the flag as it is
        yield "finish_callback: test ENGINE_STOP"
        if not self.engine_stop:
            yield "mark_engine_wants_stop"
            if self.engine_resume:
                self.engine_resume = False
            else:
                self.engine_stop = True

    def utrace_stop(self):
        yield "utrace_stop"
        if self.fix in ("none", "2A-flag-only") or self.engine_stop:
            self.stopped = True
            yield when(lambda: not self.stopped, "stopped")
        self.passed += 1

    @process(daemon=True)
    def vm(self):
        while True:
            yield when(lambda: self.events > 0, "wait for an event")
            self.events -= 1
            yield "utrace_control(RESUME)"
            self.utrace_control_resume()
            self.answered += 1

    def utrace_control_resume(self):
        self.engine_stop = False
        if self.fix in ("2B", "2B-reset"):
            self.engine_resume = not self.stopped
        self.stopped = False

    @predicate
    def resumed(self):
        """Every RESUME so far has had its effect."""
        return self.passed >= self.answered
