"""UTRACE_STOP_NOW: the tracee stops after one engine's callback, before the next engine is called.

Sources: Renzo Davoli's patches to 2.6.29 (repository virtualsquare/view-os, directory
`kmview-kernel-module/kernel_patches`), at 01ed355a244. patch1 gives each engine ENGINE_RESUME and
makes `utrace_stop` ask who wants the stop; patch2, on top of it, makes `finish_callback` call
`utrace_stop` as soon as it has set ENGINE_STOP, and forget what that says about a SIGKILL.
"""

from models.utrace.base import STOP
from models.utrace.nesting import Nesting
from utcheck import param


class Patch1(Nesting):
    """patch1: utrace_stop asks under the lock whether an engine wants the stop still."""

    def keeps_stop(self):
        self.settle(engine for engine in self.engine if engine.stop)
        return any(engine.stop for engine in self.engine)

    def utrace_control_resume(self, i):
        self.engine[i].resume = True
        super().utrace_control_resume(i)

    def utrace_reset(self, wake):
        self.settle(self.engine)
        super().utrace_reset(wake)

    def settle(self, engines):
        """Take ENGINE_STOP and ENGINE_RESUME from the engines that have been resumed."""
        for engine in engines:
            if engine.resume:
                engine.stop = engine.resume = False


class Debuggers(Patch1):
    """patch1 with debuggers: their owners look at the registers only, which is no step here."""

    def handle(self, i, event):
        yield from ()

    def reads(self, writer):
        """Nobody writes the registers, so nobody can read what was not for him."""


class DebuggersFresh(Debuggers):
    """Debuggers on patch1, where ENGINE_RESUME is cleared before each callback."""

    def callback(self, i, event):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False
        return (yield from super().callback(i, event))


class StopNow(Patch1):
    """patch2: every UTRACE_STOP is a UTRACE_STOP_NOW, at syscall exit as well."""

    def finish_callback(self, i, answer):
        yield "finish_callback: test ENGINE_STOP"
        if not self.engine[i].stop:
            yield "mark_engine_wants_stop"
            self.mark_engine_wants_stop(i)
            self.comes_to(i, "marked")
            # `reporting` is the engine during the stop; nobody asks whether it was a SIGKILL.
            yield from self.utrace_stop()
        yield "finish_callback: reporting = NULL"
        self.reporting = None


class StopNowFresh(StopNow):
    """patch2 with one more step: ENGINE_RESUME is cleared before a callback is made.

    start_callback has the engine at hand; no RESUME for the coming stop can be there yet, because
    nobody has been told of it.
    """

    def callback(self, i, event):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False
        return (yield from super().callback(i, event))


class StopNowMortal(StopNowFresh):
    """`StopNowFresh`, and no more callbacks are made once a SIGKILL is pending."""

    def start_callback(self, i, event, action):
        yield "start_callback: test SIGKILL"
        if self.killed:
            return STOP  # so that utrace_stop is called after the pass, and the call is aborted
        return (yield from super().start_callback(i, event, action))


class StopNowTwoBits(StopNowFresh):
    """patch2 on the two bits as the mail states them: `mark_engine_wants_stop` takes ENGINE_RESUME.

    ENGINE_RESUME is set only by a RESUME that finds no ENGINE_STOP, and utrace_stop asks for
    ENGINE_STOP alone. So no stop leaves a bit behind, which patch1's does for each engine.
    """

    def mark_engine_wants_stop(self, i):
        self.engine[i].stop = not self.engine[i].resume
        self.engine[i].resume = False

    def keeps_stop(self):
        return any(engine.stop for engine in self.engine)

    def utrace_control_resume(self, i):
        self.engine[i].resume = not self.engine[i].stop
        Nesting.utrace_control_resume(self, i)

    def utrace_reset(self, wake):
        Nesting.utrace_reset(self, wake)


class StopNowKinds(StopNowFresh):
    """UTRACE_STOP_NOW as an action of its own: virtualizers return it, debuggers UTRACE_STOP.

    `kinds` has a letter for each engine in the order of attaching: v for a virtualizer, d for a
    debugger, whose owner does not write the registers but looks at them, and looks again; D for a
    debugger that returns UTRACE_STOP_NOW.
    """

    kinds: str = param("vd")

    misled: bool = False  # a debugger's owner saw what was not for him, or saw it change

    def finish_callback(self, i, answer):
        if self.kinds[i] == "d":
            yield from Nesting.finish_callback(self, i, answer)
        else:
            yield from super().finish_callback(i, answer)

    def handle(self, i, event):
        if self.kinds[i] == "v":
            yield from super().handle(i, event)
        else:
            writer = self.outer(i) if event == "entry" else self.inner(i)
            for look in ("look at the registers", "look again"):
                yield look
                if self.registers != writer:
                    self.misled = True

    def outer(self, i):
        above = [k for k in range(i + 1, self.engines) if self.kinds[k] == "v"]
        return above[0] if above else None

    def inner(self, i):
        below = [k for k in range(i) if self.kinds[k] == "v"]
        return below[-1] if below else None
