"""utcheck: an exhaustive interleaving model checker for protocols written as Python generators."""

from utcheck.check import check
from utcheck.errors import InternalError, ModelError, SpecError, UsageError, UtcheckError
from utcheck.graph.traces import trace_graph
from utcheck.model.base import Model
from utcheck.model.declare import array, param
from utcheck.model.domains import Range
from utcheck.model.parts import Channel, Event, Lock, Semaphore
from utcheck.model.process import invariant, predicate, process, when
from utcheck.model.records import Struct
from utcheck.outcome import Limits, Outcome, Verdict

__all__ = [
    "Channel",
    "Event",
    "InternalError",
    "Limits",
    "Lock",
    "Model",
    "ModelError",
    "Outcome",
    "Range",
    "Semaphore",
    "SpecError",
    "Struct",
    "UsageError",
    "UtcheckError",
    "Verdict",
    "array",
    "check",
    "invariant",
    "param",
    "predicate",
    "process",
    "trace_graph",
    "when",
]
