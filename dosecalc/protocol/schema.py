"""The JSON Schema of the protocol language, from the same annotations that the binder reads.

Editors use it to complete keys and to mark mistakes while someone types. It says less than the reader: units,
references and masking are the reader's.
"""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from dosecalc.protocol.binding import ID_PATTERN, keys
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
from dosecalc.quantity import Quantity

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# A YAML editor hands an unquoted 1 or a date to the schema as a number or a text: both are allowed where a text is.
_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": ["string", "number"]},
    int: {"type": "integer", "minimum": 0},
    bool: {"type": "boolean"},
    dt.date: {"type": "string", "format": "date"},
    Quantity: {"type": "string", "description": "a number, a space and a unit: 1.0e8 particles/site"},
    CalendarOffset: {"type": "string", "pattern": "^-?P", "description": "ISO 8601: P14D, P2W, P1M"},
    ClockOffset: {"type": "string", "pattern": "^-?PT", "description": "ISO 8601: PT4H, PT30M"},
}


def json_schema(record: type) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a file whose root is `record`."""
    definitions: dict[str, Any] = {}
    root = _record(record, definitions, keyed=False)
    return {"$schema": DIALECT, "title": f"dosecalc {record.__name__} file", **root, "$defs": definitions}


def _record(record: type, definitions: dict[str, Any], *, keyed: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for key in keys(record):
        if keyed and key.name == "id":
            continue
        properties[key.name] = _value(key.type, definitions)
        if key.required:
            required.append(key.name)
    return {
        "type": "object",
        "description": (record.__doc__ or "").strip(),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _reference(record: type, definitions: dict[str, Any], *, keyed: bool) -> dict[str, Any]:
    name = record.__name__
    if name not in definitions:
        definitions[name] = {}  # stands here already while its own fields are read
        definitions[name] = _record(record, definitions, keyed=keyed)
    return {"$ref": f"#/$defs/{name}"}


def _value(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [_value(k, definitions) for k in get_args(kind) if k is not types.NoneType]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if origin is tuple:
        return {"type": "array", "items": _value(get_args(kind)[0], definitions)}
    if origin is Mapping:
        item = get_args(kind)[1]
        own = isinstance(item, type) and is_dataclass(item)
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{ID_PATTERN}$"},
            "additionalProperties": _reference(item, definitions, keyed=True) if own else _value(item, definitions),
        }
    if origin is Literal:
        values = list(get_args(kind))
        return {"enum": [*values, *(int(v) for v in values if v.isdecimal())]}
    if isinstance(kind, type) and is_dataclass(kind):
        return _reference(kind, definitions, keyed=False)
    return {"type": ["string", "number"], "pattern": f"^{ID_PATTERN}$"}
