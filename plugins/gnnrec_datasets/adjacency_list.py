"""Lists of each user's items, as benchmarks of graph recommenders are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gnnrec import Dataset

if TYPE_CHECKING:
    from gnnrec import Availability, Interactions

File = Annotated[str, Field(min_length=1)]


class AdjacencyList(Dataset):
    """Text with a line per user: the user's id, then the ids of their items (LightGCN's format, He et al. 2020).

    Ids are whole numbers, with blanks or tabs between them. A user may have several lines, or one without items. The
    files are the parts that the data come divided into, which `split: {name: predefined}` takes as they are; a pair
    that stands in two of them counts as held out.
    """

    terms: ClassVar[str] = "The files are your own, or a benchmark's, and so are their terms."

    name: Literal["adjacency_list"] = "adjacency_list"

    train: File
    """The file to learn from, or of everything; looked for beside the working folder, below $GNNREC_DATA and in the
    cache."""

    test: File | None = None
    """The file to judge by; if it is left out, the data are undivided."""

    val: File | None = None
    """The file to choose the epoch by."""

    @model_validator(mode="after")
    def _have_something_to_judge_by(self) -> Self:
        if self.val is not None and self.test is None:
            raise ValueError("val goes with test; name the file to judge by in test")
        return self

    @property
    def files(self) -> dict[str, str]:
        """The files by part."""
        named = {"train": self.train, "val": self.val, "test": self.test}
        return {part: path for part, path in named.items() if path is not None}

    def load(self) -> Interactions:
        """See the contract."""
        from gnnrec_datasets.adjacency_list_load import load

        return load(self.files)

    def available(self) -> tuple[Availability, ...]:
        """Each file, if it is there."""
        from gnnrec import Availability
        from gnnrec_datasets.sources import at_hand

        return tuple(Availability(path, at_hand(path)) for path in self.files.values())
