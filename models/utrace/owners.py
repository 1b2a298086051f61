"""Owners who do more than answer each event with one utrace_control(UTRACE_RESUME).

Source: `kernel/utrace.c` of commit 5e67e22f2fa in montekki/linux-2.6-acedia: utrace_control with
UTRACE_STOP, UTRACE_RESUME and UTRACE_DETACH, and utrace_set_events, each of them under the lock.
"""

from typing import Literal

from models.utrace.base import STOP, Utrace
from utcheck import array, param, when


class Owners(Utrace):
    """The utrace of 2009-04-16, and what an owner may do beside its RESUME.

    `then` is what each owner does after it has answered:

    RESUME: it says RESUME once more, at some time when nothing is told that it has not answered.
    RESUME outside: the same, but not while p is in a report pass.
    set_events: it calls utrace_set_events.
    STOP: it says STOP, waits until p has stopped, and says RESUME.

    With `answer` = DETACH it answers with DETACH in place of RESUME.
    """

    answer: Literal["RESUME", "DETACH"] = param("RESUME")
    then: Literal["nothing", "RESUME", "RESUME outside", "set_events", "STOP"] = param("nothing")

    detached = array(bool, "engines")  # engine->ops is utrace_detached_ops
    wanted = array(bool, "engines")  # the owner has said STOP, and not RESUME since then
    passing: bool = False  # p is in a report pass; kept for "RESUME outside"

    # --- the owners

    def resume(self, i):
        if self.answer == "DETACH":
            yield when(lambda: self.may_resume(i), "utrace_control(DETACH)")
            self.utrace_control_detach(i)
            self.engine[i].owes = False
            return
        yield from super().resume(i)
        if self.then in ("RESUME", "RESUME outside"):
            yield "utrace_control(RESUME), once more"
            if self.is_spare(i):
                self.utrace_control_resume(i)
        elif self.then == "set_events":
            yield "utrace_set_events"
            self.utrace_set_events(i)
        elif self.then == "STOP":
            yield "utrace_control(STOP)"
            self.wanted[i] = True
            self.utrace_control_stop(i)
            yield when(lambda: self.stopped, "utrace_control(RESUME) after STOP")
            self.wanted[i] = False
            self.utrace_control_resume(i)

    def is_spare(self, i):
        """Whether a RESUME of this owner now would answer nothing, as far as the owner can tell."""
        return not self.engine[i].owes and not self.passing

    def utrace_control_stop(self, i):
        """Set ENGINE_STOP; whether p is stopped already, which the kernel says with 0 (P8)."""
        self.engine[i].stop = True
        self.utrace_do_stop()
        return self.stopped

    def utrace_control_detach(self, i):
        self.engine[i].stop = False
        self.detached[i] = True
        if self.stopped:
            self.utrace_reset(wake=True)
        else:
            self.utrace_do_stop()

    def utrace_do_stop(self):
        if not self.stopped and not self.report:
            self.report = True
            self.tif_notify = True

    def utrace_set_events(self, i):
        """Write engine->flags anew; ENGINE_STOP is kept, and no other bit that is not an event."""

    # --- the tracee

    def start_report(self):
        yield from super().start_report()
        self.passing = self.then == "RESUME outside"

    def report_pass(self, event, order):
        action = yield from super().report_pass(event, order)
        self.passing = False
        return action

    def return_to_user_mode(self):
        yield from super().return_to_user_mode()
        self.passing = False
        if any(self.wanted):
            self.went_early = True

    def start_callback(self, i, event, action):
        if self.answer != "DETACH":
            action = yield from super().start_callback(i, event, action)
            return action
        yield "start_callback: reporting = engine"
        self.reporting = i
        yield "start_callback: read flags"
        if self.detached[i]:  # QUIESCE is its only event, and utrace_detached_ops say DETACH
            action = yield from self.finish_detach(action)
            return action
        if self.engine[i].stop:
            action = STOP
            self.comes_to(i, "sampled")
        if event == "none":
            return action
        answer = yield from self.callback(i, event)
        yield "finish_callback: read ops"
        if self.detached[i]:
            action = yield from self.finish_detach(action)
            return action
        yield from self.finish_callback(i, answer)
        return min(action, answer)

    def finish_detach(self, action):
        """The rest of finish_callback for a detached engine: it has no part in the action (P21)."""
        yield "finish_callback: reporting = NULL"
        self.reporting = None
        return action

    def utrace_reset(self, wake):
        """A detached engine stops nobody, even if finish_callback marked it after the DETACH."""
        for i in range(self.engines):
            if self.detached[i]:
                self.engine[i].stop = False
        super().utrace_reset(wake)

    def anybody_wants_stop(self):
        """Whether an engine that is attached has ENGINE_STOP; V0904 never asks."""
        return any(self.engine[i].stop and not self.detached[i] for i in range(self.engines))
