"""What became of the early resume: utrace as of 2010-10-20.

Source: commit 6608ff2d420 of montekki/linux-2.6-acedia, `kernel/utrace.c`, the last state of that
tree, also at HEAD of wfarnsworth/utrace-beagle, and the port to Linux 3.3 in cf9048c9c41 of
Hubbitus/kernel; for what an engine does in a repeated scan, `ptrace_report_syscall_entry` in
`kernel/ptrace-utrace.c` of that time.
"""

from errno import EINVAL

from models.utrace.control import DETACH, REPORT, RESUME, STOP
from models.utrace.owners import Owners
from utcheck import array


class Later(Owners):
    """ENGINE_STOP stands in task->utrace_flags as well, and utrace_stop asks for it there.

    Marking an engine sets both. RESUME of a thread that is not stopped clears the engine's only;
    utrace_reset recomputes the task's; DETACH clears the task's. `reporting` is cleared where no
    callback was made.

    utrace_resume walks over the engines only if one of them wants QUIESCE; where none does, it owes
    nothing to anybody, and a UTRACE_STOP of syscall exit is lost. (The task's QUIESCE bit may be
    out of date until the next utrace_reset, which is left out.)

    At syscall entry STOP no longer owes a report. Where one is owed after the stop, because an
    engine returned UTRACE_REPORT or an owner has asked for it, the scan is repeated, with
    UTRACE_SYSCALL_RESUMED. The engines that stop p answer UTRACE_RESUME then. A tracer returns
    UTRACE_REPORT where an engine before it has said UTRACE_STOP: it wants the last look at the call
    before it is made (P13).

    utrace->resume, which took the place of `report` and `interrupt`, stands here as `report`;
    UTRACE_INTERRUPT is left out.
    """

    task_stop: bool = False  # ENGINE_STOP in task->utrace_flags
    resumed: bool = False  # UTRACE_SYSCALL_RESUMED, a local variable of the scan
    stale = array(bool, "engines")  # a tracer has not looked since an owner was told of this call
    missed: bool = False  # p made a call that a tracer had not had the last look at

    # --- the stop

    def mark_engine_wants_stop(self, i):
        if self.engine[i].ops == "live":  # asked again, under the lock
            self.engine[i].stop = True
            self.task_stop = True

    def utrace_stop(self, reports=False):
        yield "utrace_stop"
        self.owes_more(reports)
        while not self.keeps_stop():
            self.utrace_reset(wake=False)
            yield "utrace_stop: test utrace_flags"
            if not self.keeps_stop():
                return self.killed
            yield "utrace_stop, again"
        if self.killed:
            return True
        return (yield from self.schedule())

    def keeps_stop(self):
        return self.task_stop

    def utrace_reset(self, wake):
        self.task_stop = self.anybody_wants_stop()
        Owners.utrace_reset(self, wake)

    def utrace_control(self, i, action):
        if action == REPORT and "quiesce" not in self.engine[i].events:
            return -EINVAL
        return Owners.utrace_control(self, i, action)

    def clear_engine_wants_stop(self, i, action):
        if action == DETACH and self.engine[i].stop:
            self.task_stop = False
        self.engine[i].stop = False

    def control_stop(self, i):
        self.task_stop = True
        return Owners.control_stop(self, i)

    # --- the passes

    def utrace_resume(self):
        if (yield from self.start_report()):
            if self.anybody_wants_quiesce():
                yield from self.resume_pass()
            else:
                yield "finish_resume_report: utrace_reset"
                self.utrace_reset(wake=False)

    def anybody_wants_quiesce(self):
        return any("quiesce" in engine.events and engine.ops == "live" for engine in self.engine)

    def looks_again(self, event):
        return event != "none"

    def passes_over(self):
        self.reporting = None

    def owes_report(self, report, event):
        if event == "entry" and report.action == STOP:
            return False  # utrace_stop will see to that
        return report.action <= REPORT

    def report_syscall_entry(self):
        again = True
        while again:
            report = yield from self.report_pass("entry", self.entry_order())
            abort = again = False
            if report.action == STOP:
                yield from self.utrace_stop(report.reports)
                yield "utrace_report_syscall_entry: test SIGKILL, and resume"
                abort = self.killed
                again = self.resumed = self.report and not abort
        self.resumed = False
        return abort

    # --- the engines

    def callback(self, i, event, action):
        if event == "entry" and self.resumed and self.kind(i) in "vd":
            yield "callback: answered before"
            return RESUME
        if event == "entry" and self.kind(i) == "t" and action == STOP:
            yield "callback: not yet the last look"
            return REPORT
        return (yield from Owners.callback(self, i, event, action))

    def tells(self, i, event):
        Owners.tells(self, i, event)
        for j in range(self.engines):
            self.stale[j] = event == "entry" and self.kind(j) == "t"

    def looks(self, i, event):
        self.stale[i] = False

    def system_call(self, abort):
        Owners.system_call(self, abort)
        if any(self.stale) and not abort:
            self.missed = True


class LaterRight(Later):
    """`Later`, where RESUME of a thread that is not stopped recomputes task->utrace_flags too."""

    def control_resume(self, i):
        self.task_stop = self.anybody_wants_stop()
