"""Schemas of tools: any JSON Schema of an object becomes a plain one that loses no argument, or is refused."""

from functools import reduce
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.tools.flattening import as_object
from navai_core.tools.schemas import TYPES, NoSchemaError, faults, tidy

STRING = {"type": "string"}
NUMBER = {"type": "number"}


def closed(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


ALTERNATIVES = {"anyOf": [closed("a", a=STRING), closed("b", b=NUMBER, a=NUMBER)]}


@pytest.mark.parametrize(
    ("schema", "expected", "hint"),
    [
        (closed(), {"properties": {}}, ""),
        ({}, {"properties": {}, "additionalProperties": True}, ""),
        ({"type": "object"}, {"properties": {}, "additionalProperties": True}, ""),
        (
            ALTERNATIVES,
            {"properties": {"a": {"anyOf": [STRING, NUMBER]}, "b": NUMBER}},
            "Arguments: a; or b (optional: a).",
        ),
        ({"oneOf": [{"type": "null"}, closed("a", a=STRING)]}, {"properties": {"a": STRING}, "required": ["a"]}, ""),
        (
            {"type": ["object", "null"], "properties": {"x": True}, "additionalProperties": STRING},
            {"properties": {"x": {}}, "additionalProperties": STRING},
            "",
        ),
        (
            closed(name=STRING, area=STRING) | {"anyOf": [{"required": ["name"]}, {"required": ["area"]}]},
            {"properties": {"name": STRING, "area": STRING}},
            "Arguments: name; or area.",
        ),
        (
            {"allOf": [closed("a", a=STRING), closed("b", b=STRING, a={"minLength": 1})]},
            {"properties": {"a": {"allOf": [STRING, {"minLength": 1}]}, "b": STRING}, "required": ["a", "b"]},
            "",
        ),
        (
            {"anyOf": [closed(), closed("a", a=STRING)]},
            {"properties": {"a": STRING}},
            "Arguments: nothing; or a.",
        ),
        (
            {
                "anyOf": [
                    {"type": "object", "additionalProperties": STRING},
                    {"type": "object", "additionalProperties": NUMBER},
                ]
            },
            {"properties": {}, "additionalProperties": {"anyOf": [STRING, NUMBER]}},
            "",
        ),
        (
            {"allOf": [{"additionalProperties": True}, closed("a", a=STRING)]},
            {"properties": {"a": STRING}, "required": ["a"]},
            "",
        ),
        ({"type": "object", "required": ["a"]}, {"properties": {"a": {}}, "required": ["a"]}, ""),
        (
            closed(child={"$ref": "#"}, other={"$ref": "#/$defs/x"}) | {"$defs": {"x": {"type": "any"}}},
            {"properties": {"child": {"$ref": "#"}, "other": {"$ref": "#/$defs/x"}}, "$defs": {"x": {}}},
            "",
        ),
    ],
)
def test_what_describes_an_object_becomes_a_plain_one(schema: Any, expected: Any, hint: str) -> None:
    assert as_object(schema) == ({"type": "object", **expected}, hint)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "does not take an object"),
        ({"type": "array", "items": STRING}, "does not take an object"),
        ({"anyOf": [STRING, {"type": "null"}]}, "does not take an object"),
        ({"enum": ["a", "b"]}, "does not take an object"),
        (False, "does not take an object"),
        (None, "something else"),
        (closed(a=7), "something else"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {}}}, "refers to another schema"),
        (closed(a={"$ref": "https://example.org/schema"}), "not there"),
        ({"allOf": [{"anyOf": [closed(), closed(a=STRING)]}] * 8}, "too many alternatives"),
        (reduce(lambda inner, _: {"not": inner}, range(40), {}), "nested too deeply"),
        (closed(a={"enum": [object()]}), "not JSON"),
    ],
)
def test_what_is_no_object_is_refused_with_a_reason(schema: Any, words: str) -> None:
    with pytest.raises(NoSchemaError, match=words):
        as_object(schema)


@pytest.mark.parametrize(
    ("given_", "expected", "path"),
    [
        ({"description": {"suggested_value": 5}}, {}, "description"),
        ({"type": "integer", "enum": [1, "auto"]}, {"type": ["string", "integer"], "enum": [1, "auto"]}, "enum"),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}, "nullable"),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}, "nullable"),
        ({"type": "string", "nullable": False}, {"type": "string"}, "nullable"),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
            "nullable",
        ),
        ({"anyOf": [STRING, NUMBER], "nullable": True}, {"anyOf": [STRING, NUMBER, {"type": "null"}]}, "nullable"),
        ({"type": "any"}, {}, "type"),
        ({"type": ["string", 7]}, {"type": ["string"]}, "type"),
        ({"type": 7}, {}, "type"),
        ({"enum": "a"}, {}, "enum"),
        ({"enum": []}, {}, "enum"),
        (
            {"type": "number", "minimum": 1, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 1},
            "exclusiveMinimum",
        ),
        ({"exclusiveMaximum": False, "maximum": 2}, {"maximum": 2}, "exclusiveMaximum"),
        ({"maximum": "2"}, {}, "maximum"),
        ({"required": True}, {}, "required"),
        ({"properties": []}, {}, "properties"),
        ({"anyOf": {}}, {}, "anyOf"),
        (
            {"type": "array", "items": [STRING, NUMBER, STRING]},
            {"type": "array", "items": {"anyOf": [STRING, NUMBER]}},
            "items",
        ),
    ],
)
def test_words_of_other_dialects_are_said_as_providers_take_them(given_: Any, expected: Any, path: str) -> None:
    assert tidy({"properties": {"x": given_}}) == {"properties": {"x": expected}}
    ((where, words),) = faults({"properties": {"x": given_}})
    assert where == ("properties", "x", path)
    assert words


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"enum": [1, 2.5, True, None, [1], {}]}, ["integer", "boolean", "array", "object", "null", "number"]),
        ({"enum": ["a"]}, "string"),
    ],
)
def test_choices_get_their_types(given_: Any, expected: Any) -> None:
    assert tidy(given_)["type"] == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
        (
            {"type": "array", "prefixItems": [STRING, NUMBER], "items": False},
            {"type": "array", "items": {"anyOf": [STRING, NUMBER]}, "maxItems": 2},
        ),
        ({"prefixItems": [STRING], "items": NUMBER}, {"type": "array", "items": {"anyOf": [STRING, NUMBER]}}),
        ({"type": "string", "default": object()}, {"type": "string"}),
        (
            {"type": "string", "default": "a", "examples": ("a", "b")},
            {"type": "string", "default": "a", "examples": ["a", "b"]},
        ),
        ({"type": "object", "required": []}, {"type": "object"}),
        ({"not": False, "additionalProperties": False}, {"not": {"not": {}}, "additionalProperties": False}),
    ],
)
def test_the_rest_is_said_in_the_same_meaning(given_: Any, expected: Any) -> None:
    assert tidy(given_) == expected
    assert not list(faults(given_))


leaves = st.sampled_from(
    [
        STRING,
        NUMBER,
        {"type": "boolean"},
        {"type": "integer", "minimum": 0, "maximum": 3},
        {"enum": [1, "auto", None]},
        {"type": "string", "enum": ["on", "off"]},
        {"type": ["string", "null"]},
        {"type": "array", "items": NUMBER},
        {"type": "array", "prefixItems": [STRING, NUMBER], "items": False},
        {},
    ]
)
NAMES = ["name", "area", "level"]


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=3))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    extra = draw(st.sampled_from([False, False, STRING, NUMBER]))
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": extra}


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return (
        st.builds(lambda parts: {"anyOf": parts}, several)
        | st.builds(lambda parts: {"oneOf": parts}, several)
        | st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2))
    )


properties_ = st.recursive(leaves, lambda inner: objects(inner) | combined(inner), max_leaves=4)
schemas = st.recursive(objects(properties_) | leaves, combined, max_leaves=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 4) | st.sampled_from(["auto", "on", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=4,
)
arguments = st.dictionaries(st.sampled_from([*NAMES, "other"]), values, max_size=4)


@given(schemas, st.lists(arguments, max_size=8))
def test_no_argument_that_the_tool_takes_is_lost(schema: Any, calls: list[dict[str, Any]]) -> None:
    takes = [call for call in calls if jsonschema_rs.is_valid(schema, call)]
    try:
        found, _ = as_object(schema)
    except NoSchemaError as error:
        assert "object" in str(error) or "alternatives" in str(error)
        # Only what no object fits is refused, or what has too many forms.
        assert not takes or "alternatives" in str(error)
        return
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **found})
    assert found.keys() <= {"type", "properties", "required", "additionalProperties"}
    assert not list(faults(found))
    for call in takes:
        known = {name: value for name, value in call.items() if name in found["properties"]}
        assert jsonschema_rs.is_valid({**found, "additionalProperties": True}, known), (found, call)
        others = call.keys() - known.keys()
        assert not others or found.get("additionalProperties")


WORDS = [
    *("type", "properties", "items", "anyOf", "allOf", "enum", "nullable", "required", "description", "a", "not"),
    *("additionalProperties", "prefixItems", "minimum", "exclusiveMinimum", "default", "$ref", "const"),
]
rubbish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from([*TYPES, object()]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=5,
        )
    ),
)


@given(rubbish)
def test_rubbish_is_refused_and_never_breaks(schema: Any) -> None:
    try:
        found, _ = as_object(schema)
    except NoSchemaError:
        return
    assert found["type"] == "object"
    assert set(found.get("required", ())) <= set(found["properties"])
    assert not list(faults(found))
