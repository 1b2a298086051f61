"""What utrace_control and utrace_set_events return, and what that promises.

Sources: the kernel-doc of both functions in `kernel/utrace.c` of commit 5e67e22f2fa in
montekki/linux-2.6-acedia, and `Documentation/DocBook/utrace.tmpl` of that time.
"""

from typing import Literal

from models.utrace.control import DETACH, STOP
from models.utrace.owners import Owners
from utcheck import array, param


class Promises(Owners):
    """Owners who believe what they are told. After its RESUME an owner asks for something more:

    STOP: it says STOP until that returns 0, and finds p stopped as long as it does nothing (P8).
    DETACH: it says DETACH, and if that returns 0 there is no callback any more (P19); with
        -EINPROGRESS there may be one, which had begun (P21).
    set_events: it wants no more events, and if that returns 0 there is none any more (P23).
    """

    asks: Literal["STOP", "DETACH", "set_events"] = param("STOP")

    sure = array(bool, "engines")  # the answer was 0
    unsure = array(bool, "engines")  # the answer was -EINPROGRESS

    def may_say(self, action):
        return Owners.may_say(self, action) or (self.asks == "DETACH" and action == DETACH)

    def goes_further(self, i):
        while not self.sure[i] and not self.unsure[i]:
            yield self.asks
            answer = self.ask(i)
            self.sure[i] = answer == 0
            self.unsure[i] = answer != 0 and self.asks != "STOP"
        yield "believe it"
        if self.asks == "STOP":
            assert self.stopped, "P8: it said that p is stopped"

    def ask(self, i):
        if self.asks == "set_events":
            return self.utrace_set_events(i, ())
        return self.utrace_control(i, STOP if self.asks == "STOP" else DETACH)

    def tells(self, i, event):
        assert not self.sure[i], "P19, P23: it said that there is no callback any more"
        super().tells(i, event)


class StoppedTooSoon(Promises):
    """A mutant: STOP returns 0 as soon as a report is owed."""

    def control_stop(self, i):
        super().control_stop(i)
        return 0


class WokenByOthers(Promises):
    """A mutant: utrace_reset wakes p for any RESUME."""

    def utrace_reset(self, wake):
        super().utrace_reset(wake)
        if wake:
            self.utrace_wakeup()


class NeverInProgress(Promises):
    """A mutant: nobody looks at `reporting`."""

    def control_detach(self, i):
        super().control_detach(i)
        return 0

    def utrace_set_events(self, i, events):
        super().utrace_set_events(i, events)
        return 0
