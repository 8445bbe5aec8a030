from __future__ import annotations

from typing import Literal

from pydantic import Field, create_model

from gnnrec import Encoder
from gnnrec.contract.attribute_docstrings import attribute_docstrings


class Base(Encoder):
    """A base."""

    channels: int = 8
    """How many."""

    width: int = Field(1, description="said in the field")
    """Said below it."""

    silent: int = 2

    def build(self, graph: object) -> None: ...  # type: ignore[override]


class Derived(Base):
    """Declares one field anew, and says nothing of it."""

    name: Literal["derived"] = "derived"

    channels: int = 16

    depth: int = 3
    """How deep,
    over two lines."""


def test_a_field_is_described_where_it_is_declared_last() -> None:
    assert attribute_docstrings(Base) == {
        "name": attribute_docstrings(Encoder)["name"],
        "channels": "How many.",
        "width": "Said below it.",
    }
    assert attribute_docstrings(Derived) == {"width": "Said below it.", "depth": "How deep,\nover two lines."}


def test_the_schema_has_them_and_a_description_of_the_fields_own_goes_first() -> None:
    described = {name: info.get("description") for name, info in Derived.model_json_schema()["properties"].items()}
    assert described == {
        "name": None,
        "channels": None,
        "width": "said in the field",
        "silent": None,
        "depth": "How deep,\nover two lines.",
    }


def test_of_a_model_without_a_file_nothing_is_known_that_its_bases_do_not_say() -> None:
    made = create_model("Made", __base__=Derived, extra=(int, 1))
    assert attribute_docstrings(made) == attribute_docstrings(Derived)
