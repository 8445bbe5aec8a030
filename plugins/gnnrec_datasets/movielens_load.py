"""Loads MovieLens: takes the first variant that can be had, from the first place that has it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gnnrec import Availability, DataError, Interactions
from gnnrec.data.files import cache_folder
from gnnrec_datasets.movielens_relations import with_relations
from gnnrec_datasets.movielens_releases import RELEASES
from gnnrec_datasets.sources import Archive, Files, local_roots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gnnrec_datasets.movielens_files import Parsed
    from gnnrec_datasets.movielens_releases import Release

logger = logging.getLogger("gnnrec")


def load(variants: Sequence[str], path: str | None) -> Interactions:
    """The first variant that can be had, from the first place that has it.

    Raises:
        DataError: None can be had, or what was found is damaged.
    """
    tried: list[str] = []
    for position, variant in enumerate(variants):
        found = _find(RELEASES[variant], path, tried)
        if found is None:
            continue
        files, parse = found
        if position:
            logger.warning(
                "MovieLens %s cannot be had; taking %s instead. Tried:\n  %s",
                " and ".join(variants[:position]),
                variant,
                "\n  ".join(tried),
            )
        parsed = parse(files)
        source = f"MovieLens {variant} from {files.place}"
        chosen = {"variant": (variant,)}
        rated = Interactions.from_log(parsed.log, users=parsed.users, items=parsed.movies, source=source, chosen=chosen)
        return with_relations(rated, parsed.tags)
    raise DataError(
        f"MovieLens ({', '.join(variants)}) cannot be had. Tried, in this order:\n  "
        + "\n  ".join(tried)
        + f"\n{_remedy(variants, path)}"
    )


def _remedy(variants: Sequence[str], path: str | None) -> str:
    others = [each.variant for each in available(path) if each.place or each.fault] if path is not None else []
    if others:
        return f"There is MovieLens {' or '.join(others)}; if it is meant, say so: dataset.variant: {others[0]}"
    names = " or ".join(archive.name for variant in variants for archive, _ in RELEASES[variant].forms[:1])
    pages = " or ".join(RELEASES[variant].page for variant in variants)
    return f"Put {names} ({pages}) into the folder that $GNNREC_DATA names, or give its place in dataset.path."


def available(path: str | None) -> tuple[Availability, ...]:
    """Where each variant is found without a network, or what is wrong with what is found; `load` would stop there."""
    return tuple(_availability(variant, release, path) for variant, release in RELEASES.items())


def _availability(variant: str, release: Release, path: str | None) -> Availability:
    try:
        places = (_local(archive, path, []) for archive, _ in release.forms)
        place = next((files.place for files in places if files is not None), None)
    except DataError as error:
        return Availability(variant, None, str(error))
    return Availability(variant, str(place) if place else None)


def _find(release: Release, path: str | None, tried: list[str]) -> tuple[Files, Callable[[Files], Parsed]] | None:
    """The release's files, local ones first; each place that does not have it is added to `tried`."""
    for archive, parse in release.forms:
        files = _local(archive, path, tried)
        if files is not None:
            return files, parse
    for archive, parse in release.forms if path is None else ():
        try:
            return archive.download(cache_folder()), parse
        except DataError as error:
            tried.append(str(error))
    return None


def _local(archive: Archive, path: str | None, tried: list[str]) -> Files | None:
    archives = [other for release in RELEASES.values() for other, _ in release.forms]
    others = {name for other in archives for name in (other.name, other.unpacked)} - {archive.name, archive.unpacked}
    for name, root in local_roots(path):
        files = archive.at(root) if root is not None and root.name not in others else None
        if files is not None:
            return files
        tried.append(f"{name}: no {archive.name} and no folder {archive.folder.rstrip('/')}")
    return None
