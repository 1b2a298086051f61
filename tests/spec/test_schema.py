"""The JSON Schema and the loader agree: about every spec here, and about every broken one.

An editor says what is wrong as one types, so what it accepts should be what `utcheck run` accepts.
The schema speaks of keys and types; what names mean, only the loader knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.spec import test_load
from tests.spec.project import Project, own_modules
from utcheck.errors import SpecError
from utcheck.spec.load import load
from utcheck.spec.positions import Document
from utcheck.spec.schema import json_schema, validate

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
ANNOTATIONS = {"$schema", "title", "description", "default", "definitions"}
TYPES: Mapping[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "null": type(None),
    "number": (int, float), "boolean": bool,
}  # fmt: skip


def fits(data: Any, schema: Any, whole: Any) -> bool:
    """Return whether data is valid (JSON Schema, draft 7); an unknown keyword is an error."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:  # beside which draft 7 ignores everything
        name = schema["$ref"].removeprefix("#/definitions/")
        return fits(data, whole["definitions"][name], whole)
    return all(
        _fits_keyword(data, keyword, schema, whole)
        for keyword in schema
        if keyword not in ANNOTATIONS
    )


def _fits_keyword(data: Any, keyword: str, schema: Any, whole: Any) -> bool:
    """Return what one keyword says; most are about one type, and true of all others."""
    value = schema[keyword]
    if keyword == "additionalProperties":
        others = set(data) - set(schema.get("properties", {})) if isinstance(data, dict) else ()
        return all(fits(data[name], value, whole) for name in others)
    if keyword in ABOUT_ONE_TYPE:  # a KeyError below: this reader does not know the keyword
        about, holds = ABOUT_ONE_TYPE[keyword]
        return not _is(data, about) or holds(data, value, whole)
    return ABOUT_ALL[keyword](data, value, whole)


Says = Callable[[Any, Any, Any], bool]
ABOUT_ALL: Mapping[str, Says] = {
    "type": lambda data, value, _: any(
        _is(data, name) for name in ([value] if isinstance(value, str) else value)
    ),
    "enum": lambda data, value, _: any(type(data) is type(x) and data == x for x in value),
    "const": lambda data, value, _: type(data) is type(value) and data == value,
    "anyOf": lambda data, value, whole: any(fits(data, one, whole) for one in value),
    "allOf": lambda data, value, whole: all(fits(data, one, whole) for one in value),
}
ABOUT_ONE_TYPE: Mapping[str, tuple[str, Says]] = {
    "minimum": ("number", lambda data, value, _: data >= value),
    "maximum": ("number", lambda data, value, _: data <= value),
    "exclusiveMinimum": ("number", lambda data, value, _: data > value),
    "items": ("array", lambda data, value, whole: all(fits(x, value, whole) for x in data)),
    "minItems": ("array", lambda data, value, _: len(data) >= value),
    "maxItems": ("array", lambda data, value, _: len(data) <= value),
    "minProperties": ("object", lambda data, value, _: len(data) >= value),
    "required": ("object", lambda data, value, _: set(value) <= set(data)),
    "properties": (
        "object",
        lambda data, value, whole: all(
            fits(data[name], one, whole) for name, one in value.items() if name in data
        ),
    ),
}


def _is(data: Any, name: str) -> bool:
    if isinstance(data, bool):
        return name == "boolean"
    return isinstance(data, TYPES[name])


def accepted(data: Any) -> bool:
    schema = json_schema()
    return fits(data, schema, schema)


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_a_spec_is_right_for_both(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with own_modules():
        assert load(path)
    assert accepted(Document(str(path), path.read_text(encoding="utf-8")).data)


def broken() -> list[str | bytes]:
    """Return the broken specs of the tests of the loader."""
    found: list[str | bytes] = []
    tests: list[Any] = [
        test_load.test_what_is_wrong_with_a_spec, test_load.test_what_is_wrong_with_a_property,
    ]  # fmt: skip
    for test in tests:
        found += [row[0] for row in test.pytestmark[0].args[1]]
    head = test_load.PROPERTY
    return [text if text and b"model" in _bytes(text) else head + str(text) for text in found]


def _bytes(text: str | bytes) -> bytes:
    return text.encode(errors="surrogatepass") if isinstance(text, str) else text


# What the loader says of keys and types, and the schema cannot: it would take a pattern for each.
SAID_IN_WORDS = ("is not a size in bytes", "does not name a model")


@pytest.mark.parametrize("text", broken(), ids=range(len(broken())))
def test_a_broken_spec_is_wrong_for_the_loader_and_what_is_about_keys_for_both(
    text: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_modules():
        project = Project(tmp_path, monkeypatch)
        with pytest.raises(SpecError):
            project.load(text)
    try:
        data = Document("x.yaml", _bytes(text).decode()).data
    except (SpecError, UnicodeDecodeError):
        return  # no editor can make anything of it either
    problems = [one for one in validate(data)[1]
                if not any(words in one.message for words in SAID_IN_WORDS)]  # fmt: skip
    assert not (problems and accepted(data))
