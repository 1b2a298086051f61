"""utcheck: an exhaustive interleaving model checker for protocols written as Python generators."""

from utcheck.errors import InternalError, ModelError, SpecError, UsageError, UtcheckError
from utcheck.model.base import Model
from utcheck.model.declare import array, param
from utcheck.model.domains import Range
from utcheck.model.parts import Channel, Event, Lock, Semaphore
from utcheck.model.process import invariant, predicate, process, when
from utcheck.model.records import Struct

__all__ = [
    "Channel",
    "Event",
    "InternalError",
    "Lock",
    "Model",
    "ModelError",
    "Range",
    "Semaphore",
    "SpecError",
    "Struct",
    "UsageError",
    "UtcheckError",
    "array",
    "invariant",
    "param",
    "predicate",
    "process",
    "when",
]
