"""A user's own table of interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gnnrec.errors import suggestion
from gnnrec_datasets.table_fields import TableFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec import Availability, Interactions
    from gnnrec.contract.kinds import Tables


TABLES = {"interactions": "path", "users": "users", "items": "items"}
"""Tables from Python, and the fields that name their files."""


class Table(TableFields):
    """Your own interactions: text or Parquet with a row per interaction, a column of users, one of items.

    One file or many, packed or not, with or without a header. Ids are whole numbers or text, as they stand in the file;
    a pair that stands more than once is one interaction.
    """

    terms: ClassVar[str] = "The file is your own, and so are its terms."

    instead: ClassVar[Mapping[str, str]] = {
        "train": "of a table that comes in files, path is the one to learn from, beside test and perhaps val; take "
        "split: {name: predefined}",
        **dict.fromkeys(
            ("where", "query", "filter", "events"),
            "event names the column that says what happened, and target what of it is predicted (event: what, "
            "target: buy); other choices are filters",
        ),
        **dict.fromkeys(
            ("weight", "weights"), "rating names the column that interactions weigh; graph.weights: given weighs by it"
        ),
    }

    name: Literal["table"] = "table"

    @classmethod
    def reading(cls, tables: Tables) -> dict[str, Any]:
        """See the contract."""
        strange = [name for name in tables if isinstance(name, str) and name not in TABLES]
        if strange:
            raise ValueError(
                f"there is no table '{strange[0]}'{suggestion(strange[0], TABLES)}; a relation is named by its source "
                "type, name and target type, such as ('user', 'trusts', 'user')"
            )
        fields: dict[str, Any] = {field: tables[name] for name, field in TABLES.items() if name in tables}
        if "interactions" in tables:
            fields |= {"columns": None, "more": [], "cache": False}  # the run keeps them: nobody else reads these files
        relations = [
            {"path": path, **dict(zip(("source", "name", "target"), name, strict=True))}
            for name, path in tables.items()
            if not isinstance(name, str)
        ]
        return fields | ({"relations": relations} if relations else {})

    def load(self) -> Interactions:
        """See the contract."""
        from gnnrec_datasets.table_load import load

        return load(self)

    def available(self) -> tuple[Availability, ...]:
        """The files of interactions, if they are there."""
        from gnnrec_datasets.table_load import available

        return available([path for _, path, _ in self.named])
