"""MovieLens' releases: the archives that GroupLens publishes, with their checksums, and how each is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnnrec_datasets.movielens_files import (
    Parsed,
    comma_separated,
    ml_1m,
    ml_10m,
    ml_100k,
    ml_100k_in_wheel,
)
from gnnrec_datasets.sources import Archive, Files

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "https://files.grouplens.org/datasets/movielens"
PAGE = "https://grouplens.org/datasets/movielens"

LARGE = 2 * 2**30
"""More bytes than the ratings of any release; those of 32m are 877,076,222."""


@dataclass(frozen=True)
class Release:
    """A variant, where it is found, and how each form of it is parsed."""

    page: str
    forms: tuple[tuple[Archive, Callable[[Files], Parsed]], ...]


def _official(
    name: str,
    sha256: str | None,
    parse: Callable[[Files], Parsed] = comma_separated,
    *,
    marker: str = "ratings.csv",
    folder: str | None = None,
) -> tuple[Archive, Callable[[Files], Parsed]]:
    url, unpacked = f"{HOST}/{name}.zip", f"{folder or name}/"
    return Archive(f"{name}.zip", sha256, unpacked, marker, url=url, largest_member=LARGE), parse


RELEASES = {
    "latest-small": Release(
        f"{PAGE}/latest",
        (_official("ml-latest-small", "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"),),
    ),
    "latest": Release(f"{PAGE}/latest", (_official("ml-latest", None),)),  # which GroupLens replaces now and then
    "32m": Release(
        f"{PAGE}/32m", (_official("ml-32m", "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee"),)
    ),
    "25m": Release(
        f"{PAGE}/25m", (_official("ml-25m", "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa"),)
    ),
    "20m": Release(
        f"{PAGE}/20m", (_official("ml-20m", "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3"),)
    ),
    "10m": Release(
        f"{PAGE}/10m",
        (
            _official(
                "ml-10m",
                "813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
                ml_10m,
                marker="ratings.dat",
                folder="ml-10M100K",
            ),
        ),
    ),
    "1m": Release(
        f"{PAGE}/1m",
        (
            _official(
                "ml-1m",
                "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
                ml_1m,
                marker="ratings.dat",
            ),
        ),
    ),
    "100k": Release(
        f"{PAGE}/100k",
        (
            _official(
                "ml-100k",
                "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
                ml_100k,
                marker="u.data",
            ),
            (
                Archive(
                    name="recbole-1.2.1-py3-none-any.whl",
                    sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
                    folder="recbole/dataset_example/ml-100k/",
                    marker="ml-100k.inter",
                    requirement="recbole==1.2.1",
                ),
                ml_100k_in_wheel,
            ),
        ),
    ),
}
"""By variant. A checksum is of the archive as GroupLens publishes it; `latest` has none, as it changes."""
