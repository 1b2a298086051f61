"""What an owner can do about the early resume without touching the kernel: wait for the right time.

Source: Renzo Davoli on utrace-devel, April 2009, item 2, who names them and wants none of them; on
the utrace of 2009-04-16 (commit 5e67e22f2fa in montekki/linux-2.6-acedia, `kernel/utrace.c`).
"""

from models.utrace.base import RESUME, STOP, Utrace
from models.utrace.owners import Owners
from utcheck import param, when


class OneEarly(Utrace):
    """Only the owner of engine `early` is quick; the others wait until p has stopped.

    With -1, which is the base model, every owner is quick.
    """

    early: int = param(-1, ge=-1)

    def may_resume(self, i):
        if self.early in (-1, i):
            return super().may_resume(i)
        return self.engine[i].phase == "stopped"


class Workaround(Owners):
    """The base of the workarounds, with or without the fault of `reporting`.

    A pass that makes no callback to an engine leaves `reporting` at it: in V0904, from commit
    827ec3b291a of 2009-03-06 to cf890ad4681 of 2009-06-02, which is `fixed`.
    """

    fixed: bool = param(False)

    def start_callback(self, i, event, action):
        action = yield from Owners.start_callback(self, i, event, action)
        if event == "none" and self.fixed:
            self.reporting = None
        return action


class Barrier(Workaround):
    """The owner calls utrace_barrier before it says RESUME."""

    def resume(self, i):
        yield when(lambda: self.reporting != i, "utrace_barrier")
        yield from Workaround.resume(self, i)


class StopUntilZero(Workaround):
    """The owner repeats utrace_control(STOP) until it returns 0, and then says RESUME (P8)."""

    def resume(self, i):
        yield "utrace_control(STOP)"
        while not self.utrace_control_stop(i):
            yield "utrace_control(STOP)"
        yield from Workaround.resume(self, i)


class ReportInstead(Workaround):
    """The owner says REPORT where it would say RESUME, and its engine wants QUIESCE.

    The quiesce callback of the pass that is owed then (P11) looks whether the owner has answered,
    and returns UTRACE_RESUME if so. The quiesce callbacks that come before the entry and the exit
    callback are left out: with nothing told yet they would return UTRACE_RESUME.
    """

    def start_callback(self, i, event, action):
        if event == "none":
            yield "start_callback: reporting = engine"
            self.reporting = i
            yield "report_quiesce: has the owner answered?"
            answer = STOP if self.engine[i].owes else RESUME
            yield from self.finish_callback(i, answer)
            action = min(action, answer)
        action = yield from Workaround.start_callback(self, i, event, action)
        return action

    def resume(self, i):
        yield when(lambda: self.may_resume(i), "utrace_control(REPORT)")
        self.report = self.tif_notify = True
        self.utrace_control_resume(i)
        self.engine[i].owes = False
