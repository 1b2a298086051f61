"""What became of the early resume: utrace as of 2010-10-20.

Source: commit 6608ff2d420 of montekki/linux-2.6-acedia, `kernel/utrace.c`, the last state of that
tree, and the port to Linux 3.3 in cf9048c9c41 of Hubbitus/kernel.
"""

from models.utrace.base import RESUME, STOP
from models.utrace.owners import Owners


class Later(Owners):
    """ENGINE_STOP stands in task->utrace_flags as well, and utrace_stop asks for it there.

    Marking an engine sets both. RESUME of a thread that is not stopped clears the engine's only;
    utrace_reset recomputes the task's; DETACH clears the task's. At syscall entry STOP no longer
    owes a report. `reporting` is cleared where no callback was made.

    Not modelled: the repeated scan that follows a stop at syscall entry when a report is owed.
    """

    task_stop: bool = False  # ENGINE_STOP in task->utrace_flags

    def mark_engine_wants_stop(self, i):
        if not self.detached[i]:  # asked again, under the lock
            self.engine[i].stop = True
            self.task_stop = True

    def enters_stop(self):
        if not self.task_stop:
            self.utrace_reset(wake=False)
        if self.task_stop:
            Owners.enters_stop(self)

    def utrace_reset(self, wake):
        self.task_stop = self.anybody_wants_stop()
        Owners.utrace_reset(self, wake)

    def utrace_control_stop(self, i):
        self.task_stop = True
        return Owners.utrace_control_stop(self, i)

    def utrace_control_detach(self, i):
        self.task_stop = False
        Owners.utrace_control_detach(self, i)

    def report_syscall_entry(self):
        action = yield from self.report_pass("entry", self.entry_order(), will_stop=True)
        if action == STOP:
            yield from self.utrace_stop()

    def report_pass(self, event, order, will_stop=False):
        yield from self.start_report()
        action = RESUME
        for i in order:
            action = yield from self.start_callback(i, event, action)
        yield from self.finish_report(RESUME if will_stop and action == STOP else action)
        self.passing = False
        return action

    def start_callback(self, i, event, action):
        action = yield from Owners.start_callback(self, i, event, action)
        if event == "none":
            self.reporting = None
        return action


class LaterRight(Later):
    """`Later`, where RESUME of a thread that is not stopped recomputes task->utrace_flags too."""

    def utrace_control_resume(self, i):
        Owners.utrace_control_resume(self, i)
        self.task_stop = self.anybody_wants_stop()
