"""A user's own table of interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_datasets.table_fields import TableFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec import Availability, Interactions


class Table(TableFields):
    """Your own interactions: text or Parquet with a row per interaction, a column of users, one of items.

    One file or many, packed or not, with or without a header. Ids are whole numbers or text, as they stand in the file;
    a pair that stands more than once is one interaction.
    """

    terms: ClassVar[str] = "The file is your own, and so are its terms."

    instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("train", "val", "test"),
        "a table is divided by a column that says train, val or test: name it in dataset.part, and take "
        "split: {name: predefined}",
    )

    name: Literal["table"] = "table"

    def load(self) -> Interactions:
        """See the contract."""
        from gnnrec_datasets.table_load import load

        return load(self)

    def available(self) -> tuple[Availability, ...]:
        """The file of interactions, if it is there."""
        from gnnrec_datasets.table_load import available

        return available(self.path)
