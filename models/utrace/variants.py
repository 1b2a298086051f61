"""All repairs and workarounds of the early resume in one model, to compare them case by case.

Sources: those of the variants; see the docstrings of their modules.
"""

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
from models.utrace.two_bits import Mail, MarkOnly, OneBit, Patch1, Patch1Right, Right
from models.utrace.workarounds import Barrier, ReportInstead, StopUntilZero
from utcheck import param

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
    "2B-right": Right,
    "patch1": Patch1,
    "patch1-right": Patch1Right,
    "one-bit": OneBit,
    "barrier": Barrier,
    "report": ReportInstead,
    "stop-until-0": StopUntilZero,
    "VFIN": Later,
}


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
    report, stop-until-0: models.utrace.workarounds; VFIN: models.utrace.later.
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
        "2B-right",
        "patch1",
        "patch1-right",
        "one-bit",
        "barrier",
        "report",
        "stop-until-0",
        "VFIN",
    ] = param("V0904")
    fixed: bool = param(False)  # `reporting` is cleared where no callback was made

    task_stop: bool = False  # ENGINE_STOP in task->utrace_flags (VFIN)

    report_syscall_entry = chosen("report_syscall_entry")
    report_pass = chosen("report_pass")
    utrace_stop = chosen("utrace_stop")
    start_callback = chosen("start_callback")
    callback = chosen("callback")
    finish_callback = chosen("finish_callback")
    mark_engine_wants_stop = chosen("mark_engine_wants_stop")
    enters_stop = chosen("enters_stop")
    resume = chosen("resume")
    utrace_control_resume = chosen("utrace_control_resume")
    utrace_reset = chosen("utrace_reset")
    utrace_control_stop = chosen("utrace_control_stop")
    utrace_control_detach = chosen("utrace_control_detach")
    utrace_set_events = chosen("utrace_set_events")
