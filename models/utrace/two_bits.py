"""Fix 2B: two bits, ENGINE_STOP and ENGINE_RESUME.

Sources: Renzo Davoli on utrace-devel, April 2009, item 2, for what the mail says; and for what its
patch does, `kernel_patches/linux-2.6.29-patch1` of 2009-03-15 in the directory
`kmview-kernel-module` of virtualsquare/view-os. Both on the utrace of 2009-04-16, whose
utrace_set_events keeps no bit but ENGINE_STOP that is not an event: it drops ENGINE_RESUME.
"""

from models.utrace.owners import Owners


class MarkOnly(Owners):
    """2B to the letter: p looks for a fast RESUME where it would record its need to stop.

    utrace_stop is as it was. "Before t=10 ENGINE_STOP and ENGINE_RESUME are unset", the mail says,
    and not who unsets them: here nobody does, in `Cleared` p does. A RESUME of a task that is
    stopped leaves no bit behind, which the mail does not say; with one left, patient owners would
    not be safe either.
    """

    def mark_engine_wants_stop(self, i):
        if self.engine[i].resume:
            self.engine[i].resume = False
        else:
            self.engine[i].stop = True

    def control_resume(self, i):
        self.engine[i].resume = not self.stopped


class Mail(MarkOnly):
    """2B as it must be read for one stop to work: utrace_stop asks for ENGINE_STOP as well."""

    def keeps_stop(self):
        return self.anybody_wants_stop()


class Patch1(Owners):
    """2B as linux-2.6.29-patch1 has it: the two bits meet in utrace_stop and in utrace_reset.

    finish_callback is left alone. The patch does not touch utrace_set_events, nor UTRACE_STOP. It
    sets ENGINE_RESUME for the DETACH of a stopped thread too, which the engine does not survive.
    """

    def control_resume(self, i):
        self.engine[i].resume = True

    def keeps_stop(self):
        self.settle(engine for engine in self.engine if engine.stop)
        return self.anybody_wants_stop()

    def utrace_reset(self, wake):
        self.settle(self.engine)
        Owners.utrace_reset(self, wake)

    def settle(self, engines):
        """Take ENGINE_STOP and ENGINE_RESUME from the engines that have been resumed."""
        for engine in engines:
            if engine.resume:
                engine.stop = engine.resume = False


class Cleared(Mail):
    """2B as in `Mail`, and p clears ENGINE_RESUME, under the lock, before it makes the callback.

    This is the mail's "before t=10 ENGINE_STOP and ENGINE_RESUME are unset", read as a step of p.
    """

    def before_callback(self, i):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False


class Right(Cleared):
    """`Cleared`, and utrace_set_events keeps ENGINE_RESUME as it keeps ENGINE_STOP."""

    def drop_other_bits(self, i):
        pass


class Patch1Cleared(Patch1):
    """Patch1 with the two repairs of `Right`."""

    def before_callback(self, i):
        yield "start_callback: clear ENGINE_RESUME"
        self.engine[i].resume = False

    def drop_other_bits(self, i):
        pass


class Patch1Right(Patch1Cleared):
    """`Patch1Cleared`, and UTRACE_STOP takes back the RESUME that came before it."""

    def control_stop(self, i):
        self.engine[i].resume = False
        return Patch1Cleared.control_stop(self, i)


class OneBit(Owners):
    """No second bit: p marks the engine before the callback, and a RESUME in time unmarks it.

    finish_callback, which in V0904 already clears ENGINE_STOP when the answer is not STOP, leaves
    it as it is when the answer is STOP. utrace_stop asks for ENGINE_STOP. This is 2A, done by the
    kernel.
    """

    def before_callback(self, i):
        yield "start_callback: mark_engine_wants_stop"
        self.engine[i].stop = True

    def mark_engine_wants_stop(self, i):
        pass

    def keeps_stop(self):
        return self.anybody_wants_stop()
