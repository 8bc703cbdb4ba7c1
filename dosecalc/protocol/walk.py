"""Every record inside a record, with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, record) for each dataclass below `value`, outermost first; paths as `arms.B.doses[0].per_site`."""
    if is_dataclass(value):
        if path:
            yield path, value
        for field in fields(value):
            yield from walk(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from walk(item, f"{path}[{number}]")
