"""utrace as it was on 2009-04-16, with engines and their owners.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`, the
version that Renzo Davoli's mail of April 2009 is about. It stands in `models/utrace/tracee.py` and
`models/utrace/control.py`, with the names of the kernel's functions; here is what uses it.
"""

from models.utrace.control import RESUME, STOP
from models.utrace.tracee import Tracee
from utcheck import param, predicate, process, when

# The resume actions by their names, in the order of their numbers.
ACTIONS = ("STOP", "REPORT", "INTERRUPT", "RESUME", "DETACH")


class Utrace(Tracee):
    """A tracee `p` makes system calls; each engine `i` belongs to an owner `vm[i]`.

    `kinds` has a letter for each engine in the order of attaching, and the last letter stands for
    all that follow:

    v: a virtualizer, as kmview: its callback tells the owner and returns UTRACE_STOP; the owner
       answers with one utrace_control(UTRACE_RESUME), when it has edited the registers (which this
       model does not have).
    d: a debugger: the same, but its owner only looks.
    t: a tracer: it looks within its callback, returns UTRACE_RESUME, and has no owner.
    s: a stranger, who follows nothing: its callback tells nobody and returns UTRACE_STOP,
       UTRACE_REPORT or UTRACE_RESUME; its owner says any action at any time, `words` times or until
       it has said UTRACE_DETACH. What it keeps stopped is its own affair.
    q: an onlooker: it wants QUIESCE and no other event, and returns UTRACE_RESUME. No other kind
       wants QUIESCE, as kmview does not.
    """

    LETTERS = "vdtsq"

    kinds: str = param("v")
    words: int = param(1, ge=0, le=9)  # of a stranger's owner

    def init(self):
        assert set(self.kinds) <= set(self.LETTERS), "a kind is one of these letters"
        Tracee.init(self)

    def kind(self, i):
        return self.kinds[min(i, len(self.kinds) - 1)]

    def wanted_events(self, i):
        return ("quiesce",) if self.kind(i) == "q" else Tracee.wanted_events(self, i)

    def may_say(self, action):
        return "s" in self.kinds[: self.engines]  # the last letter stands for all that follow

    def callback(self, i, event, action):
        kind = self.kind(i)
        if kind == "t":
            yield "callback: look"
            self.looks(i, event)
            return RESUME
        if kind == "s":
            yield "callback: do as one likes"
            return ACTIONS.index(self.choose("STOP", "REPORT", "RESUME"))
        yield "callback: tell the owner"
        self.tells(i, event)
        return STOP

    def tells(self, i, event):
        self.engine[i].event = event
        self.engine[i].owes = True
        self.comes_to(i, "told")

    def looks(self, i, event):
        """What a tracer does in its callback: here, nothing."""

    @process(each="engines", daemon=True)
    def vm(self, i):
        if self.kind(i) == "s":
            yield from self.stranger(i)
        while self.kind(i) in "vd":
            yield when(lambda: self.engine[i].event != "none", "wait for an event")
            event = self.engine[i].event
            self.engine[i].event = "none"
            yield from self.handle(i, event)
            yield from self.resume(i)

    def stranger(self, i):
        for _ in range(self.words):
            yield "utrace_control"
            self.utrace_control(i, ACTIONS.index(self.choose(*ACTIONS)))

    def handle(self, i, event):
        """What the owner does between an event and its RESUME: here, nothing."""
        yield from ()

    def resume(self, i):
        yield when(lambda: self.may_resume(i), "utrace_control(RESUME)")
        self.lets_go(i)
        self.engine[i].owes = False

    def lets_go(self, i):
        self.utrace_control(i, RESUME)

    def may_resume(self, i):
        return self.window == "any" or self.engine[i].phase in (self.window, "stopped")

    # --- what is asked for

    @predicate
    def answered(self):
        """Every owner has answered all that it was told, and no stranger wants the stop."""
        return not any(
            engine.owes or (self.kind(i) == "s" and engine.stop and engine.ops == "live")
            for i, engine in enumerate(self.engine)
        )

    @predicate
    def p_moves(self):
        """The tracee is not stuck in a stop that everybody has answered, or will have left it."""
        return not (self.stopped and self.p.at("stopped"))
