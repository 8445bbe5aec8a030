"""What `gnnrec data convert` wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Dataset
from gnnrec_datasets.table_words import Text

if TYPE_CHECKING:
    from gnnrec import Availability, Interactions


class Converted(Dataset):
    """A folder that `gnnrec data convert` wrote: any data set, as it was understood, in Parquet.

    All is there that the data set gave: original ids, times, ratings, parts, tables of nodes, relations, behaviours.
    The fingerprint is the same, and so are the figures of a run. `data.json` in the folder says where the data came
    from, and their terms.
    """

    name: Literal["converted"] = "converted"

    path: Text
    """The folder; looked for beside the working folder, below $GNNREC_DATA and in the cache."""

    @property
    def terms(self) -> str:  # type: ignore[override] # each folder has those of what was converted
        """Those of the data that were converted."""
        from gnnrec.data.converted import About
        from gnnrec.data.files import find_folder

        return About.of(find_folder(self.path, "dataset.path")).terms

    def load(self) -> Interactions:
        """See the contract."""
        from gnnrec.data.converted import read_converted
        from gnnrec.data.files import find_folder

        return read_converted(find_folder(self.path, "dataset.path"))

    def available(self) -> tuple[Availability, ...]:
        """The folder, if it is there and is one that was converted."""
        from gnnrec import Availability, DataError
        from gnnrec.data.converted import About
        from gnnrec.data.files import find_folder

        try:
            folder = find_folder(self.path)
        except DataError:
            return (Availability(self.path, None),)
        try:
            About.of(folder)
        except DataError as error:
            return (Availability(self.path, None, str(error)),)
        return (Availability(self.path, str(folder)),)
