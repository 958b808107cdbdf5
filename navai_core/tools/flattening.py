"""Any JSON Schema of a tool's arguments → one plain object, since providers refuse `anyOf` and the like at the top.

Nothing that the tool accepts is lost: an argument of any alternative stays an argument, and only what all of them
require is required. The alternatives themselves become a sentence for the model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from .schemas import NoSchemaError, Schema, tidy

_MAX_FORMS: Final = 64
_MAX_HINT_CHARS: Final = 600
_SAYS: Final = frozenset({"properties", "required", "anyOf", "oneOf", "allOf"})
_LOCAL: Final = ("#/$defs/", "#/definitions/", "#/properties/")


@dataclass(frozen=True, slots=True)
class _Form:
    """One of the alternatives."""

    properties: dict[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    extra: bool | Schema | None = None
    """Other arguments: allowed, or those that fit a schema; None if it does not say."""

    def of(self, name: str) -> Sequence[Schema]:
        """What it takes for an argument; nothing if it does not take it."""
        if name in self.properties:
            return (self.properties[name],)
        return ({} if self.extra is True else self.extra,) if self.extra else ()


def as_object(schema: Any) -> tuple[Schema, str]:
    """Return the schema of an object with all arguments, and a sentence about alternatives (or an empty string).

    Raises:
        NoSchemaError: the tool does not take an object, or its schema cannot be said as one.
    """
    tidied = tidy(schema)
    if not all(ref == "#" or ref.startswith(_LOCAL) for ref in _references(tidied)):
        raise NoSchemaError("it refers to something that is not there")
    forms = _forms(tidied)
    if not forms:
        raise NoSchemaError("it does not take an object")
    names = dict.fromkeys(chain.from_iterable((*form.properties, *form.required) for form in forms))
    properties = {name: _any_of([schema for form in forms for schema in form.of(name)]) for name in names}
    found: Schema = {"type": "object", "properties": properties}
    if required := [name for name in names if all(name in form.required for form in forms)]:
        found["required"] = required
    if extra := _extra_of(forms):
        found["additionalProperties"] = extra
    found.update((key, tidied[key]) for key in ("$defs", "definitions") if key in tidied)
    return found, _hint(forms)


def _references(schema: Any) -> Iterable[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key == "$ref" and isinstance(part, str):
                yield part
            else:
                yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _forms(schema: Schema) -> list[_Form]:
    """The alternatives that are objects."""
    kinds = schema.get("type", "object")
    if "object" not in ([kinds] if isinstance(kinds, str) else kinds):
        return []
    if "$ref" in schema:
        raise NoSchemaError("it refers to another schema")
    if "enum" in schema or "const" in schema or schema.get("not") == {}:
        return []
    # A schema that says nothing takes anything.
    extra = schema.get("additionalProperties", None if _SAYS.intersection(schema) else True)
    forms = [_Form(schema.get("properties", {}), tuple(schema.get("required", ())), extra)]
    for options in (
        *(schema[key] for key in ("anyOf", "oneOf") if key in schema),
        *([x] for x in schema.get("allOf", ())),
    ):
        others = [form for option in options for form in _forms(option)]
        if len(forms) * len(others) > _MAX_FORMS:
            raise NoSchemaError("it has too many alternatives")
        forms = [_joined(form, other) for form in forms for other in others]
    return forms


def _joined(one: _Form, other: _Form) -> _Form:
    """A form that both describe."""
    properties = dict(one.properties)
    for name, schema in other.properties.items():
        known = properties.get(name, schema)
        properties[name] = schema if known == schema else {"allOf": [known, schema]}
    extra = other.extra if one.extra is None or one.extra is True else one.extra
    return _Form(properties, tuple(dict.fromkeys((*one.required, *other.required))), extra)


def _extra_of(forms: Sequence[_Form]) -> bool | Schema:
    extras = [form.extra for form in forms if form.extra is not None and form.extra is not False]
    if any(extra is True for extra in extras):
        return True
    return _any_of([extra for extra in extras if isinstance(extra, dict)]) if extras else False


def _any_of(schemas: Sequence[Schema]) -> Schema:
    unique = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique} if unique else {}


def _hint(forms: Sequence[_Form]) -> str:
    same = len({frozenset(form.properties) for form in forms}) == 1
    texts = []
    for form in forms:
        needed = ", ".join(form.required)
        optional = "" if same else ", ".join(name for name in form.properties if name not in form.required)
        texts.append(f"{needed or 'nothing'}{f' (optional: {optional})' if optional else ''}")
    unique = list(dict.fromkeys(texts))
    return f"Arguments: {'; or '.join(unique)}."[:_MAX_HINT_CHARS] if len(unique) > 1 else ""
