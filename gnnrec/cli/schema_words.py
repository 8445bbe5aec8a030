"""A field as a recipe's writer reads it: its type and default, from the JSON Schema."""

from __future__ import annotations

from typing import Any

BOUNDS = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
WORDS = {"string": "text", "null": "nothing", "boolean": "true | false"}


def type_of(info: dict[str, Any]) -> str:
    """A property in words.

    >>> type_of({"type": "integer", "exclusiveMinimum": 0})
    'integer > 0'
    >>> type_of({"anyOf": [{"enum": ["adam", "sgd"]}, {"type": "null"}]})
    'adam | sgd or nothing'
    >>> type_of({"type": "array", "items": {"type": "string"}})
    'list of text'
    >>> type_of({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]})
    '[integer, number]'
    """
    if "enum" in info:
        words = " | ".join(map(str, info["enum"]))
    elif "discriminator" in info:
        words = f"one of {' | '.join(info['discriminator']['mapping'])}, by its name"
    elif "anyOf" in info:
        words = " or ".join(type_of(option) for option in info["anyOf"])
    elif "$ref" in info:
        words = str(info["$ref"]).rpartition("/")[2]
    elif "prefixItems" in info:
        words = f"[{', '.join(map(type_of, info['prefixItems']))}]"
    elif info.get("type") == "array":
        words = f"list of {type_of(info['items'])}" if info.get("items") else "list"
    else:
        words = repr(info["const"]) if "const" in info else str(info.get("type", "anything"))
    limits = [f"{sign} {info[key]:g}" for key, sign in BOUNDS.items() if key in info]
    return " ".join([WORDS.get(words, words), *limits])


def default_of(info: dict[str, Any]) -> str:
    """A property's default in words."""
    if "default" not in info:
        return "(required)"
    default = info["default"]
    if isinstance(default, list):
        return "[" + ", ".join(map(str, default)) + "]"
    if default is None:
        return "–"
    return str(default).lower() if isinstance(default, bool) else str(default)
