"""Atomic files, as RecBole keeps data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from gnnrec import Dataset

if TYPE_CHECKING:
    from gnnrec import Availability, Interactions

Text = Annotated[str, Field(min_length=1)]


class Atomic(Dataset):
    """A folder of atomic files (RecBole, Zhao et al. 2021): tab-separated, each column with its type in the header.

    The folder's name is that of its files. `NAME.inter` holds interactions; or `NAME.train.inter`, `NAME.valid.inter`
    and `NAME.test.inter` do, which are the parts that the data come divided into. `NAME.user` and `NAME.item` hold what
    is known of users and items, `NAME.kg` triples of entities and `NAME.link` which entities are items: each kind of
    triple becomes a relation between items and further nodes, called `entity`.
    """

    terms: ClassVar[str] = "The files are your own, or a benchmark's, and so are their terms."

    name: Literal["atomic"] = "atomic"

    path: Text
    """The folder; looked for beside the working folder, below $GNNREC_DATA and in the cache."""

    user: Text = "user_id"
    """The column of user ids."""

    item: Text = "item_id"
    """The column of item ids."""

    rating: Text | None = None
    """The column of ratings, which are what interactions weigh; by default `rating`, where there is one."""

    timestamp: Text | None = None
    """The column of times; by default `timestamp`, where there is one."""

    timestamp_unit: Literal["s", "ms", "us", "ns"] | None = None
    """What times count since 1970; by default their size tells, and the run says it."""

    title: Text | None = None
    """The column of `NAME.item` that recommendations show; by default `title` or `movie_title`, where there is one."""

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
