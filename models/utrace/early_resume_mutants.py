"""Mutants: a variant of the early resume with one step changed, which a property must notice."""

from models.utrace.base import STOP, Utrace
from models.utrace.later import Later
from models.utrace.owners import Owners
from models.utrace.set_flags import FirstApi, FlagAndAsk
from models.utrace.two_bits import OneBit, Right
from models.utrace.workarounds import StopUntilZero


class NoWakeup(Utrace):
    """RESUME clears ENGINE_STOP and wakes nobody."""

    def utrace_control_resume(self, i):
        self.engine[i].stop = False


class UnsampledExit(Utrace):
    """p stops after the pass at syscall exit, as it does at entry: no hole in the window."""

    def report_syscall_exit(self):
        action = yield from self.report_pass("exit", range(self.engines))
        if action == STOP:
            yield from self.utrace_stop()


class StopOnce(StopUntilZero):
    """The owner says STOP once, and then RESUME, whatever the STOP returned."""

    def resume(self, i):
        yield "utrace_control(STOP)"
        self.utrace_control_stop(i)
        yield from Owners.resume(self, i)


class FirstApiAsksOnce(FirstApi):
    """utrace_quiescent believes every wake-up, also one that was meant for the stop before."""

    def utrace_stop(self):
        yield from FlagAndAsk.utrace_stop(self)


class OneBitNotAsked(OneBit):
    """utrace_stop stops without a question."""

    def enters_stop(self):
        Owners.enters_stop(self)


class OneBitMarkedAgain(OneBit):
    """finish_callback marks as in V0904."""

    def mark_engine_wants_stop(self, i):
        Owners.mark_engine_wants_stop(self, i)


class RightNotAsked(Right):
    """utrace_stop stops without a question."""

    def enters_stop(self):
        Owners.enters_stop(self)


class RightWithoutBit(Right):
    """RESUME does not set ENGINE_RESUME."""

    def utrace_control_resume(self, i):
        Owners.utrace_control_resume(self, i)


class DetachKeepsTaskStop(Later):
    """DETACH leaves ENGINE_STOP in task->utrace_flags."""

    def utrace_control_detach(self, i):
        Owners.utrace_control_detach(self, i)


class NoRecount(Later):
    """utrace_stop believes a clear flag: a DETACH takes the stop from the other engines."""

    def enters_stop(self):
        if self.task_stop:
            Owners.enters_stop(self)
