"""The tracee's side of utrace: report passes, utrace_resume and utrace_stop.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`, the
utrace of 2009-04-16. What happens under `utrace->lock` is one step; what is read or written outside
the lock is a step of its own. The methods have the names of the kernel's functions.
"""

from typing import Literal, NamedTuple

from models.utrace.control import DETACH, INTERRUPT, REPORT, RESUME, STOP, Control
from utcheck import param, process, when


class Report(NamedTuple):
    """struct utrace_report, the local variables of one pass."""

    action: int = RESUME
    detaches: bool = False  # an engine is to be taken off the list
    reports: bool = False  # an engine returned UTRACE_REPORT
    takers: bool = False  # an engine wanted the event


class Tracee(Control):
    """A thread `p` makes system calls, and reports them to its engines.

    The engines are numbered as they attached. What they answer is for a subclass to say.

    The exit of a thread and its reports are left out, and so are all signals but SIGKILL, which
    ends `p` where it would come to user mode. No callback returns UTRACE_INTERRUPT.
    """

    entry: bool = param(True)  # the engines want SYSCALL_ENTRY
    exit: bool = param(False)  # the engines want SYSCALL_EXIT
    calls: int = param(1, ge=1, le=9)
    # When an owner says RESUME: at any time, or only in one part of the window or, where that part
    # is missed, once p has stopped.
    window: Literal["any", "told", "marked", "sampled", "stopped"] = param("any")
    kill: bool = param(False)  # a SIGKILL comes, at any time

    went_early: bool = False  # p went on although an owner had not answered
    killed: bool = False  # SIGKILL is pending
    killed_waiting: bool = False  # it came while p waited for an owner
    called_dead: bool = False  # p made a system call although it was killed while it waited

    def init(self):
        for i in range(self.engines):
            self.engine[i].events = self.wanted_events(i)

    def wanted_events(self, i):
        return ("entry",) * self.entry + ("exit",) * self.exit

    def may_say(self, action):
        """Whether an owner may say this: where none may, the steps that heed it are left out."""
        return False

    @process
    def p(self):
        for _ in range(self.calls):
            abort = False
            if self.entry:
                abort = yield from self.report_syscall_entry()
            yield "system call"
            self.system_call(abort)
            if self.exit:
                yield from self.report_syscall_exit()
            yield from self.return_to_user_mode()
            if self.killed:
                return

    def goes_on(self):
        """Note whether p passes a stop that somebody attached has not answered (P4, P6, P7)."""
        if any(engine.owes and engine.ops == "live" for engine in self.engine):
            self.went_early = True

    def system_call(self, abort):
        """Attempt the call that the registers give now (P6), or make none."""
        if not abort:
            self.goes_on()
            if self.killed_waiting:
                self.called_dead = True

    def user_mode(self):
        self.goes_on()

    def entry_order(self):
        return range(self.engines - 1, -1, -1)

    def report_syscall_entry(self):
        """Report, and stop if an engine says so; whether the call is to be aborted."""
        report = yield from self.report_pass("entry", self.entry_order())
        if report.action == STOP:
            return (yield from self.utrace_stop())
        return False

    def report_syscall_exit(self):
        yield from self.report_pass("exit", range(self.engines))

    def report_pass(self, event, order):
        yield from self.start_report()
        report = Report()
        for i in order:
            if self.engine[i].ops != "gone":
                report = yield from self.start_callback(i, event, report)
        return (yield from self.finish_report(report, event))

    def start_report(self):
        """Take what is owed; whether a report was."""
        yield "start_report: test report"
        assert not self.stopped, "p runs, and `stopped` is set"
        if not self.report:
            return False
        yield "start_report"
        self.report = False
        self.splice_attaching()
        return True

    def start_callback(self, i, event, report):
        """Call the engine if it wants that; the report, with its part in it.

        `ops` is read in one step with the flags. A DETACH between the two, which the barriers
        allow, would give p old flags and the detached ops; finish_callback finds that out anyway.
        """
        yield "start_callback: reporting = engine"
        self.reports_to(i)
        yield "start_callback: read flags"
        if "quiesce" in self.engine[i].events:
            answer = yield from self.report_quiesce(i, event, report.action)
            report = yield from self.finish_callback(i, report, answer)
            if self.engine[i].ops != "live":
                return report
            if not self.looks_again(event):
                return report._replace(takers=True)
            yield "start_callback: reporting = engine, again"
            self.reports_to(i)
            yield "start_callback: read flags, again"
        if self.engine[i].stop:
            report = report._replace(action=STOP)
            self.comes_to(i, "sampled")
        if event not in self.engine[i].events:
            self.passes_over()
            return report
        yield from self.before_callback(i)
        answer = yield from self.callback(i, event, report.action)
        return (yield from self.finish_callback(i, report._replace(takers=True), answer))

    def reports_to(self, i):
        if self.detaches:
            self.reporting = i

    def looks_again(self, event):
        """Whether p goes on with an engine after its quiesce callback, also without an event."""
        return True

    def before_callback(self, i):
        """What p does for an engine before it calls it: in this version, nothing."""
        yield from ()

    def passes_over(self):
        """No callback is made: `reporting` stays, until cf890ad4681 of 2009-06-02."""

    def finish_callback(self, i, report, answer):
        if self.may_say(DETACH):
            yield "finish_callback: read ops"
        if answer == DETACH or self.engine[i].ops == "detached":
            self.mark_engine_detached(i)
            report = report._replace(detaches=True)
        else:
            reports = report.reports or answer == REPORT
            report = report._replace(action=min(report.action, answer), reports=reports)
            yield from self.apply_answer(i, answer)
        yield "finish_callback: reporting = NULL"
        self.reports_to(None)
        return report

    def apply_answer(self, i, answer):
        """The part of finish_callback that brings ENGINE_STOP into line with the answer."""
        yield "finish_callback: test ENGINE_STOP"
        if self.engine[i].stop != (answer == STOP):
            if answer == STOP:
                yield "mark_engine_wants_stop"
                self.mark_engine_wants_stop(i)
            else:
                yield "clear_engine_wants_stop"
                self.engine[i].stop = False
        self.comes_to(i, "marked")

    def mark_engine_wants_stop(self, i):
        self.engine[i].stop = True

    def finish_report(self, report, event):
        reset = report.detaches or not report.takers
        if self.owes_report(report, event):
            yield "finish_report: test report"
            if not self.report:
                yield "finish_report"
                self.report = True
                self.tif_notify = True
                return self.reset_itself(report) if reset else report
        if reset:
            yield "finish_report: utrace_reset"
            return self.reset_itself(report)
        return report

    def owes_report(self, report, event):
        """Whether another pass is to come before user mode, where `report` is looked at again."""
        return report.action <= REPORT

    def reset_itself(self, report):
        """utrace_reset by the tracee; where no engine is left, nobody's action is left."""
        self.utrace_reset(wake=False)
        if all(engine.ops == "gone" for engine in self.engine):
            return report._replace(action=RESUME)
        return report

    def utrace_stop(self, reports=False):
        """Stop; whether a SIGKILL was the end of it."""
        yield "utrace_stop"
        assert not self.stopped, "p runs, and `stopped` is set"
        if self.killed:
            return True
        self.owes_more(reports)
        if not self.keeps_stop():
            return False
        return (yield from self.schedule())

    def owes_more(self, reports):
        if reports:
            self.report = self.tif_notify = True

    def schedule(self):
        """Sleep in TASK_TRACED; whether a SIGKILL was the end of it."""
        self.stopped = True
        self.notify_stop()
        if self.window != "any":  # or nobody is to know, and no flag is read
            for i in range(self.engines):
                if self.engine[i].owes:
                    self.comes_to(i, "stopped")
        yield when(lambda: not self.stopped or self.killed, "stopped")
        # finish_utrace_stop: until here a tracer may see `stopped`, SIGKILL or not.
        killed = self.stopped
        self.stopped = False
        return killed

    def notify_stop(self):
        """What is done under the lock as soon as p has stopped: in this version, nothing."""

    def keeps_stop(self):
        """Whether utrace_stop does stop: this version does not ask again who wants that."""
        return True

    def comes_to(self, i, phase):
        if self.window != "any":
            self.engine[i].phase = phase

    def return_to_user_mode(self):
        yield "return to user mode"
        while (self.tif_sigpending or self.tif_notify) and not self.killed:
            if self.tif_sigpending:
                yield from self.utrace_get_signal()
            else:
                self.tif_notify = False
                yield from self.utrace_resume()
            yield "return to user mode"
        if not self.killed:
            self.user_mode()

    def utrace_resume(self):
        """A pass without an event: only quiesce callbacks are made, and flags are sampled."""
        if self.may_say(INTERRUPT):
            yield "utrace_resume: test interrupt"
            if self.interrupt:
                self.tif_sigpending = True
                return
        yield from self.start_report()
        yield from self.resume_pass()

    def utrace_get_signal(self):
        """The pass that UTRACE_INTERRUPT asks for; to be reported is only that it was asked for."""
        yield "utrace_get_signal: test interrupt"
        self.tif_sigpending = False
        if self.interrupt or self.report:
            yield "utrace_get_signal"
            self.splice_attaching()
            self.interrupt = self.report = self.stopped = self.tif_sigpending = False
            yield from self.resume_pass()

    def resume_pass(self):
        report = Report()
        for i in range(self.engines):
            if self.engine[i].ops != "gone":
                report = yield from self.start_callback(i, "none", report)
        if report.detaches or not report.takers:
            yield "finish_resume_report: utrace_reset"
            report = self.reset_itself(report)
        if report.action == STOP:
            yield from self.utrace_stop(report.reports)

    def report_quiesce(self, i, event, action):
        """The quiesce callback: that of the internal utrace_detached_ops, or of the engine."""
        if self.engine[i].ops != "live":
            return DETACH
        return (yield from self.quiesce(i, event, action))

    def quiesce(self, i, event, action):
        """The engine's report_quiesce; `event` is the one that is to come, if any."""
        yield "report_quiesce"
        return RESUME

    def callback(self, i, event, action):
        """The engine's report_syscall_entry or report_syscall_exit, which runs without the lock.

        `action` is what the engines before it have agreed on.
        """
        yield from ()
        return RESUME

    @process(daemon=True)
    def killer(self):
        if self.kill:
            yield "SIGKILL"
            self.killed = True
            if self.waits():
                self.killed_waiting = True

    def waits(self):
        return self.stopped
