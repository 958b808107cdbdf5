"""The schemas of Home Assistant's tools, in the form that providers take. Both of Home Assistant's converters work."""

from typing import Any

import voluptuous as vol
from homeassistant.helpers import llm

from .navai_core.tools.flattening import as_object

try:
    from probatio import UNSUPPORTED, to_openapi
except ImportError:  # Home Assistant before 2026.9
    from voluptuous_openapi import UNSUPPORTED  # type: ignore[no-redef]
    from voluptuous_openapi import convert as to_openapi  # type: ignore[no-redef]

_VERSION = "3.1.0"


def parameters_of(tool: llm.Tool, api: llm.APIInstance) -> tuple[dict[str, Any], str]:
    """Return the JSON Schema of a tool's arguments, and a sentence about alternatives (or an empty string).

    Raises:
        Exception: any, since a schema is third-party code. A `NoSchemaError` says what is wrong.
    """

    def serialised(schema: Any) -> Any:
        found = api.custom_serializer(schema) if api.custom_serializer else UNSUPPORTED
        if isinstance(found, dict):
            return found
        if isinstance(schema, vol.In):
            # The older converter removes None from the tool's own choices, and does not know sets.
            is_set = isinstance(schema.container, set | frozenset)
            return {"enum": sorted(schema.container, key=str) if is_set else list(schema.container)}
        if isinstance(schema, list | tuple) and len(schema) > 1:
            # It does not know lists with several schemas either.
            return {"type": "array", "items": {"anyOf": [converted(part) for part in schema]}}
        return UNSUPPORTED

    def converted(schema: Any) -> Any:
        return to_openapi(schema, custom_serializer=serialised, openapi_version=_VERSION)

    return as_object(converted(tool.parameters))
