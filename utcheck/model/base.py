"""The base class of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from utcheck.errors import ModelError, did_you_mean
from utcheck.model.declare import (
    Parameter,
    declaration_place,
    declare_methods,
    declare_variables,
)
from utcheck.model.process import ProcessDeclaration
from utcheck.model.records import Record


class Model(Record):
    """A protocol: its shared variables, its parameters and its processes.

    A subclass declares shared variables as annotated class attributes, parameters with `param`, and
    processes as generator methods with `process`. `EarlyResume(fix="2A")` is the model with its
    parameters set; it holds no state, a run does.
    """

    utcheck_parameters: ClassVar[dict[str, Parameter]] = {}
    utcheck_processes: ClassVar[dict[str, ProcessDeclaration]] = {}
    utcheck_marks: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        """Collect what the class declares."""
        super().__init_subclass__(**options)
        declare_variables(cls)
        declare_methods(cls)

    def __init__(self, **parameters: Any) -> None:
        """Set the parameters; those not named have their defaults.

        Raises:
            ModelError: if there is no such parameter, or it does not admit the value.
        """
        declared = type(self).utcheck_parameters
        for name in parameters:
            if name not in declared:
                hint = did_you_mean(name, list(declared))
                raise ModelError(f"{type(self).__name__} has no parameter '{name}'{hint}")
        for name, declaration in declared.items():
            if name in parameters:
                self.__dict__[name] = declaration.checked(parameters[name])
                continue
            try:
                self.__dict__[name] = declaration.checked(declaration.default)
            except ModelError as error:
                place = error.place or declaration_place(type(self), name)
                raise ModelError(f"the default of {error.message}", place=place) from None

    @property
    def utcheck_values(self) -> Mapping[str, Any]:
        """The parameters and their values."""
        return {name: self.__dict__[name] for name in type(self).utcheck_parameters}

    def init(self) -> None:
        """Set initial values from parameters; `self.choose` gives several initial states."""

    def __repr__(self) -> str:
        """Return the model as it would be written."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.utcheck_values.items())
        return f"{type(self).__name__}({values})"
