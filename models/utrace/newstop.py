"""KMVIEW_NEWSTOP: the virtualizer stops the tracee inside the callback, on a semaphore of its own.

Source: kmview (repository virtualsquare/view-os, directory `kmview-kernel-module`), a build option
since cbd1f40 (2009-03-22). The callback sleeps in `down`, which no signal interrupts, and returns
UTRACE_RESUME; what was utrace_control(UTRACE_RESUME) is `up`. ENGINE_STOP is never set.
"""

from typing import Annotated

from models.utrace.control import RESUME
from models.utrace.nesting import Nesting
from utcheck import Range, array, when


class Newstop(Nesting):
    """Virtualizers that sleep in their callback."""

    semaphore = array(Annotated[int, Range(0, 9)], "engines", init=0)
    asleep: int | None = None  # the engine in whose callback p sleeps

    def callback(self, i, event, action):
        answer = yield from Nesting.callback(self, i, event, action)
        if self.kind(i) == "v":
            yield from self.down(i)
            answer = RESUME
        return answer

    def down(self, i):
        yield "callback: down"
        self.touches(i)
        if self.semaphore[i] == 0:
            self.asleep = i
            yield when(lambda: self.semaphore[i] > 0, "asleep in down")
            self.touches(i)
            self.asleep = None
        self.semaphore[i] -= 1

    def touches(self, i):
        """p uses the record that the module keeps of the thread, in which the semaphore is."""

    def lets_go(self, i):
        if self.kind(i) == "v":
            self.up(i)
            if self.twice:
                self.up(i)
        else:
            super().lets_go(i)

    def up(self, i):
        self.semaphore[i] += 1

    def waits(self):
        return self.asleep is not None


class NewstopOldOrder(Newstop):
    """KMVIEW_NEWSTOP on the utrace before 4bd78f8dafd: at entry in the order of attaching."""

    def entry_order(self):
        return range(self.engines)


class NewstopInterruptible(Newstop):
    """What NEWSTOP might have been: `down_interruptible`, which a SIGKILL ends."""

    def down(self, i):
        yield "callback: down"
        if self.semaphore[i] == 0:
            self.asleep = i
            yield when(lambda: self.semaphore[i] > 0 or self.killed, "asleep in down")
            self.asleep = None
        if self.semaphore[i] > 0:
            self.semaphore[i] -= 1


class NewstopWaitQueue(Newstop):
    """A mutant: a wait queue in place of the semaphore, which keeps no wake-up for later."""

    def up(self, i):
        if self.asleep == i:
            self.semaphore[i] += 1
