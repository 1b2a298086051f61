"""Fix 2B: two bits, ENGINE_STOP and ENGINE_RESUME.

Sources: Renzo Davoli on utrace-devel, April 2009, item 2, for what the mail says; and for what its
patch does, `kernel_patches/linux-2.6.29-patch1` of 2009-03-15 in the directory
`kmview-kernel-module` of virtualsquare/view-os. Both on the utrace of 2009-04-16.
"""

from models.utrace.owners import Owners


class MarkOnly(Owners):
    """2B to the letter: p looks for a fast RESUME where it would record its need to stop.

    What the mail says and no more; utrace_stop is as it was.
    """

    def mark_engine_wants_stop(self, i):
        if self.engine[i].resume:
            self.engine[i].resume = False
        else:
            self.engine[i].stop = True

    def utrace_control_resume(self, i):
        self.engine[i].resume = not self.stopped
        Owners.utrace_control_resume(self, i)

    def utrace_set_events(self, i):
        """ENGINE_STOP is kept, and ENGINE_RESUME is not: it is no event."""
        self.engine[i].resume = False


class Mail(MarkOnly):
    """2B as it must be read for one stop to work: utrace_stop asks for ENGINE_STOP as well."""

    def enters_stop(self):
        if self.anybody_wants_stop():
            MarkOnly.enters_stop(self)


class Patch1(Owners):
    """2B as linux-2.6.29-patch1 has it: the two bits meet in utrace_stop and in utrace_reset.

    finish_callback is left alone. The patch does not touch utrace_set_events, nor UTRACE_STOP.
    """

    def utrace_control_resume(self, i):
        self.engine[i].resume = True
        Owners.utrace_control_resume(self, i)

    def enters_stop(self):
        for engine in self.engine:
            if engine.stop and engine.resume:
                engine.stop = engine.resume = False
        if self.anybody_wants_stop():
            Owners.enters_stop(self)

    def utrace_reset(self, wake):
        for engine in self.engine:
            if engine.resume:
                engine.stop = engine.resume = False
        Owners.utrace_reset(self, wake)

    def utrace_set_events(self, i):
        """ENGINE_STOP is kept, and ENGINE_RESUME is not: it is no event."""
        self.engine[i].resume = False


class Cleared(Mail):
    """2B as in `Mail`, and p clears ENGINE_RESUME, under the lock, before it makes the callback."""

    def callback(self, i, event):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False
        answer = yield from Mail.callback(self, i, event)
        return answer


class Right(Cleared):
    """`Cleared`, and utrace_set_events keeps ENGINE_RESUME as it keeps ENGINE_STOP."""

    def utrace_set_events(self, i):
        pass


class Patch1Cleared(Patch1):
    """Patch1 with the two repairs of `Right`."""

    def callback(self, i, event):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False
        answer = yield from Patch1.callback(self, i, event)
        return answer

    def utrace_set_events(self, i):
        pass


class Patch1Right(Patch1Cleared):
    """`Patch1Cleared`, and UTRACE_STOP takes back the RESUME that came before it."""

    def utrace_control_stop(self, i):
        self.engine[i].resume = False
        return Patch1Cleared.utrace_control_stop(self, i)


class OneBit(Owners):
    """No second bit: p marks the engine before the callback, and a RESUME in time unmarks it.

    finish_callback, which in V0904 already clears ENGINE_STOP when the answer is not STOP, leaves
    it as it is when the answer is STOP. utrace_stop asks for ENGINE_STOP. This is 2A, done by the
    kernel.
    """

    def callback(self, i, event):
        yield "start_callback: mark_engine_wants_stop"
        self.engine[i].stop = True
        answer = yield from Owners.callback(self, i, event)
        return answer

    def mark_engine_wants_stop(self, i):
        pass

    def enters_stop(self):
        if self.anybody_wants_stop():
            Owners.enters_stop(self)
