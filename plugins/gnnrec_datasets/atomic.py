"""Atomic files, as RecBole keeps data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_datasets.atomic_fields import AtomicFields

if TYPE_CHECKING:
    from gnnrec import Availability, Interactions


class Atomic(AtomicFields):
    """A folder of atomic files (RecBole, Zhao et al. 2021): tab-separated, each column with its type in the header.

    The folder's name is that of its files. `NAME.inter` holds interactions; or `NAME.train.inter`, `NAME.valid.inter`
    and `NAME.test.inter` do, which are the parts that the data come divided into. `NAME.user` and `NAME.item` hold what
    is known of users and items, `NAME.kg` triples of entities and `NAME.link` which entities are items: each kind of
    triple becomes a relation between items and further nodes, called `entity`.
    """

    terms: ClassVar[str] = "The files are your own, or a benchmark's, and so are their terms."

    name: Literal["atomic"] = "atomic"

    def load(self) -> Interactions:
        """See the contract."""
        from gnnrec_datasets.atomic_load import load

        return load(self)

    def available(self) -> tuple[Availability, ...]:
        """The folder, if it is there."""
        from gnnrec import Availability, DataError
        from gnnrec.data.files import find_folder

        try:
            place = str(find_folder(self.path))
        except DataError:
            place = None
        return (Availability(self.path, place),)
