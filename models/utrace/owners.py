"""Owners who do more than answer each event with one utrace_control(UTRACE_RESUME).

Source: `kernel/utrace.c` of commit 5e67e22f2fa in montekki/linux-2.6-acedia: utrace_control with
all its actions, and utrace_set_events, each of them under the lock.
"""

from typing import Literal

from models.utrace.base import ACTIONS, Utrace
from models.utrace.control import RESUME, STOP
from utcheck import array, param, when


class Owners(Utrace):
    """The utrace of 2009-04-16, and what an owner may do beside its RESUME.

    `answer` is what an owner says when it is to let p go on; with "RESUME or DETACH" it is free to
    say either, each time. With `only`, this holds for one engine, and the other owners say RESUME.

    `then` is what each owner does after it has answered:

    RESUME: it says RESUME once more, at some time when nothing is told that it has not answered.
    RESUME outside: the same, but not while p is in a report pass.
    set_events: it calls utrace_set_events, with the events that the engine has.
    STOP: it says STOP, waits until p has stopped, and says RESUME. The stop may be one that it has
       not been told of yet, so use this with one event. A p that is in user mode for good is not
       kicked out of it.
    """

    answer: Literal["RESUME", "DETACH", "RESUME or DETACH", "INTERRUPT"] = param("RESUME")
    only: int = param(-1, ge=-1)  # -1: all
    then: Literal["nothing", "RESUME", "RESUME outside", "set_events", "STOP"] = param("nothing")

    wanted = array(bool, "engines")  # the owner has said STOP, and not RESUME since then
    passing: bool = False  # p is in a report pass; kept for "RESUME outside"

    def may_say(self, action):
        return Utrace.may_say(self, action) or ACTIONS[action] in self.answer

    # --- the owners

    def resume(self, i):
        answer = self.answer if self.only in (-1, i) else "RESUME"
        if answer == "RESUME":
            yield from Utrace.resume(self, i)
        else:
            yield when(lambda: self.may_resume(i), f"utrace_control({answer})")
            if answer == "RESUME or DETACH":
                answer = self.choose("RESUME", "DETACH")
            self.utrace_control(i, ACTIONS.index(answer))
            self.engine[i].owes = False
        yield from self.goes_further(i)

    def goes_further(self, i):
        if self.then in ("RESUME", "RESUME outside"):
            yield "utrace_control(RESUME), once more"
            if self.is_spare(i):
                self.utrace_control(i, RESUME)
        elif self.then == "set_events":
            yield "utrace_set_events"
            self.utrace_set_events(i, self.engine[i].events)
        elif self.then == "STOP":
            yield "utrace_control(STOP)"
            self.wanted[i] = True
            self.utrace_control(i, STOP)
            yield when(lambda: self.stopped, "utrace_control(RESUME) after STOP")
            self.wanted[i] = False
            self.utrace_control(i, RESUME)

    def is_spare(self, i):
        """Whether a RESUME of this owner now would answer nothing, as far as the owner can tell."""
        return not self.engine[i].owes and not self.passing

    # --- the tracee

    def start_report(self):
        owed = yield from Utrace.start_report(self)
        self.passing = self.then == "RESUME outside"
        return owed

    def finish_report(self, report, event):
        report = yield from Utrace.finish_report(self, report, event)
        self.passing = False
        return report

    def user_mode(self):
        Utrace.user_mode(self)
        self.passing = False
        if any(self.wanted):
            self.went_early = True
