"""Joins complete modules into one: their imports merged and sorted, then what each defines."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 88
"""Columns of a line, as ruff and black have it when nothing is set."""


class Imports:
    """What a module imports at one place."""

    def __init__(self) -> None:
        self._whole: set[str] = set()
        self._parts: dict[str, set[str]] = defaultdict(set)

    def add(self, module: str, *names: str) -> None:
        """Import names from a module; without names, the module itself, `pandas as pd` included."""
        if names:
            self._parts[module].update(names)
        else:
            self._whole.add(module)

    def collect(self, statement: ast.stmt) -> None:
        """Add what a statement imports.

        Raises:
            TypeError: It is no import.
        """
        if isinstance(statement, ast.Import):
            for each in statement.names:
                self.add(ast.unparse(each))
        elif isinstance(statement, ast.ImportFrom):
            if statement.module == "__future__":
                return  # stands by itself
            self.add(str(statement.module), *(ast.unparse(each) for each in statement.names))
        else:
            raise TypeError(f"expected an import, got {ast.unparse(statement)!r}")

    def text(self, indent: str = "") -> str:
        """The statements, sorted as isort does: Python's own, then the others; empty where there are none."""
        groups = ("\n".join(indent + line for line in self._group(indent, own=own)) for own in (True, False))
        return "\n\n".join(filter(None, groups))

    def _group(self, indent: str, *, own: bool) -> Iterator[str]:
        for module in sorted(self._whole):
            if _is_own(module) == own:
                yield f"import {module}"
        for module in sorted(self._parts):
            if _is_own(module) == own:
                names = sorted(self._parts[module], key=_order)
                text = bracketed(f"from {module} import ", names, "()", WIDTH - len(indent), bare=True)
                yield text.replace("\n", f"\n{indent}")


def bracketed(before: str, parts: Sequence[str], brackets: str, width: int = WIDTH, *, bare: bool = False) -> str:
    """Parts on one line if they fit, otherwise one on each.

    Args:
        before: What the line starts with.
        parts: What stands between the brackets.
        brackets: The two.
        width: Columns.
        bare: On one line, leave the brackets out.

    >>> bracketed("return ", ["A", "B"], "[]")
    'return [A, B]'
    >>> print(bracketed("return ", ["A", "B"], "[]", 12))
    return [
        A,
        B,
    ]
    """
    first, last = brackets[0], brackets[1]
    line = before + ", ".join(parts) if bare else f"{before}{first}{', '.join(parts)}{last}"
    if len(line) <= width:
        return line
    indent = " " * (len(before) - len(before.lstrip()))
    return "\n".join([before + first, *(f"{indent}    {part}," for part in parts), indent + last])


def joined(docstring: str, sources: Iterable[str]) -> str:
    r'''One module of several.

    Args:
        docstring: The module's.
        sources: Complete modules: imports, perhaps an `if TYPE_CHECKING:` with imports, definitions.

    >>> print(joined("Both.", ["from math import pi\nTWO_PI = 2 * pi", "from math import e\nTWO_E = 2 * e"]))
    """Both."""
    <BLANKLINE>
    from __future__ import annotations
    <BLANKLINE>
    from math import e, pi
    <BLANKLINE>
    <BLANKLINE>
    TWO_PI = 2 * pi
    <BLANKLINE>
    <BLANKLINE>
    TWO_E = 2 * e
    <BLANKLINE>
    '''
    imports, checking = Imports(), Imports()
    bodies = [_taken_apart(source, imports, checking) for source in sources]
    lazy = f"if TYPE_CHECKING:\n{checking.text('    ')}\n" if checking.text() else ""
    parts = [f'"""{docstring}"""', "from __future__ import annotations", imports.text(), lazy]
    head = "\n\n".join(filter(None, parts)).rstrip("\n")
    return "\n\n\n".join([head, *bodies]) + "\n"


def _taken_apart(source: str, imports: Imports, checking: Imports) -> str:
    """Collects what a module imports; gives the rest of it."""
    end = 0
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            for inner in statement.body:
                checking.collect(inner)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports.collect(statement)
        else:
            break
        end = statement.end_lineno or 0
    return "\n".join(source.splitlines()[end:]).strip("\n")


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, functions; within each by name."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return rank, name
