"""The directory of a run: `.partial` while it runs, whole when it is done, never overwritten."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from gnnrec.errors import RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

PARTIAL = ".partial"
FORMAT = 2
"""The version of the directory's layout, raised when an older gnnrec could not read it."""

OLDEST_FORMAT = 1
"""The oldest that is still read."""

LOCK = ".lock"
CHECKPOINTS = "checkpoints"
"""The folder of checkpoints, which a finished run no longer has."""


class RunFolder:
    """Writes files of a run, or of one of its parts.

    Args:
        path: Where they lie.
        checkpoints: Where checkpoints are kept while it runs.

    Attributes:
        path: Where they lie now.
    """

    def __init__(self, path: Path, checkpoints: Path) -> None:
        self.path, self.checkpoints = path, checkpoints

    def below(self, name: str) -> RunFolder:
        """A folder in this one, made when something is written in it."""
        return RunFolder(self.path / name, self.checkpoints / name)

    def _prepare(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    def write_text(self, name: str, text: str) -> None:
        """Write a file whole or not at all."""
        target = self.path / name
        draft = target.with_name(f".{name}.new")
        try:
            self._prepare()
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError as error:
            raise RunDirectoryError(f"cannot write {target}: {error.strerror}") from None

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a file of JSON."""
        self.write_text(name, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a file of Parquet, without the index."""
        try:
            self._prepare()
            table.to_parquet(self.path / name, index=False)
        except OSError as error:
            raise RunDirectoryError(f"cannot write {self.path / name}: {error.strerror or error}") from None

    def append_line(self, name: str, record: Mapping[str, float]) -> None:
        """Add a line to a history."""
        try:
            self._prepare()
            with (self.path / name).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise RunDirectoryError(f"cannot write the history in {self.path}: {error.strerror}") from None

    def keep_lines(self, name: str, epochs: int) -> None:
        """Cut a history down to its first epochs: what comes after the checkpoint is done again."""
        history = self.path / name
        if history.exists():
            lines = history.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            self.write_text(history.name, "".join(lines[:epochs]))


class RunDirectory(RunFolder):
    """Writes a run's files; as long as it is open, no other process can.

    Args:
        path: Where the run lies: `<root>/<recipe>/<time>-s<seed>.partial`.
        made: Folders that were made for it.

    Attributes:
        path: Where it lies now; without `.partial` once finished.

    Raises:
        RunDirectoryError: It cannot be written, or is being written by another process.
    """

    def __init__(self, path: Path, made: Iterable[Path] = ()) -> None:
        super().__init__(path, path / CHECKPOINTS)
        self._made = tuple(made)
        self._lock = FileLock(path / LOCK, timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise RunDirectoryError(f"{path} is in use: another process is running or resuming it") from None
        except OSError as error:
            raise RunDirectoryError(f"cannot write {path}: {error.strerror}") from None

    @classmethod
    def new(cls, root: str | Path, recipe: str, seed: int) -> RunDirectory:
        """Make the directory of a run that is about to start.

        Raises:
            RunDirectoryError: It cannot be made or written.
        """
        parent = Path(root).expanduser() / recipe
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        try:
            made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
            parent.mkdir(parents=True, exist_ok=True)
            return cls(_new_directory(parent, f"{stamp}-s{seed}"), made)
        except OSError as error:
            raise RunDirectoryError(
                f"cannot write runs below {root}: {error.strerror} ({error.filename}); choose another with --out"
            ) from None

    @classmethod
    def reopen(cls, path: Path) -> RunDirectory:
        """Open the directory of a run that did not finish, to go on with it.

        Raises:
            RunDirectoryError: Another process is writing it, or it holds no recipe.
        """
        if not (path / "recipe.yaml").exists():
            raise RunDirectoryError(f"there is nothing to resume in {path}: it holds no recipe; start the run again")
        return cls(path)

    def _prepare(self) -> None:
        """It was made at once: where it is gone, its user has to know."""

    @property
    def is_worth_keeping(self) -> bool:
        """Whether an epoch was recorded or a checkpoint saved."""
        return any(self.path.rglob("*.jsonl")) or any(self.checkpoints.rglob("*.safetensors"))

    def finish(self) -> Path:
        """Give the directory its final name, now that it is whole; its checkpoints are no longer needed.

        Raises:
            RunDirectoryError: A run of that name has appeared meanwhile; nothing is overwritten.
        """
        final = self.path.with_name(self.path.name.removesuffix(PARTIAL))
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.close()
        try:
            self.path.rename(final)
        except OSError as error:
            raise RunDirectoryError(f"cannot rename {self.path} to {final}: {error.strerror}") from None
        self.path = final
        return final

    def close(self) -> None:
        """Let other processes write it."""
        self._lock.release()
        (self.path / LOCK).unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what was written, and the folders above it that were made for it and that it leaves empty."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in self._made:
            try:
                folder.rmdir()
            except OSError:
                return


def require_run(directory: str | Path) -> Path:
    """The path of a run, finished or not, that this gnnrec can read.

    Raises:
        RunDirectoryError: There is none, or it has another format; the message says what to do.
    """
    path = Path(directory).expanduser()
    if not path.is_dir():
        raise RunDirectoryError(f"there is no run in {path}")
    if path.name.endswith(PARTIAL):
        return path
    if not all((path / name).exists() for name in ("metrics.json", "model.json")):
        raise RunDirectoryError(f"{path} is no run directory: metrics.json or model.json is missing")
    written = read_json(path / "model.json").get("format")
    if type(written) is not int:  # a boolean is none either
        raise RunDirectoryError(f"{path / 'model.json'} names no format, so it is damaged or not gnnrec's")
    if not OLDEST_FORMAT <= written <= FORMAT:
        way_out = "upgrade gnnrec" if written > FORMAT else "use the gnnrec that wrote it, or run its recipe again"
        raise RunDirectoryError(
            f"{path} has format {written}; this gnnrec reads formats {OLDEST_FORMAT} to {FORMAT}: {way_out}"
        )
    return path


def require_finished_run(directory: str | Path) -> Path:
    """The path of a finished run that this gnnrec can read.

    Raises:
        RunDirectoryError: There is none, it did not finish, or it has another format.
    """
    path = require_run(directory)
    if path.name.endswith(PARTIAL):
        raise RunDirectoryError(f"{path} is a run that did not finish")
    return path


def read_json(path: Path) -> dict[str, Any]:
    """The content of one of a run's JSON files.

    Raises:
        RunDirectoryError: It is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise RunDirectoryError(f"{path} cannot be read: it holds no JSON object")
    return content


def _new_directory(parent: Path, name: str) -> Path:
    """Make `name.partial`, with a number before it where a run of this second exists."""
    attempt = 1
    while True:
        candidate = name if attempt == 1 else f"{name}-{attempt}"
        partial = parent / f"{candidate}{PARTIAL}"
        try:
            partial.mkdir()
        except FileExistsError:
            attempt += 1
            continue
        if os.path.lexists(parent / candidate):
            partial.rmdir()
            attempt += 1
            continue
        return partial
