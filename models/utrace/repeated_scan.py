"""The repeated scan at syscall entry, with UTRACE_SYSCALL_RESUMED, and protocols to live with it.

Sources: Renzo Davoli on utrace-devel, April 2009, "Comments on the proposal", problem 1, which also
quotes what Roland McGrath had proposed; for the scan, the side branch `utrace-syscall-resumed` of
2009-04-21 (commit 52db080c21c of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`),
and for what changed later de5a46ea71d (2009-11-18) and 9c8dbe0bcd5 (2009-11-23).
"""

from typing import Annotated, Literal

from utcheck import Model, Range, array, param, predicate, process, when

# The resume actions. Where engines differ the smallest wins.
STOP, REPORT, RESUME = range(3)
NAMES = ("STOP", "REPORT", "RESUME")


class RepeatedScan(Model):
    """A tracee `p` calls its engines, stops if one says so, and then calls all of them again.

    The engines follow Roland's rules: each remembers whether it has handled this call. The engines
    are numbered as they attached, and called from the last to the first. Most are virtualizers: the
    callback tells the owner `vm[i]`, who reads the registers, writes them, and says RESUME. Others
    only look.

    The callbacks are single steps: this is about who handles what, and not about the early resume.
    So the stop is the right one: an owner says RESUME only when `p` has stopped.

    `flag` says how an engine learns that the scan is a repeated one: "carried", from the engine
    before it, in what that one returned, as the mail assumes; "forced", from a local variable of
    the scan, as the code has it, whatever the engine before it returned.

    `repeat` says when the scan is repeated after a stop: "always", as in the side branch, where
    a stop owes a report by itself; "asked", as since de5a46ea71d, if an engine returned REPORT.
    (Owners who ask for it, with utrace_control, are left out; see `models/utrace/later.py`. So are
    SIGKILL, and RUN and ABORT, of which the last engine's choice outlives the scan.)

    `reset` says whether a repeated scan begins with RESUME (since 9c8dbe0bcd5), or with the STOP
    that the one before it has ended with. `asks` says whether utrace_stop makes sure that there is
    somebody who wants the stop (since August 2009).

    The registers are one value: the number of the engine whose owner wrote them, None for what p
    has put there.
    """

    engines: int = param(2, ge=1, le=20)
    calls: int = param(1, ge=1, le=9)
    flag: Literal["carried", "forced"] = param("forced")
    repeat: Literal["always", "asked"] = param("always")
    reset: bool = param(True)
    asks: bool = param(False)
    choosy: bool = param(False)  # a virtualizer may find that a call does not concern it
    # The numbers of engines that are no virtualizers, or that do not follow the protocol.
    original: int | None = param(None)  # wants to see the call before somebody changes it
    final: int | None = param(None)  # wants to see the call that the kernel gets
    stranger: int | None = param(None)  # follows something else: `behaviour` says what
    # ignores: takes every report for a new one, and hands the flag on as it got it.
    # plain: takes every report for a new one, and returns UTRACE_STOP with no flag in it.
    # keeps: follows Roland's rules, whatever the others do, and hands the flag on as it got it.
    # drops: follows Roland's rules, whatever the others do, and returns no flag.
    # ptrace: stops p in reports without the flag, lets those with it pass, and returns no flag but
    # RUN or ABORT, as ptrace_report_syscall_entry did in November 2009.
    behaviour: Literal["ignores", "plain", "keeps", "drops", "ptrace"] = param("ignores")

    stop = array(bool, "engines")  # ENGINE_STOP in engine->flags
    stopped: bool = False  # utrace->stopped
    registers: int | None = None
    told = array(bool, "engines")  # a message that the owner has not taken yet
    at_work = array(bool, "engines")  # the owner has read the registers and not written them yet
    done = array(bool, "engines")  # the record of an engine, by whatever rules it keeps it

    # What happened in this call, for the properties.
    passes: Annotated[int, Range(0, 22)] = 0  # up to one more than allowed
    handled = array(Annotated[int, Range(0, 2)], "engines")  # handled or looked at; 2: or more
    edits = array(bool, "engines")  # it has stopped p in this call, and its owner edits
    seen = array(int | None, "engines")  # what an engine that looks has seen last
    # What happened in any call.
    too_many: bool = False  # passes
    misread: bool = False  # an engine came out of turn, or its owner read what was not for him
    spurious: bool = False  # p stopped, and nobody wanted that
    skipped = array(bool, "engines")  # a call was made that this engine has not handled
    twice = array(bool, "engines")  # the engine has handled a call more than once
    looked_late: bool = False  # `original` has looked at registers that were not the original ones
    looked_between: bool = False  # `original` has looked while an owner was at work
    fooled: bool = False  # `original` has looked again in the same call
    missed_between: bool = False  # `final` has first looked at what was not for it
    missed_final: bool = False  # `final` has not seen, last, what the kernel got

    # --- the tracee

    @process
    def p(self):
        for _ in range(self.calls):
            yield "new call"
            self.begins_call()
            yield from self.report_syscall_entry()
            yield "system call"
            self.system_call()

    def begins_call(self):
        self.registers = None
        self.passes = 0
        for i in range(self.engines):
            self.handled[i] = 0
            self.edits[i] = False
            self.seen[i] = None

    def report_syscall_entry(self):
        action = RESUME
        resumed = False
        repeat = True
        while repeat:
            yield "start_report"
            self.begins_pass()
            if self.reset:
                action = RESUME
            asked = False
            flag = resumed
            for i in self.entry_order():
                yield "report_syscall_entry"
                self.emit("callback", i, self.in_words(action, flag))
                answer, returned = self.callback(i, action, flag)
                self.emit("returns", self.in_words(answer, returned))
                self.stop[i] = answer == STOP
                asked = asked or answer == REPORT
                action = min(action, answer)
                if self.flag == "carried":
                    flag = returned
            repeat = False
            if action == STOP:
                yield from self.utrace_stop()
                repeat = asked or self.repeat == "always"
                resumed = True

    def entry_order(self):
        return range(self.engines - 1, -1, -1)

    def in_words(self, action, flag):
        return NAMES[action] + "|RESUMED" * flag

    def begins_pass(self):
        self.passes = min(self.passes + 1, self.engines + 2)
        if self.passes > self.engines + 1:
            self.too_many = True

    def utrace_stop(self):
        yield "utrace_stop"
        if any(self.stop) or not self.asks:
            self.stopped = True
            if not any(self.stop):
                self.spurious = True
            yield when(lambda: not self.stopped, "stopped")

    def system_call(self):
        for i in range(self.engines):
            if self.handled[i] == 0:
                self.skipped[i] = True
        if self.final is not None and self.seen[self.final] != self.registers:
            self.missed_final = True

    # --- the engines: each answers with an action, and with the flag that it returns

    def callback(self, i, action, resumed):
        if i == self.original:
            if not resumed:
                self.looks(i)
            return RESUME, resumed
        if i == self.final:
            return self.final_rules(i, action), resumed
        if i == self.stranger:
            return self.stranger_rules(i, action, resumed)
        return self.rules(i, action, resumed)

    def final_rules(self, i, action):
        if action == STOP:
            return REPORT
        self.looks(i)
        return RESUME

    def rules(self, i, action, resumed):
        """What the protocol says: for Roland's rules, that each engine keeps its own record."""
        return self.own_record(i, action, resumed)

    def own_record(self, i, action, resumed):
        """Return REPORT to be called again after somebody else's stop, RESUME for a known call."""
        if not resumed:
            self.done[i] = False
        if self.done[i]:
            return RESUME, resumed
        if action == STOP:
            return REPORT, resumed
        self.done[i] = True
        return self.handles(i), resumed

    def stranger_rules(self, i, action, resumed):
        if self.behaviour == "ptrace" and resumed:
            answer, returned = RESUME, resumed
        elif self.behaviour in ("ignores", "plain", "ptrace"):
            answer, returned = self.handles(i), resumed
        else:
            answer, returned = self.own_record(i, action, resumed)
        return answer, returned and self.behaviour in ("ignores", "keeps")

    def handles(self, i):
        """Handle the report as a new one, which for most virtualizers means to stop p."""
        self.counts(i)
        if any(self.handled[j] == 0 for j in range(i + 1, self.engines) if j != self.final):
            self.misread = True
        if self.choosy and self.choose("not concerned", "stop") == "not concerned":
            return RESUME
        self.edits[i] = True
        self.told[i] = True
        return STOP

    def looks(self, i):
        self.counts(i)
        self.seen[i] = self.registers
        if i == self.original:
            if self.registers is not None:
                self.looked_late = True
            if any(self.at_work):
                self.looked_between = True
            if self.handled[i] > 1:
                self.fooled = True
        elif self.handled[i] == 1 and self.registers != self.outer(i):
            self.missed_between = True

    def counts(self, i):
        if self.handled[i] > 0:
            self.twice[i] = True
        self.handled[i] = min(self.handled[i] + 1, 2)

    # --- the owners of virtualizers

    @process(each="engines", daemon=True)
    def vm(self, i):
        while True:
            yield when(lambda: self.told[i], "wait for p; read the registers")
            self.told[i] = False
            self.at_work[i] = True
            if self.registers != self.outer(i):
                self.misread = True
            yield "write the registers"
            self.at_work[i] = False
            self.registers = i
            yield when(lambda: self.stopped, "utrace_control(RESUME)")
            self.stop[i] = False
            if not any(self.stop):
                self.stopped = False

    def outer(self, i):
        """The engine that has edited the registers for i: the nearest on the side of user mode."""
        for j in range(i + 1, self.engines):
            if self.edits[j]:
                return j
        return None

    # --- what is asked for

    def is_virtualizer(self, i):
        return i not in (self.original, self.final)

    def follows(self, i):
        return self.is_virtualizer(i) and i != self.stranger

    @predicate
    def follower_twice(self):
        return any(self.twice[i] for i in range(self.engines) if self.follows(i))

    @predicate
    def follower_skipped(self):
        return any(self.skipped[i] for i in range(self.engines) if self.follows(i))

    @predicate
    def followers_served(self):
        """Every virtualizer that follows the protocol has handled this call."""
        return all(self.handled[i] > 0 for i in range(self.engines) if self.follows(i))

    @predicate
    def stranger_twice(self):
        return self.stranger is not None and self.twice[self.stranger]

    @predicate
    def stranger_skipped(self):
        return self.stranger is not None and self.skipped[self.stranger]


class FinalAsks(RepeatedScan):
    """The engine that wants to see the final call asks for another report after every look."""

    def final_rules(self, i, action):
        super().final_rules(i, action)
        return REPORT


class Pointer(RepeatedScan):
    """The mail's first protocol: a variable of the task says which engine has stopped it."""

    stopengine: int | None = None

    def rules(self, i, action, resumed):
        if action == STOP:
            return REPORT, resumed
        if self.stopengine is None:
            answer = self.handles(i)
            if answer == STOP:
                self.stopengine = i
            return answer, resumed
        if self.stopengine == i:
            self.stopengine = None
        return RESUME, resumed


class PointerLetter(Pointer):
    """The pointer to the letter: an engine does not look whether somebody has stopped p."""

    def rules(self, i, action, resumed):
        return super().rules(i, RESUME, resumed)


class Star(RepeatedScan):
    """The mail's portable protocol (*): who has stopped the task clears the flag.

    The record of an engine says that it stopped the task last, so it is gone when it has been used.
    """

    def rules(self, i, action, resumed):
        if action == STOP:
            return REPORT, resumed
        if not resumed:
            answer = self.handles(i)
            self.done[i] = answer == STOP
            return answer, resumed
        returned = not self.done[i]
        self.done[i] = False
        return RESUME, returned


class StarLetter(RepeatedScan):
    """The portable protocol to the letter: the record says that the engine stopped the task.

    The mail does not say that the record is ever taken back, so it stays until the next new call.
    """

    def rules(self, i, action, resumed):
        if action == STOP:
            return REPORT, resumed
        if not resumed:
            answer = self.handles(i)
            self.done[i] = answer == STOP
            return answer, resumed
        return RESUME, not self.done[i]


class PointerOnce(Pointer):
    """A mutant: an engine that has stopped the task does not take its name out of the variable."""

    def rules(self, i, action, resumed):
        if self.stopengine is not None and action != STOP:
            return RESUME, resumed
        return super().rules(i, action, resumed)


class Impatient(RepeatedScan):
    """A mutant of Roland's rules: an engine does not wait until the one before it is resumed."""

    def own_record(self, i, action, resumed):
        return super().own_record(i, RESUME, resumed)


class Forgetful(RepeatedScan):
    """A mutant of Roland's rules: an engine keeps no record of what it has handled."""

    def own_record(self, i, action, resumed):
        return super().own_record(i, action, False)


class AttachOrder(RepeatedScan):
    """A mutant: the order of callbacks at syscall entry before 4bd78f8dafd."""

    def entry_order(self):
        return range(self.engines)
