"""What tracers do to a thread under `utrace->lock`: utrace_control and its like.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`, the
utrace of 2009-04-16. The methods have the names of the kernel's functions. Each takes the lock for
all that it does and is a part of one step; only utrace_barrier waits.
"""

from errno import EINPROGRESS, ESRCH
from typing import Literal

from utcheck import Model, Struct, array, param, when

# The resume actions in the order of that version. Where engines differ the smallest wins.
STOP, REPORT, INTERRUPT, RESUME, DETACH = range(5)


class Engine(Struct):
    """struct utrace_engine, and what is between its callback and its owner.

    `event` is what the callback has told and the owner has not taken yet. `owes` is true from then
    until the owner has said RESUME, and so long the tracee must not go on. `phase` is how far the
    stop has come that the owner was told about, for the parameter `window`.
    """

    ops: Literal["live", "detached", "gone"] = "live"  # gone: off the list, which is one step later
    events: tuple[str, ...] = ()  # the events in engine->flags: entry, exit, quiesce
    stop: bool = False  # ENGINE_STOP in engine->flags
    resume: bool = False  # ENGINE_RESUME, in the variants that have it

    phase: Literal["none", "told", "marked", "sampled", "stopped"] = "none"
    event: Literal["none", "entry", "exit"] = "none"
    owes: bool = False


class Control(Model):
    """struct utrace, and the calls of the tracers.

    A dying thread is not modelled, nor one in a job-control stop, nor single-stepping.
    """

    engines: int = param(1, ge=1, le=999)

    # False where nobody detaches an engine, nor calls utrace_barrier or utrace_set_events: then
    # nobody looks at utrace->reporting, or for detached engines, and both are left out, so that
    # there may be hundreds of engines.
    detaches: bool = param(True)

    engine = array(Engine, "engines")
    report: bool = False  # utrace->report
    interrupt: bool = False  # utrace->interrupt
    stopped: bool = False  # utrace->stopped
    reporting: int | None = None  # utrace->reporting
    tif_notify: bool = False  # TIF_NOTIFY_RESUME
    tif_sigpending: bool = False  # TIF_SIGPENDING

    def utrace_control(self, i, action):
        """Return 0, -EINPROGRESS, or -ESRCH for an engine that is detached.

        The unlocked look at `ops` that comes first, and is repeated under the lock, is left out.
        """
        if self.engine[i].ops != "live":
            return -ESRCH
        resume = self.stopped
        self.clear_engine_wants_stop(i, action)
        answer = 0
        if action == STOP:
            answer = self.control_stop(i)
            resume = False
        elif action == REPORT:
            self.control_report()
        elif action == INTERRUPT:
            self.control_interrupt()
        elif action == RESUME:
            self.control_resume(i)
        elif action == DETACH:
            answer = self.control_detach(i)
        if resume:
            self.utrace_reset(wake=True)
        return answer

    def clear_engine_wants_stop(self, i, action):
        """Clear ENGINE_STOP; in this version, whatever the action is."""
        self.engine[i].stop = False

    def control_stop(self, i):
        self.engine[i].stop = True
        return 0 if self.stopped or self.utrace_do_stop() else -EINPROGRESS

    def control_report(self):
        if not self.report and not self.interrupt:
            self.report = True
            self.tif_notify = True

    def control_interrupt(self):
        if not self.interrupt:
            self.interrupt = True
            self.tif_sigpending = True

    def control_resume(self, i):
        """Do nothing here: utrace_reset wakes the thread, if it is stopped."""

    def control_detach(self, i):
        self.mark_engine_detached(i)
        self.engine[i].events = ("quiesce",)
        self.engine[i].resume = False
        if self.stopped or self.utrace_do_stop():
            return 0
        return -EINPROGRESS if self.reporting == i else 0

    def mark_engine_detached(self, i):
        assert self.detaches, "the model was told that nobody detaches"
        self.engine[i].ops = "detached"

    def utrace_do_stop(self):
        """Ask for a report pass, as the thread runs; whether it is stopped already, is no."""
        self.control_report()
        return False

    def utrace_reset(self, wake):
        """Take detached engines off the list; wake the thread if no other engine wants the stop."""
        self.splice_attaching()
        if self.detaches:
            self.splice_detached()
        if wake and not self.anybody_wants_stop():
            self.utrace_wakeup()

    def splice_detached(self):
        for engine in self.engine:
            if engine.ops == "detached":
                engine.ops = "gone"
                engine.events = ()
                engine.stop = engine.resume = False

    def splice_attaching(self):
        """Put the engines that have attached on the list: here they are there from the start."""

    def anybody_wants_stop(self):
        return any(engine.stop and engine.ops == "live" for engine in self.engine)

    def utrace_wakeup(self):
        self.stopped = False

    def utrace_set_events(self, i, events):
        """Write engine->flags anew, of which ENGINE_STOP is kept; -EINPROGRESS: in a callback."""
        assert self.detaches, "the model was told that nobody calls utrace_set_events"
        if self.engine[i].ops != "live":
            return -ESRCH
        self.engine[i].events = events
        self.drop_other_bits(i)
        return -EINPROGRESS if not self.stopped and self.reporting == i else 0

    def drop_other_bits(self, i):
        """What is neither an event nor ENGINE_STOP is not kept by utrace_set_events."""
        self.engine[i].resume = False

    def utrace_barrier(self, i):
        """Wait while p may be in a callback of the engine: it looks once in a tick.

        It keeps looking while a DETACH is pending, and returns -ESRCH once that is done. The owners
        have no signals, so nothing else interrupts it.
        """
        assert self.detaches, "the model was told that nobody calls utrace_barrier"
        yield when(lambda: self.passes_barrier(i), "utrace_barrier")
        return 0 if self.engine[i].ops == "live" else -ESRCH

    def passes_barrier(self, i):
        ops = self.engine[i].ops
        return ops == "gone" or (ops == "live" and self.reporting != i)
