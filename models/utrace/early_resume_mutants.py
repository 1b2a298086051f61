"""Mutants: a variant of the early resume with one step changed, which a property must notice."""

from models.utrace.base import Utrace
from models.utrace.control import DETACH, STOP
from models.utrace.later import Later
from models.utrace.owners import Owners
from models.utrace.set_flags import FirstApi, FlagAndAsk
from models.utrace.two_bits import OneBit, Patch1, Right
from models.utrace.workarounds import Barrier, ReportInstead, StopUntilZero


class NoWakeup(Utrace):
    """RESUME clears ENGINE_STOP and wakes nobody."""

    def utrace_wakeup(self):
        pass


class UnsampledExit(Utrace):
    """p stops after the pass at syscall exit, as it does at entry: no hole in the window."""

    def report_syscall_exit(self):
        report = yield from self.report_pass("exit", range(self.engines))
        if report.action == STOP:
            yield from self.utrace_stop()


class StopOnce(StopUntilZero):
    """The owner says STOP once, and then RESUME, whatever the STOP returned."""

    def resume(self, i):
        yield "utrace_control(STOP)"
        self.utrace_control(i, STOP)
        yield from Owners.resume(self, i)


class FirstApiAsksOnce(FirstApi):
    """utrace_quiescent believes every wake-up, also one that was meant for the stop before."""

    def utrace_stop(self, reports=False):
        return (yield from FlagAndAsk.utrace_stop(self, reports))


class OneBitNotAsked(OneBit):
    """utrace_stop stops without a question."""

    def keeps_stop(self):
        return True


class OneBitMarkedAgain(OneBit):
    """finish_callback marks as in V0904."""

    def mark_engine_wants_stop(self, i):
        Owners.mark_engine_wants_stop(self, i)


class RightNotAsked(Right):
    """utrace_stop stops without a question."""

    def keeps_stop(self):
        return True


class RightWithoutBit(Right):
    """RESUME does not set ENGINE_RESUME."""

    def control_resume(self, i):
        pass


class DetachKeepsTaskStop(Later):
    """DETACH leaves ENGINE_STOP in task->utrace_flags."""

    def clear_engine_wants_stop(self, i, action):
        self.engine[i].stop = False


class NoRecount(Later):
    """utrace_stop believes a clear flag: a DETACH takes the stop from the other engines."""

    def utrace_stop(self, reports=False):
        return (yield from Owners.utrace_stop(self, reports))


class Patch1Unsettled(Patch1):
    """p's own utrace_reset, on the way to user mode, leaves ENGINE_RESUME where it is."""

    def utrace_reset(self, wake):
        if wake:
            Patch1.utrace_reset(self, wake)
        else:
            Owners.utrace_reset(self, wake)


class Patch1WakesAtOnce(Patch1):
    """utrace_reset wakes p for any RESUME, whether or not another engine wants the stop."""

    def utrace_reset(self, wake):
        Patch1.utrace_reset(self, wake)
        if wake:
            self.utrace_wakeup()


class BarrierBeforeAnswer(Barrier):
    """`reporting` is cleared before the answer is applied, as it was before 3a9f4c87d18."""

    def apply_answer(self, i, answer):
        yield "finish_callback: reporting = NULL, too early"
        self.reporting = None
        yield from Barrier.apply_answer(self, i, answer)


class DetachWakesNobody(Owners):
    """DETACH of a stopped thread does not call utrace_reset."""

    def utrace_control(self, i, action):
        if action == DETACH and self.stopped:
            self.clear_engine_wants_stop(i, action)
            return self.control_detach(i)
        return Owners.utrace_control(self, i, action)


class ReportAndForget(ReportInstead):
    """The quiesce callback does not look for the owner's answer."""

    def quiesce(self, i, event, action):
        yield "report_quiesce: always stop"
        return STOP
