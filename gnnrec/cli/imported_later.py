"""What a library imports and no command needs is imported when something of it is asked for.

`import torch_geometric` imports all data sets that it ships, and they import what else is installed (transformers
alone takes half a second). Where they are used, they are there: a module's first attribute that is asked for runs it.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

LATER = frozenset({"torch_geometric.datasets"})


def import_later() -> None:
    """From now on, import the modules of `LATER` at their first use."""
    sys.meta_path.insert(0, _Finder())


class _Finder:
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in LATER:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _WhenAsked(spec.loader))
        return spec


class _WhenAsked:
    """Puts off what another loader does."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        """A plain module, as Python makes it."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Unread


class _Unread(ModuleType):
    """A module that runs once something of it is asked for that the import system has not set (as it has `__file__`).

    `importlib.util.LazyLoader` runs for those too, and `inspect`, which torch calls while it is imported, asks all
    modules for theirs.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        object.__setattr__(self, "__class__", ModuleType)
        cast("_WhenAsked", self.__loader__).loader.exec_module(self)
        return getattr(self, name)
