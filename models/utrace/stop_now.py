"""UTRACE_STOP_NOW: the tracee stops after one engine's callback, before the next engine is called.

Sources: Renzo Davoli's patches to 2.6.29 (repository virtualsquare/view-os, directory
`kmview-kernel-module/kernel_patches`), at 01ed355a244. patch2, on top of patch1, makes
`finish_callback` call `utrace_stop` as soon as it has set ENGINE_STOP, and forget what that says
about a SIGKILL.
"""

from models.utrace.control import RESUME, STOP
from models.utrace.nesting import Nesting
from models.utrace.two_bits import Patch1


class NestedPatch1(Patch1, Nesting):
    """patch1 with nested virtualizers."""


class StopNow(NestedPatch1):
    """patch2: every UTRACE_STOP is a UTRACE_STOP_NOW, at syscall exit as well."""

    def apply_answer(self, i, answer):
        if not self.stops_now(i, answer):
            yield from super().apply_answer(i, answer)
            return
        yield "finish_callback: test ENGINE_STOP"
        if not self.engine[i].stop:
            yield "mark_engine_wants_stop"
            self.mark_engine_wants_stop(i)
            self.comes_to(i, "marked")
            # `reporting` is the engine during the stop; nobody asks whether it was a SIGKILL.
            yield from self.utrace_stop()

    def stops_now(self, i, answer):
        return answer == STOP


class StopNowFresh(StopNow):
    """patch2 with one more step: ENGINE_RESUME is cleared before a callback is made.

    start_callback has the engine at hand; no RESUME for the coming stop can be there yet, because
    nobody has been told of it.
    """

    def before_callback(self, i):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False


class StopNowMortal(StopNowFresh):
    """`StopNowFresh`, and no more callbacks are made once a SIGKILL is pending."""

    def start_callback(self, i, event, report):
        yield "start_callback: test SIGKILL"
        if self.killed:
            # so that utrace_stop is called after the pass, and the call is aborted
            return report._replace(action=STOP)
        return (yield from super().start_callback(i, event, report))


class StopNowTwoBits(StopNowFresh):
    """patch2 on two bits of another kind, of which none outlives its stop: nobody proposed them.

    ENGINE_RESUME is set only by a RESUME that finds no ENGINE_STOP, and mark_engine_wants_stop
    takes it; utrace_stop asks for ENGINE_STOP alone. patch1 leaves a bit behind for each engine,
    which is what makes the states of `StopNowFresh` grow by a factor with each.
    """

    def mark_engine_wants_stop(self, i):
        self.engine[i].stop = not self.engine[i].resume
        self.engine[i].resume = False

    def utrace_control(self, i, action):
        if action == RESUME:
            self.engine[i].resume = not self.engine[i].stop
        return super().utrace_control(i, action)

    def control_resume(self, i):
        pass

    def settle(self, engines):
        pass


class StopNowKinds(StopNowFresh):
    """UTRACE_STOP_NOW as an action of its own: virtualizers return it, debuggers UTRACE_STOP.

    A further letter in `kinds`: D for a debugger that returns UTRACE_STOP_NOW.
    """

    LETTERS = "vdtsqD"

    def kind(self, i):
        return super().kind(i).lower()

    def stops_now(self, i, answer):
        return answer == STOP and super().kind(i) in "vD"


class StopNowUnnoticed(StopNow):
    """A mutant: utrace_stop does not say that it was a SIGKILL that ended the stop."""

    def utrace_stop(self, reports=False):
        yield from super().utrace_stop(reports)
        return False
