"""A recipe as commented text to start from: every field of its components, told by their own descriptions."""

from __future__ import annotations

import json
import re
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from gnnrec.contract.attribute_docstrings import attribute_docstrings
from gnnrec.recipe.nodes import read_yaml
from gnnrec.recipe.schema import COMPONENT_SECTIONS, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry

WIDTH = 120
"""Columns of a line; a comment that is longer is cut, and `gnnrec show` has all of it."""

ALIGNED = 28
"""Up to this column comments stand below each other."""

NARROW = 40
"""A comment that would have less room than this beside its field stands above it."""

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_@./-]*|[0-9][A-Za-z0-9_@./]*")
"""Text that may be written without quotes, unless YAML takes it for something else, as it does `true`."""


def starter(recipe: Recipe, registry: Registry, preface: Iterable[str]) -> str:
    """`recipe` as YAML with comments, under the lines of `preface`; it resolves to the same but for its name.

    What the recipe says stands there; a field that it leaves out is behind a `#` with its default. A section also names
    the other components of its kind. The name is left to the file.
    """
    lines = [f"# {line}".rstrip() for line in preface]
    lines += _top("name", recipe.name, said=False) + _top("seed", recipe.seed, said=True)
    lines += _top("refit", recipe.refit, said=recipe.refit)
    for section in (COMPONENT_SECTIONS[0], "filters", "features", *COMPONENT_SECTIONS[1:]):
        value = getattr(recipe, section)
        if section == "filters":
            if value:
                taken = {each.name for each in value}
                lines += ["", *_heading(section), *_others(registry, section, taken), "filters:", *_listed(value, "  ")]
        elif section == "features":
            if any(some for _, some in value):
                lines += ["", *_heading(section), *_features(value, registry)]
        elif value is not None:
            lines += ["", *_heading(section), *_component(section, value, registry)]
    return "\n".join([*lines, "", *_heading("evaluation"), *_evaluation(recipe, registry)]) + "\n"


def to_inline_yaml(value: Any) -> str:
    """Plain data as YAML on one line; reading it back gives equal data.

    >>> to_inline_yaml({"name": "cosine", "steps": [1, 2.5], "off": "no: 1", "end": None})
    '{name: cosine, steps: [1, 2.5], off: "no: 1", end: null}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_inline_yaml(key)}: {to_inline_yaml(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_inline_yaml, value)) + "]"
    if isinstance(value, str) and PLAIN.fullmatch(value) and read_yaml(value, "").value == value:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


def _heading(section: str) -> list[str]:
    return [f"# {_one_line(attribute_docstrings(Recipe)[section])}"]


def _top(key: str, value: Any, *, said: bool) -> list[str]:
    return _aligned([("" if said else "# ", f"{key}: {to_inline_yaml(value)}", attribute_docstrings(Recipe)[key])])


def _component(section: str, component: Component, registry: Registry) -> list[str]:
    return [*_others(registry, component.kind, {component.name}), f"{section}:", *_fields(component, "  ")]


def _features(features: BaseModel, registry: Registry) -> Iterator[str]:
    taken: dict[str, tuple[Component, ...]] = dict(features)
    yield from _others(registry, "features", {each.name for blocks in taken.values() for each in blocks})
    yield "features:"
    for node_type, blocks in taken.items():
        if not blocks:
            yield f"  # {node_type}: []"
            continue
        yield f"  {node_type}:"
        yield from _listed(blocks, "    ")


def _listed(components: Iterable[Component], indent: str) -> Iterator[str]:
    for component in components:
        first, *rest = _fields(component, f"{indent}  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _evaluation(recipe: Recipe, registry: Registry) -> list[str]:
    """Its metrics count as left out where they are all that are installed, which is what leaving them out means."""
    metrics = [metric.model_dump(mode="json") for metric in recipe.evaluation.metrics]
    everything = [{"name": name} for name in sorted(registry.components("metric"))]
    every = metrics == [{**each, **metric} for each, metric in zip(everything, metrics, strict=False)]
    left_out = {"metrics"} if every and len(metrics) == len(everything) else set()
    return ["evaluation:", *_fields(recipe.evaluation, "  ", left_out)]


def _others(registry: Registry, kind: str, taken: set[str]) -> list[str]:
    names = sorted(set(registry.components(kind)) - taken)
    if not names:
        return []
    text = f"Others: {', '.join(names)}. See: gnnrec show {kind} {names[0]}"
    return [f"# {line}" for line in wrap(text, WIDTH - len("# "), break_on_hyphens=False)]


def _fields(model: BaseModel, indent: str, left_out: Iterable[str] = ()) -> list[str]:
    """A line per field: first what the recipe says, then the defaults of what it leaves out."""
    values = {field: _bare(value) for field, value in model.model_dump(mode="json").items()}
    schema = type(model).model_json_schema()
    # A mapping of comments alone would be no mapping, so the first field always stands there.
    said = (model.model_fields_set - set(left_out)) | {next(iter(schema["properties"]))}
    first, later = [], []
    for field, info in schema["properties"].items():
        about = _one_line(info.get("description"))
        if field == "name":
            about = _one_line(str(schema.get("description", "")).partition("\n")[0])
            first.append((indent, f"name: {to_inline_yaml(values['name'])}", about))
        elif field in said or "default" not in info:
            if "default" in info and info["default"] != values[field]:
                about = f"{about} Default {to_inline_yaml(info['default'])}.".lstrip()
            first.append((indent, f"{field}: {to_inline_yaml(values[field])}", about))
        else:
            later.append((f"{indent}# ", f"{field}: {to_inline_yaml(values[field])}", about))
    return _aligned([*first, *later])


def _bare(value: Any) -> Any:
    """Metrics that have nothing but names by their names."""
    if isinstance(value, list) and value and all(isinstance(each, dict) and set(each) == {"name"} for each in value):
        return [each["name"] for each in value]
    return value


def _aligned(lines: list[tuple[str, str, str | None]]) -> list[str]:
    """Indent, text and comment of each line, with the comments below each other."""
    column = max(min(len(indent + text), ALIGNED) for indent, text, _ in lines)
    told = []
    for indent, text, comment in lines:
        line = f"{indent}{text}"
        room = WIDTH - len(line.ljust(column)) - len("  # ")
        if comment and room < NARROW:
            above = f"{indent.removesuffix('# ')}# "
            told += [above + shorten(comment, WIDTH - len(above), placeholder=" …"), line]
        else:
            told.append(f"{line.ljust(column)}  # {shorten(comment, room, placeholder=' …')}" if comment else line)
    return told


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
