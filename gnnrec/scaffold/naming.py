"""What a new plugin is called, in all the places where it has a name, and what it must not be called."""

from __future__ import annotations

import builtins
import importlib.metadata
import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import UsageError, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gnnrec.plugin.registry import Registry

PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

MAX_LENGTH = 30
"""So that no generated line is longer than 88 columns."""

OWN_FILES = ("conftest", "recipes", "setup", "tests")
"""Names that mean something of their own at the top of a distribution."""


@dataclass(frozen=True)
class Names:
    """What a plugin is called.

    Attributes:
        distribution: The folder and the distribution: `my-gat`.
        kinds: Of its components, in the order of the contracts.

    >>> Names("my-gat", ("encoder",)).module
    'my_gat'
    >>> Names("gnnrec-gat", ("encoder",)).component
    'gat'
    >>> Names("my-gat", ("encoder", "decoder")).class_name("decoder", ())
    'MyGatDecoder'
    """

    distribution: str
    kinds: tuple[str, ...]

    @property
    def module(self) -> str:
        """The module and the entry point: `my_gat`."""
        return self.distribution.replace("-", "_")

    @property
    def component(self) -> str:
        """Each component: the module's name, without the `gnnrec_` that only says what it is for."""
        return self.module.removeprefix("gnnrec_")

    def class_name(self, kind: str, taken: Collection[str]) -> str:
        """The class: `MyGat`; `MyGatEncoder` where there are several, or where the short name means something else."""
        short = "".join(word.capitalize() for word in self.component.split("_"))
        alone = len(self.kinds) == 1 and short not in taken
        return (
            short
            if alone and not keyword.iskeyword(short) and not hasattr(builtins, short)
            else short + kind.capitalize()
        )


def chosen_names(name: str, kinds: Sequence[str], registry: Registry) -> Names:
    """The names of a plugin that can stand beside all that is installed.

    Args:
        name: As the user typed it.
        kinds: Of its components; `encoder` if there are none.
        registry: What is installed.

    Raises:
        UsageError: A kind does not exist or is given twice, the name is no package name, or it is taken.
    """
    kinds = kinds or ("encoder",)
    for kind in kinds:
        if kind not in CONTRACTS:
            raise UsageError(f"no kind of component is called '{kind}'{suggestion(kind, CONTRACTS)}")
    twice = [kind for kind in CONTRACTS if kinds.count(kind) > 1]
    if twice:
        raise UsageError(
            f"--kind {twice[0]} is given {kinds.count(twice[0])} times, expected once; "
            "a second component of a kind is a second class of its module"
        )
    if not PATTERN.fullmatch(name) or len(name) > MAX_LENGTH:
        raise UsageError(
            f"'{name}' is no name for a package; expected small letters, digits and single hyphens, a letter first, at "
            f"most {MAX_LENGTH} characters, such as my-gat{_normalised(name)}"
        )
    names = Names(name, tuple(kind for kind in CONTRACTS if kind in kinds))
    _refuse_taken(names, registry)
    return names


def _normalised(name: str) -> str:
    """The end of a message about a name: the nearest that would do, if there is one."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    near = re.sub(r"[^a-z0-9]+", "-", words).lstrip("-0123456789")[:MAX_LENGTH].strip("-")
    return f"; did you mean '{near}'?" if near else ""


def _place_of(module: str) -> str:
    """Where an installed module lies; empty where there is none, or a mere folder such as the working folder has."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is not None:
        return "" if found is None else str(found.origin)
    shared = (
        place for place in found.submodule_search_locations or () if Path(place).parent.name.endswith("-packages")
    )
    return next(shared, "")


def _refuse_taken(names: Names, registry: Registry) -> None:
    module = names.module
    if keyword.iskeyword(module):
        raise UsageError(f"'{module}' is a word of the Python language and no module's name; choose another")
    if module in OWN_FILES:
        raise UsageError(f"'{module}' is what a file or folder of every plugin is called; choose another name")
    if module in sys.stdlib_module_names:
        raise UsageError(f"a module '{module}' would shadow Python's own; choose another name")
    for plugin in registry.plugins:
        if plugin.name == module:
            raise UsageError(
                f"a plugin '{module}' is there already, from {plugin.origin}; choose another name, or uninstall it"
            )
    for kind in names.kinds:
        known = registry.components(kind)
        if names.component in known:
            owner = registry.owner(known[names.component])
            raise UsageError(
                f"{kind} '{names.component}' is contributed by plugin '{owner.name}' already; choose another name"
            )
    if place := _place_of(module):
        raise UsageError(f"a module '{module}' would shadow the installed one, {place}; choose another name")
    try:
        version = importlib.metadata.version(names.distribution)
    except importlib.metadata.PackageNotFoundError:
        return
    raise UsageError(
        f"'{names.distribution}' {version} is installed, and the new plugin would replace it; choose another name"
    )
