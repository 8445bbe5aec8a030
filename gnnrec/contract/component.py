"""The one shape of components and of what is in them: a small frozen pydantic model whose fields a recipe may set."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from gnnrec.contract.attribute_docstrings import described_by_docstrings

if TYPE_CHECKING:
    from gnnrec.data.size import Size

PARTS_OF_DATA = ("time", "weight", "parts", "tables", "relations", "behaviours")
"""What a component may say that it looks at besides interactions."""

CONFIG = ConfigDict(
    extra="forbid",
    frozen=True,
    allow_inf_nan=False,
    validate_default=True,
    defer_build=True,  # until it is checked or used: most commands look at few models
)
"""Of every model that a recipe fills in."""


class Part(BaseModel):
    """A model that a recipe fills in: a component, or what stands in a component's field.

    Its fields are exactly what a recipe may say: typed, bounded, and described by the docstring below each.
    Fields are immutable (tuples, not lists), nothing unknown is accepted, defaults are checked as well.
    """

    model_config = CONFIG

    __get_pydantic_json_schema__ = classmethod(described_by_docstrings)


class Component(Part, ABC):
    """A part that a recipe can name.

    Heavy imports belong inside the one method of its kind, so that listing and validating stay light.
    """

    kind: ClassVar[str]
    """The recipe key that this component fills; set by the contract it derives from."""

    uses: ClassVar[tuple[str, ...] | None] = None
    """What it looks at of the data besides interactions (`edges`): of `time`, `weight`, `parts`, `tables`, `relations`,
    `behaviours`; () for nothing. None, where it does not say, is everything. Runs are compared by what was used."""

    deprecated: ClassVar[str] = ""
    """What to use instead, where the component is not going to stay: a recipe that names it is warned. A field that is
    not going to stay says so with `Field(deprecated="use …")`."""

    instead: ClassVar[Mapping[str, str]] = {}
    """Keys that people look for here in vain, and what to do instead: it ends the message about an unknown key."""

    memory_for: ClassVar[str] = ""
    """What `memory` goes to, in words that end the message about too little: `a dense matrix of items by items`."""

    name: str
    """The component's name in recipes. A concrete class narrows it: `name: Literal["dot"] = "dot"`."""

    @property
    def looks_at(self) -> tuple[str, ...] | None:
        """`uses`, of a component as its fields are; to be overridden where they decide."""
        return self.uses

    def memory(self, size: Size) -> int:  # noqa: ARG002 - for those that override
        """Bytes that it takes at its peak besides what it is given, roughly; 0 where that is little or not known.

        Asked once what is learned from is known, and before any work: a run that takes more than is free is refused.
        So it is rather too low than too high, but by no more than a half.

        Args:
            size: Of what is learned from; for a listwise loss, `size.users` are those whose items are scored at once.
        """
        return 0

    @classmethod
    def component_name(cls) -> str:
        """The name under which recipes find this class."""
        return str(cls.model_fields["name"].default)

    @classmethod
    def summary(cls) -> str:
        """The first line of the class's docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]
