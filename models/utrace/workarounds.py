"""What an owner can do about the early resume without touching the kernel: wait for the right time.

Source: Renzo Davoli on utrace-devel, April 2009, item 2, who names them and wants none of them; on
the utrace of 2009-04-16 (commit 5e67e22f2fa in montekki/linux-2.6-acedia, `kernel/utrace.c`). For
the last of them, `ptrace_notify_stop` in `kernel/ptrace-utrace.c` of fedorakernels/fedorakernel.
"""

from models.utrace.base import Utrace
from models.utrace.control import REPORT, RESUME, STOP
from models.utrace.owners import Owners
from utcheck import array, param, when


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

    def passes_over(self):
        if self.fixed:
            self.reporting = None


class Barrier(Workaround):
    """The owner calls utrace_barrier before it says RESUME."""

    def resume(self, i):
        yield from self.utrace_barrier(i)
        yield from Workaround.resume(self, i)


class StopUntilZero(Workaround):
    """The owner repeats utrace_control(STOP) until it returns 0, and then says RESUME (P8)."""

    def resume(self, i):
        yield "utrace_control(STOP)"
        while self.utrace_control(i, STOP) != 0:
            yield "utrace_control(STOP)"
        yield from Workaround.resume(self, i)


class ReportInstead(Workaround):
    """The owner says REPORT where it would say RESUME, and its engine wants QUIESCE.

    The quiesce callback looks whether the owner owes an answer, and returns UTRACE_STOP if so. It
    is made in the pass that is owed then (P11), and before each event callback too, where nothing
    is told yet. `answer` is not for it.
    """

    def wanted_events(self, i):
        return (*Workaround.wanted_events(self, i), "quiesce")

    def quiesce(self, i, event, action):
        yield "report_quiesce: has the owner answered?"
        return STOP if self.engine[i].owes else RESUME

    def resume(self, i):
        assert self.answer == "RESUME", "its answer is REPORT"
        yield when(lambda: self.may_resume(i), "utrace_control(REPORT)")
        self.utrace_control(i, REPORT)
        self.engine[i].owes = False
        yield from self.goes_further(i)


class ToldWhenStopped(Workaround):
    """The owner is told from within utrace_stop, as ptrace over utrace does it.

    Modules have no such hook: this is a change of the kernel for one engine of its own.
    """

    untold = array(str, "engines", init="")  # the event that the owner is to be told of

    def tells(self, i, event):
        self.untold[i] = event

    def notify_stop(self):
        for i in range(self.engines):
            if self.untold[i]:
                Workaround.tells(self, i, self.untold[i])
                self.untold[i] = ""
