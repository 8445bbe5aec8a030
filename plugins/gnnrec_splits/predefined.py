"""A split that somebody made before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from gnnrec_splits.shares import DisjointTrain, Share

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class Predefined(DisjointTrain):
    """Parts as the data come divided into, or as a file says: a benchmark's, or the `split.parquet` of a run.

    Where nothing is val, a share of train is, chosen by hash; with `val: 0` nothing stays val.
    """

    uses: ClassVar[tuple[str, ...]] = ("parts",)

    instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("train", "test"),
        "path names one file that says the part of each interaction; files of a part each are a dataset's, as in "
        "dataset: {name: table, path: train.csv, test: test.csv}; adjacency_list and atomic have such too",
    )

    name: Literal["predefined"] = "predefined"

    path: Annotated[str, Field(min_length=1)] | None = None
    """A table (.parquet, .csv, .csv.gz, .tsv) with columns `user`, `item`, `part`, and a row for each interaction; if
    it is left out, the data come divided. Columns `message` and `supervision`, if any, say what train is used for."""

    val: Share = 0.1
    """Share of train held out to choose the epoch by, where nothing is val. With 0 no epoch is chosen: a scorer has
    none, and a model is trained for all of `trainer.epochs`, as a benchmark's fixed protocol may ask for."""

    def split(self, interactions: Interactions) -> Split:
        """Take the parts as they are.

        Raises:
            DataError: The data come undivided and there is no file; the file cannot be read, lacks a column or an
                interaction, has one twice, or names a part that is none; or nothing is test.
        """
        from gnnrec import DataError
        from gnnrec.data.parts import TEST, TRAIN, VAL
        from gnnrec_splits.division import Division, read_division
        from gnnrec_splits.parts import divided, message_and_supervision, with_val

        if self.path is not None:
            division = read_division(self.path, interactions)
        elif interactions.parts is not None:
            division = Division(interactions.parts)
        else:
            raise DataError(
                "predefined needs interactions that come divided, and these do not; with dataset table, name the "
                "file to judge by in test, or the column that says train, val or test in part, with adjacency_list the "
                "file test; or name a file that says so in split.path"
            )
        part = division.part
        if not (part == TEST).any():
            raise DataError("predefined: nothing is test in this division; without it there is nothing to judge by")
        if self.val and not (part == VAL).any():
            part = with_val(self, interactions, part, self.val)
        used = message_and_supervision(self, interactions, part)
        if division.used is not None:
            if self.disjoint_train:
                raise DataError(
                    f"predefined: {self.path} says itself which interactions are message and which supervision; leave "
                    "split.disjoint_train out"
                )
            message, supervision = division.used
            used = message & (part == TRAIN), supervision & (part == TRAIN)
        return divided(
            self,
            interactions,
            part,
            used,
            advice="look at the division",
            may_be_empty=() if self.val else ("val",),
            absent=division.absent,
            moments=division.moments,
        )
