"""Models that embed sentences, read from folders by sentence-transformers: without the network or code of theirs."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec import DataError, UsageError
from gnnrec.data.files import find_folder
from gnnrec.data.fingerprint import digest_parts
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

MODULES = "modules.json"
"""The file that says what such a model is made of."""

LONGEST_REASON = 160
"""Characters of what sentence-transformers says of a folder."""


@dataclass(frozen=True)
class ModelFolder:
    """A folder that `SentenceTransformer.save` wrote.

    Attributes:
        path: As the recipe names it.
        place: Where it lies.
        sha256: Of the names and the content of its files, those that are hidden left out.
    """

    path: str
    place: Path
    sha256: str

    @classmethod
    def find(cls, path: str) -> Self:
        """Look for it, and read its files.

        Args:
            path: See `gnnrec.data.files.find_folder`.

        Raises:
            DataError: There is none, it holds no such model, or a file of it cannot be read.
        """
        place = find_folder(path, "model")
        if not (place / MODULES).is_file():
            raise DataError(
                f"text: {place} has no file {MODULES}; model names a folder that the package sentence-transformers "
                "wrote: SentenceTransformer(…).save(folder)"
            )
        try:
            return cls(path, place, _digest(place))
        except OSError as error:
            raise DataError(f"text: {error.filename} cannot be read: {error.strerror}") from None


class SentenceModel:
    """A model that is loaded, on the CPU.

    Args:
        folder: Where it lies.

    Raises:
        UsageError: The package sentence-transformers is missing.
        DataError: The folder is damaged, or asks for code of its own.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            message = (
                "feature encoder text with a model needs the package sentence-transformers: pip install "
                f"gnnrec[sentences] ({error})"
            )
            raise UsageError(message) from error
        try:
            # What weights the folder lacks are drawn: alike each time, and leaving other draws as they are.
            with Streams(0).global_state(), _no_bars():
                self._model = SentenceTransformer(
                    str(folder.place), device="cpu", local_files_only=True, trust_remote_code=False
                )
            self.dimensions = self.embed(["a"]).shape[1]
            is_wordless = _is_wordless(self._model.tokenizer)
        except DataError:
            raise
        except Exception as error:  # a folder can be damaged in any way, and each is told in another one
            reason = next(iter(str(error).splitlines()), "")[:LONGEST_REASON]
            raise DataError(
                f"text: the model in {folder.place} cannot be loaded: {type(error).__name__}: {reason}"
            ) from error
        if is_wordless:
            raise DataError(f"text: the model in {folder.place} knows no words: files of its tokenizer are missing")

    def embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """An embedding for each text, as the model gives it: float32 [N, D].

        Raises:
            DataError: A number is not finite.
        """
        found = np.asarray(self._model.encode(texts, show_progress_bar=False), np.float32)
        if not np.isfinite(found).all():
            raise DataError(f"text: the model in {self.folder.place} gives numbers that are not finite")
        return found


def _digest(folder: Path) -> str:
    files = {each.relative_to(folder): each for each in folder.rglob("*") if each.is_file()}
    parts: list[str] = []
    for name in sorted(files, key=lambda name: name.as_posix()):
        if not any(part.startswith(".") for part in name.parts):
            with files[name].open("rb") as file:
                parts += [name.as_posix(), hashlib.file_digest(file, "sha256").hexdigest()]
    return digest_parts(*parts)


@contextmanager
def _no_bars() -> Iterator[None]:
    """No progress bars of the package transformers, which are on for all or none."""
    from transformers.utils import logging

    switch: Any = logging  # where the package is installed, not all of its functions say their types
    was_on = switch.is_progress_bar_enabled()
    switch.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            switch.enable_progress_bar()


def _is_wordless(tokenizer: Any) -> bool:
    """Whether it knows its special signs only: what becomes, without a word, of a folder that has lost a vocabulary."""
    special = getattr(tokenizer, "all_special_tokens", None)
    return special is not None and len(tokenizer) <= len(special)
