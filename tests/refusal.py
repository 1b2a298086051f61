"""What both engines say of a model that they refuse, and where in the source that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from utcheck import Model, ModelError, check

ENGINES = ("explicit", "trees")


def refused(model: Model, properties: Mapping[str, object] | None = None) -> str:
    """Return the text of the model error that both engines end with."""
    return str(refusal(model, properties))


def refusal(model: Model, properties: Mapping[str, object] | None = None) -> ModelError:
    """Return the model error that both engines end with."""
    errors = []
    for engine in ENGINES:
        with pytest.raises(ModelError) as caught:
            check(model, properties, engine=engine, root="")
        errors.append(caught.value)
    assert len({str(error) for error in errors}) == 1, errors
    assert len({labels(error) for error in errors}) == 1, errors
    return errors[0]


def labels(error: ModelError) -> tuple[str, ...] | None:
    """Return the labels of the steps that lead to an error, None if it did not come up in a run."""
    return None if error.trace is None else tuple(step.label for step in error.trace.steps)


def place(thing: type | Callable[..., Any], mark: str = "# here") -> str:
    """Return `path:line` of the line of a class or function that ends with a mark."""
    lines, first = inspect.getsourcelines(thing)
    found = [first + k for k, line in enumerate(lines) if line.rstrip().endswith(mark)]
    assert len(found) == 1, found
    return f"{inspect.getsourcefile(thing)}:{found[0]}"
