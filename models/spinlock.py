"""Spin locks: one in which a processor may wait for ever, and one in which none does.

Sources: test-and-set and ticket locks as in Mellor-Crummey and Scott, Algorithms for scalable
synchronization on shared-memory multiprocessors (ACM TOCS 9, 1991).
"""

from typing import Annotated, Literal

from utcheck import Model, Range, array, param, predicate, process, when


class SpinLock(Model):
    """Processors that take a lock and give it back, again and again.

    test-and-set: one atomic exchange takes the lock, if it is free. ticket: whoever comes draws a
    number, and waits until that one is served; the numbers go round.
    """

    processors: int = param(2, ge=1, le=4)
    kind: Literal["test-and-set", "ticket"] = param("test-and-set")

    locked: bool = False
    next: Annotated[int, Range(0, "processors")] = 0  # the ticket that is drawn next
    serving: Annotated[int, Range(0, "processors")] = 0
    owns = array(bool, "processors")

    @process(each="processors")
    def cpu(self, i):
        while True:
            yield "elsewhere"
            yield from self.lock(i)
            yield "unlock"
            self.unlock(i)

    def lock(self, i):
        if self.kind == "test-and-set":
            yield when(lambda: not self.locked, "spin")
            self.locked = True
        else:
            ticket = self.next
            self.next = (ticket + 1) % self.processors
            yield when(lambda: self.serving == ticket, "spin")
        self.owns[i] = True
        self.emit("lock", i)

    def unlock(self, i):
        self.owns[i] = False
        self.locked = False
        if self.kind == "ticket":
            self.serving = (self.serving + 1) % self.processors

    @predicate
    def spins(self):
        """The first processor wants the lock."""
        return self.cpu[0].at("spin")
