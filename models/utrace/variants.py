"""All repairs and workarounds of the early resume in one model, to compare them case by case.

Sources: those of the variants; see the docstrings of their modules.
"""

from inspect import isfunction
from typing import Literal

from models.utrace.later import Later
from models.utrace.owners import Owners
from models.utrace.set_flags import (
    AskOnly,
    ControlStop,
    ControlStopAsk,
    ControlStopResume,
    FirstApi,
    FlagAndAsk,
    FlagOnly,
)
from models.utrace.two_bits import Cleared, Mail, MarkOnly, OneBit, Patch1, Patch1Right, Right
from models.utrace.workarounds import Barrier, ReportInstead, StopUntilZero, ToldWhenStopped
from utcheck import array, param

CLASSES = {
    "V0904": Owners,
    "ask": AskOnly,
    "2A": FlagAndAsk,
    "2A-first-api": FirstApi,
    "2A-flag-only": FlagOnly,
    "2A-2009": ControlStop,
    "2A-2009-ask": ControlStopAsk,
    "2A-2009-resume": ControlStopResume,
    "2B-letter": MarkOnly,
    "2B": Mail,
    "2B-unset": Cleared,
    "2B-right": Right,
    "patch1": Patch1,
    "patch1-right": Patch1Right,
    "one-bit": OneBit,
    "barrier": Barrier,
    "report": ReportInstead,
    "stop-until-0": StopUntilZero,
    "told-when-stopped": ToldWhenStopped,
    "VFIN": Later,
}


# Every method that a variant overrides or adds.
NAMES = sorted(
    {
        name
        for variant in CLASSES.values()
        for owner in variant.__mro__
        if issubclass(owner, Owners) and owner is not Owners
        for name, method in vars(owner).items()
        if isfunction(method)
    }
)


def chosen(name):
    """A method that is the one of the variant."""

    def method(self, *arguments, **named):
        owner = CLASSES[self.variant]
        return getattr(owner, name)(self, *arguments, **named)

    return method


class Variants(Owners):
    """The utrace of 2009-04-16 with the methods of one variant.

    V0904: nothing changed; ask: utrace_stop asks whether somebody still wants the stop;
    2A...: models.utrace.set_flags; 2B..., patch1..., one-bit: models.utrace.two_bits; barrier,
    report, stop-until-0, told-when-stopped: models.utrace.workarounds; VFIN: models.utrace.later.
    """

    variant: Literal[
        "V0904",
        "ask",
        "2A",
        "2A-first-api",
        "2A-flag-only",
        "2A-2009",
        "2A-2009-ask",
        "2A-2009-resume",
        "2B-letter",
        "2B",
        "2B-unset",
        "2B-right",
        "patch1",
        "patch1-right",
        "one-bit",
        "barrier",
        "report",
        "stop-until-0",
        "told-when-stopped",
        "VFIN",
    ] = param("V0904")
    fixed: bool = param(False)  # `reporting` is cleared where no callback was made

    untold = array(str, "engines", init="")  # see ToldWhenStopped
    # The variables of models.utrace.later.
    task_stop: bool = False
    resumed: bool = False
    stale = array(bool, "engines")
    missed: bool = False

    vars().update({name: chosen(name) for name in NAMES})
