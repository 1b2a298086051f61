"""Fix 2A: the flag is set before the owner is told.

Source: Renzo Davoli on utrace-devel, April 2009, item 2. The first API, of 2006 to 2008, is
that of commit 2bc4a4c21 of functor/linux-2.6; it stands here in the frame of V0904, from which it
differs in utrace_set_flags, in what a callback's answer does, and in the questions before and after
the stop (utrace_quiescent).
"""

from models.utrace.control import RESUME, STOP
from models.utrace.owners import Owners
from utcheck import when


class AskOnly(Owners):
    """utrace_stop asks whether anybody still wants the stop, in the critical section that stops.

    The rest is as in V0904. This is the first API as kmview used it until March 2009: it told its
    owner, and the callback's answer set the flag.
    """

    def keeps_stop(self):
        return self.anybody_wants_stop()


class FlagOnly(Owners):
    """2A to the letter: the callback sets the flag, tells the owner, and its answer keeps the flag.

    utrace_stop asks nobody, as in V0904.
    """

    def callback(self, i, event, action):
        yield "utrace_set_flags: the stop flag"
        self.engine[i].stop = True
        return (yield from Owners.callback(self, i, event, action))

    def apply_answer(self, i, answer):
        yield "finish_callback: the answer keeps the flag"
        self.comes_to(i, "marked")


class FlagAndAsk(FlagOnly):
    """2A as it would be in V0904: `FlagOnly`, and utrace_stop asks."""

    def keeps_stop(self):
        return self.anybody_wants_stop()


class FirstApi(FlagAndAsk):
    """2A in the first API, where clearing the flag and the wake-up are two steps.

    utrace_set_flags clears the flag under the utrace lock, and wake_quiescent, if nobody wants the
    stop then, wakes p under siglock. So a wake-up may come late, when p is in its next stop:
    utrace_quiescent asks afresh after each. There is no utrace_control, and hence no `answer` and
    no `then`.
    """

    def resume(self, i):
        assert (self.answer, self.then) == ("RESUME", "nothing"), "the first API has no such thing"
        yield when(lambda: self.may_resume(i), "utrace_set_flags: no stop flag")
        self.engine[i].stop = False
        self.engine[i].owes = False
        if not self.anybody_wants_stop():
            yield "wake_quiescent"
            self.utrace_wakeup()

    def utrace_stop(self, reports=False):
        killed = yield from FlagAndAsk.utrace_stop(self, reports)
        while not killed and self.anybody_wants_stop():
            killed = yield from FlagAndAsk.utrace_stop(self, reports)
        return killed


class ControlStop(Owners):
    """2A as a module of 2009 can write it: the callback calls utrace_control(current, STOP) first.

    Then it tells the owner and returns UTRACE_STOP, because there is no answer that keeps the flag.
    """

    def callback(self, i, event, action):
        yield "utrace_control(current, STOP)"
        self.utrace_control(i, STOP)
        return (yield from Owners.callback(self, i, event, action))


class ControlStopAsk(ControlStop):
    """`ControlStop` by a kernel whose utrace_stop asks."""

    def keeps_stop(self):
        return self.anybody_wants_stop()


class ControlStopResume(ControlStop):
    """`ControlStop` with the other answer: the callback returns UTRACE_RESUME."""

    def callback(self, i, event, action):
        yield from ControlStop.callback(self, i, event, action)
        return RESUME
