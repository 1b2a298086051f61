"""utrace as it was on 2009-04-16: the tracee's report passes and the tracers' utrace_control.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`, the
version that Renzo Davoli's mail of April 2009 is about. What happens under `utrace->lock` is one
step; what is read or written outside the lock is a step of its own. The methods have the names of
the kernel's functions.
"""

from typing import Literal

from utcheck import Model, Struct, array, param, predicate, process, when

# The resume actions. Where engines differ the smallest wins.
STOP, REPORT, RESUME = range(3)


class Engine(Struct):
    """struct utrace_engine, and what is between its callback and its owner.

    `event` is what the callback has told and the owner has not taken yet. `owes` is true from then
    until the owner has said RESUME, and so long the tracee must not go on. `phase` is how far the
    stop has come that the owner was told about, for the parameter `window`.
    """

    stop: bool = False  # ENGINE_STOP in engine->flags
    resume: bool = False  # ENGINE_RESUME, in the variants that have it
    phase: Literal["none", "told", "marked", "sampled", "stopped"] = "none"
    event: Literal["none", "entry", "exit"] = "none"
    owes: bool = False


class Utrace(Model):
    """A tracee `p` makes system calls; each engine `i` belongs to an owner `vm[i]`.

    The engines are numbered as they attached. A callback tells its owner and returns UTRACE_STOP;
    the owner answers with one utrace_control(UTRACE_RESUME). No engine wants QUIESCE, as kmview's
    do not.
    """

    engines: int = param(1, ge=1, le=99)
    entry: bool = param(True)  # the engines want SYSCALL_ENTRY
    exit: bool = param(False)  # the engines want SYSCALL_EXIT
    calls: int = param(1, ge=1, le=9)
    # When an owner says RESUME: at any time, or only in one part of the window or, where that part
    # is missed, once p has stopped.
    window: Literal["any", "told", "marked", "sampled", "stopped"] = param("any")

    engine = array(Engine, "engines")
    report: bool = False  # utrace->report
    stopped: bool = False  # utrace->stopped
    reporting: int | None = None  # utrace->reporting
    tif_notify: bool = False  # TIF_NOTIFY_RESUME

    went_early: bool = False  # p went on although an owner had not answered

    # --- the tracee

    @process
    def p(self):
        for _ in range(self.calls):
            if self.entry:
                yield from self.report_syscall_entry()
            yield "system call"
            self.system_call()
            if self.exit:
                yield from self.report_syscall_exit()
            yield from self.return_to_user_mode()

    def goes_on(self):
        """Note whether p passes a stop that somebody has not answered (P4, P6)."""
        if any(engine.owes for engine in self.engine):
            self.went_early = True

    def system_call(self):
        """Attempt the call that the registers give now (P6); a hook for the variants."""
        self.goes_on()

    def entry_order(self):
        return range(self.engines - 1, -1, -1)

    def report_syscall_entry(self):
        action = yield from self.report_pass("entry", self.entry_order())
        if action == STOP:
            yield from self.utrace_stop()

    def report_syscall_exit(self):
        yield from self.report_pass("exit", range(self.engines))

    def report_pass(self, event, order):
        """One walk over the engines; the answer is the action that they agree on."""
        yield from self.start_report()
        action = RESUME
        for i in order:
            action = yield from self.start_callback(i, event, action)
        yield from self.finish_report(action)
        return action

    def start_report(self):
        yield "start_report: test report"
        if self.report:
            yield "start_report"
            self.report = False

    def start_callback(self, i, event, action):
        yield "start_callback: reporting = engine"
        self.reporting = i
        yield "start_callback: read flags"
        if self.engine[i].stop:
            action = STOP
            self.comes_to(i, "sampled")
        if event == "none":
            return action  # `reporting` stays: fixed by cf890ad4681, 2009-06-02
        answer = yield from self.callback(i, event)
        yield from self.finish_callback(i, answer)
        return min(action, answer)

    def callback(self, i, event):
        """The engine's report_syscall_entry or report_syscall_exit, which runs without the lock."""
        yield "callback: tell the owner"
        self.engine[i].event = event
        self.engine[i].owes = True
        self.comes_to(i, "told")
        return STOP

    def comes_to(self, i, phase):
        if self.window != "any":
            self.engine[i].phase = phase

    def finish_callback(self, i, answer):
        yield "finish_callback: test ENGINE_STOP"
        if self.engine[i].stop != (answer == STOP):
            if answer == STOP:
                yield "mark_engine_wants_stop"
                self.mark_engine_wants_stop(i)
            else:
                yield "clear_engine_wants_stop"
                self.engine[i].stop = False
        self.comes_to(i, "marked")
        yield "finish_callback: reporting = NULL"
        self.reporting = None

    def mark_engine_wants_stop(self, i):
        self.engine[i].stop = True

    def finish_report(self, action):
        if action <= REPORT:
            yield "finish_report: test report"
            if not self.report:
                yield "finish_report"
                self.report = True
                self.tif_notify = True

    def utrace_stop(self):
        yield "utrace_stop"
        self.enters_stop()
        yield when(lambda: not self.stopped, "stopped")

    def enters_stop(self):
        self.stopped = True
        for i in range(self.engines):
            if self.engine[i].owes:
                self.comes_to(i, "stopped")

    def return_to_user_mode(self):
        yield "return to user mode"
        while self.tif_notify:
            self.tif_notify = False
            yield from self.utrace_resume()
            yield "return to user mode"
        self.goes_on()

    def utrace_resume(self):
        """A pass that makes no callback here, because no engine wants QUIESCE; it samples flags."""
        yield from self.start_report()
        action = RESUME
        for i in range(self.engines):
            action = yield from self.start_callback(i, "none", action)
        yield "finish_resume_report: utrace_reset"
        self.utrace_reset(wake=False)
        if action == STOP:
            yield from self.utrace_stop()

    # --- the tracers

    @process(each="engines", daemon=True)
    def vm(self, i):
        while True:
            yield when(lambda: self.engine[i].event != "none", "wait for an event")
            event = self.engine[i].event
            self.engine[i].event = "none"
            yield from self.handle(i, event)
            yield from self.resume(i)

    def handle(self, i, event):
        """What the owner does between an event and its RESUME: here, nothing."""
        yield from ()

    def resume(self, i):
        yield when(lambda: self.may_resume(i), "utrace_control(RESUME)")
        self.utrace_control_resume(i)
        self.engine[i].owes = False

    def may_resume(self, i):
        return self.window == "any" or self.engine[i].phase in (self.window, "stopped")

    def utrace_control_resume(self, i):
        """utrace_control(target, engine, UTRACE_RESUME), all of it under the lock."""
        self.engine[i].stop = False
        if self.stopped:
            self.utrace_reset(wake=True)

    def utrace_reset(self, wake):
        if wake and not any(engine.stop for engine in self.engine):
            self.utrace_wakeup()

    def utrace_wakeup(self):
        self.stopped = False

    # --- what is asked for

    @predicate
    def answered(self):
        """Every owner has answered all that it was told."""
        return not any(engine.owes for engine in self.engine)

    @predicate
    def p_moves(self):
        """The tracee is not stuck in a stop that everybody has answered, or will have left it."""
        return not (self.stopped and self.p.at("stopped"))
