"""A span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from gnnrec import Filter
from gnnrec.data.dates import Moment, seconds_of

if TYPE_CHECKING:
    from gnnrec import Interactions


class Between(Filter):
    """Keep interactions of a span of time: from `start` on, and before `end`; one of the two may be left out.

    As with every filter, what lies outside still counts as seen.
    """

    uses: ClassVar[tuple[str, ...]] = ("time",)

    name: Literal["between"] = "between"

    start: Moment | None = None
    """The first moment that counts, an ISO 8601 date or time, in UTC where it names no zone."""

    end: Moment | None = None
    """The first moment that does not count any more, written likewise."""

    @model_validator(mode="after")
    def _go_forward(self) -> Self:
        if self.start is not None and self.end is not None and seconds_of(self.start) >= seconds_of(self.end):
            raise ValueError(f"start is {self.start}, which is not before end, {self.end}")
        return self

    def apply(self, interactions: Interactions) -> Interactions:
        """Look at each interaction's time.

        Raises:
            DataError: Neither end is given, the data have no times, or none lies between.
        """
        import numpy as np

        from gnnrec import DataError

        if self.start is None and self.end is None:
            raise DataError("between says neither start nor end; give one of them, or both")
        time = interactions.edges.time
        if time is None:
            raise DataError(
                "between needs times, and the data have none; with dataset table, name their column in timestamp"
            )
        chosen = np.ones(len(time), bool)
        if self.start is not None:
            chosen &= time >= seconds_of(self.start)
        if self.end is not None:
            chosen &= time < seconds_of(self.end)
        if not chosen.any():
            ends = {"start": self.start, "end": self.end}
            span = ", ".join(f"{name}: {moment}" for name, moment in ends.items() if moment is not None)
            first, last = (np.datetime64(int(each), "s") for each in (time.min(), time.max()))
            raise DataError(
                f"between with {span} leaves none of the {len(time):,} interactions; the first is of {first}, "
                f"the last of {last} (UTC)"
            )
        return interactions.keep(chosen)
