"""The list of engines as something that changes: DETACH and attach while the tracee is stopped.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`. The
tracee walks `utrace->attached` without the lock, and finds the next engine by the links of the one
it stands on; `utrace_reset`, which tracers call when the tracee is stopped, takes detached engines
off the list and appends the ones that wait on `attaching`.
"""

from typing import Literal

from models.utrace.control import DETACH
from models.utrace.nesting import Nesting
from models.utrace.stop_now import NestedPatch1, StopNowKinds
from models.utrace.tracee import Report
from utcheck import param, process, when


class Listed(Nesting):
    """The walk over the list as it is when p moves on.

    Engine 0 is detached by its owner, `leaves` says when: while p is stopped within its own report,
    while p is stopped otherwise, or while p runs. With `joins` an engine, the last, attaches while
    p is stopped and asks for the events, which is one step here. Use it with one event, so that
    whatever this engine sees is too much.
    """

    leaves: Literal["never", "own stop", "other stop", "running"] = param("never")
    joins: bool = param(False)

    attached: tuple[int, ...] = ()  # utrace->attached
    attaching: tuple[int, ...] = ()  # utrace->attaching
    lost: bool = False  # p stands on an engine that is not on the list, and goes on from there
    late: bool = False  # an engine attached in the event sees it

    def init(self):
        super().init()
        self.attached = tuple(range(self.engines - 1 if self.joins else self.engines))

    def may_say(self, action):
        return super().may_say(action) or (action == DETACH and self.leaves == "running")

    def report_pass(self, event, order):
        yield from self.start_report()
        report = Report()
        i = self.neighbour(None, event)
        while i is not None:
            report = yield from self.start_callback(i, event, report)
            i = self.neighbour(i, event)
        return (yield from self.finish_report(report, event))

    def neighbour(self, i, event):
        """The engine after i in the order of the event, the first one after None."""
        walk = tuple(reversed(self.attached)) if event == "entry" else self.attached
        if i is None:
            return walk[0] if walk else None
        if i not in walk:
            self.lost = True
            return None
        at = walk.index(i) + 1
        return walk[at] if at < len(walk) else None

    def callback(self, i, event, action):
        answer = yield from super().callback(i, event, action)
        if self.joins and i == self.engines - 1:
            self.late = True
        return answer

    def splice_attaching(self):
        self.attached = self.attached + self.attaching
        self.attaching = ()

    def utrace_reset(self, wake):
        super().utrace_reset(wake)
        self.attached = tuple(i for i in self.attached if self.engine[i].ops == "live")

    @process(daemon=True)
    def leaver(self):
        if self.leaves != "never":
            yield when(lambda: self.may_leave(), "utrace_control(DETACH)")
            self.utrace_control(0, DETACH)
            self.engine[0].owes = False
            self.engine[0].event = "none"

    def may_leave(self):
        if self.leaves == "running":
            return not self.stopped
        return self.stopped and (self.reporting == 0) == (self.leaves == "own stop")

    @process(daemon=True)
    def joiner(self):
        if self.joins:
            yield when(lambda: self.stopped, "utrace_attach_task")
            self.attaching = (self.engines - 1,)
            self.report = True
            self.tif_notify = True


class StopListed(Listed, NestedPatch1):
    """UTRACE_STOP, with patch1: p stops when it has walked the list."""


class StopNowListed(Listed, StopNowKinds):
    """UTRACE_STOP_NOW: p stops on its walk, for those who say so."""


class LinksLost(StopNowListed):
    """A mutant: utrace_reset does not mend the links around an engine that it takes off."""

    def utrace_reset(self, wake):
        before = self.attached
        super().utrace_reset(wake)
        if len(self.attached) < len(before):
            self.attached = ()
