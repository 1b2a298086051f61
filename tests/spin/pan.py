"""Spin: it writes a verifier in C for a Promela text, and the verifier answers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

MISSING = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
REASON = f"not installed: {' and '.join(MISSING)} (Debian: apt-get install spin gcc libc6-dev)"
DEPTH = 200_000
TIMEOUT = 120  # seconds for one call of a tool

# Without optimisations: they would leave out variables that are never read, and merge steps.
TRANSLATE = ["spin", "-a", "-o1", "-o2", "-o3", "model.pml"]

# Without partial-order reduction: it assumes that a formula is not sensitive to stuttering, which
# one with `X` is, and it does not know of references to labels of other processes. Optimising takes
# longer than searching so few states.
COMPILE = ["gcc", "-O0", "-w", "-DNOREDUCE", "-DMEMLIM=1024", "-o", "pan", "pan.c"]

# What `spin -a` says of several claims in one text.
TRANSLATED = (
    r"ltl \w+: |  the model contains \d+ never claims:|  only one claim is used in a verif"
    r"|  choose which one with \./pan -a -N name|  or use e\.g\.: spin -search"
)

# What is said where something may be wrong. Whatever of that is not known here is an error.
SUSPICIOUS = re.compile(r"pan:|warning|error|hint|depth|memory|exhaust|abort|fail|limit", re.I)
KNOWN = [
    r"pan: ltl formula \w+",
    r"pan: elapsed time .*",
    r"pan: rate .*",
    r"pan: wrote model\.pml\.trail",
    r"Warning: Search not completed",  # it stops at the first error
    r"State-vector \d+ byte, depth reached \d+, errors: [01]",
    r"Stats on memory usage \(in Megabytes\):",
    r"\s*[\d.]+\s+(equivalent|actual|total actual) memory usage.*",
    r"\s*[\d.]+\s+memory used for (hash table|DFS stack) .*",
]
TOO_DEEP = "error: max search depth too small"
VIOLATIONS = [
    r"pan:1: acceptance cycle \(at depth \d+\)",
    r"pan:1: assertion violated\s+!\(.*\) \(at depth \d+\)",  # in the claim of a safety property
    r"pan:1: end state in claim reached \(at depth \d+\)",
]


class SpinError(Exception):
    """Spin says something that this module does not know; its answer is worth nothing."""


class TooDeep(SpinError):
    """The search was cut off, which makes the answer worthless, whatever the number of errors.

    Models of a few states are affected too: the second search of `pan -f` (6.5.2) does not store a
    state that is on the stack of the first with the fairness counter not at its end, and may go
    round there for ever.
    """


class Verifier:
    """The verifier of a Promela text, whose claims are asked for by name."""

    def __init__(self, promela: str, folder: Path) -> None:
        """Generate and compile it.

        Raises:
            SpinError: if Spin or the compiler do not like the text.
        """
        self._folder = folder
        (folder / "model.pml").write_text(promela, encoding="ascii")
        for line in self._run(*TRANSLATE).splitlines():
            if not re.match(TRANSLATED, line):
                raise SpinError(f"spin: {line}")
        if said := self._run(*COMPILE):
            raise SpinError(f"gcc: {said}")

    def holds(self, claim: str, fair: bool) -> bool:
        """Return whether a property holds, with every process weakly fair or with none.

        Raises:
            TooDeep: if the search came to its greatest depth.
            SpinError: if it may have been incomplete for any other reason.
        """
        said = self._search(claim, fair)
        if TOO_DEEP in said.splitlines():
            raise TooDeep(TOO_DEEP)
        suspicious = [line for line in said.splitlines() if SUSPICIOUS.search(line)]
        unknown = [line for line in suspicious if not _is_one_of(line, KNOWN + VIOLATIONS)]
        if unknown:
            raise SpinError("\n".join(["pan:", *unknown]))
        kind = f"\tacceptance   cycles \t+ (fairness {'enabled' if fair else 'disabled'})"
        for expected in (
            "Full statespace search for:",
            kind,
            f"\tnever claim         \t+ ({claim})",
        ):
            if expected not in said.splitlines():
                raise SpinError(f"pan does not say {expected!r}:\n{said}")
        violated = any(_is_one_of(line, VIOLATIONS) for line in suspicious)
        if (f"errors: {int(violated)}\n" in said) and violated == ("not completed" in said):
            return not violated
        raise SpinError(f"pan contradicts itself:\n{said}")

    def states(self, claim: str) -> int:
        """Return the number of states that were stored; the claim must hold."""
        if not self.holds(claim, False):
            raise SpinError(f"the search for {claim} was not completed")
        (number,) = re.findall(r"^ *(\d+) states, stored$", self._search(claim, False), re.M)
        return int(number)

    def _search(self, claim: str, fair: bool) -> str:
        options = ["-a", *(["-f"] if fair else []), "-n", f"-m{DEPTH}", "-w16", "-N", claim]
        return self._run("./pan", *options)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=TIMEOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SpinError(f"{command[0]} ends with status {done.returncode}:\n{done.stdout}")
        return done.stdout


def _is_one_of(line: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(pattern, line) for pattern in patterns)
