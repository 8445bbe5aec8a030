"""Checkpoints of a run on disk: written whole, two kept, damaged ones passed over."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shlex
import time
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from typing_extensions import override

from gnnrec.contract.training import Checkpoint, Checkpoints
from gnnrec.errors import RunDirectoryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from gnnrec.runs.stopping import StopRequest

logger = logging.getLogger("gnnrec")

FOLDER = "checkpoints"
KEPT = 2
"""How many are kept: the last, and the one before for when the last is damaged."""

METADATA = "checkpoint"


class StoredCheckpoints(Checkpoints):
    """Keeps a trainer's state in a folder of the run directory, as safetensors with JSON in them; nothing is pickled.

    Args:
        folder: Made when it is first needed.
        seconds: How often one is due.
        stop: Says whether the run is asked to stop; one is due then, too.
        fingerprint: Of the split and of all data that are used; a checkpoint of others is refused.

    Attributes:
        found: Whether there is a state to start from.
        epochs_done: Whole epochs that the state to start from has behind it.
    """

    def __init__(self, folder: Path, seconds: float, stop: StopRequest, fingerprint: str) -> None:
        self._folder, self._seconds, self._stop, self._fingerprint = folder, seconds, stop, fingerprint
        self._saved_at = time.monotonic()
        self._found = self._newest()
        self.found = self._found is not None
        self.epochs_done = self._found.epoch - 1 if self._found is not None else 0

    @override
    def restore(self) -> Checkpoint | None:
        found, self._found = self._found, None  # handed over, so that its tensors need not live on
        return found

    @override
    def due(self) -> bool:
        return self._stop.asked() or time.monotonic() - self._saved_at >= self._seconds

    @override
    def save(self, checkpoint: Checkpoint) -> None:
        target = self._folder / f"{checkpoint.epoch:06}-{checkpoint.step:08}.safetensors"
        draft = target.with_suffix(".new")
        # Copies, for safetensors refuses tensors that share memory (a table that two names lead to).
        tensors = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in checkpoint.tensors.items()}
        content = {
            "epoch": checkpoint.epoch,
            "step": checkpoint.step,
            "values": checkpoint.values,
            "split": self._fingerprint,
            "digest": _digest(tensors),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_file(tensors, draft, {METADATA: json.dumps(content)})
            _flush(draft)
            draft.replace(target)
            _flush(self._folder)
            for old in sorted(self._folder.glob("*.safetensors"))[:-KEPT]:
                old.unlink()
        except (OSError, SafetensorError) as error:
            raise RunDirectoryError(f"cannot write a checkpoint in {self._folder}: {error}") from None
        self._saved_at = time.monotonic()
        if self._stop.asked():
            raise KeyboardInterrupt

    def _newest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; damaged ones are named and passed over."""
        for path in sorted(self._folder.glob("*.safetensors"), reverse=True):
            try:
                return self._read(path)
            except (OSError, SafetensorError, ValueError, KeyError) as error:
                logger.warning("checkpoint %s is damaged (%s); going back to the one before", path.name, error)
                path.rename(path.with_suffix(".damaged"))
        return None

    def _read(self, path: Path) -> Checkpoint:
        with safe_open(path, framework="pt") as file:
            content: dict[str, Any] = json.loads(file.metadata()[METADATA])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        if _digest(tensors) != content["digest"]:
            raise ValueError("its digest differs")
        if content["split"] != self._fingerprint:
            raise RunDirectoryError(
                f"{path} was made with another split of other data than what the recipe gives now; "
                "the data have changed since, so the run cannot be resumed; put the old data back, or begin anew: "
                f"gnnrec run {shlex.quote(str(self._folder.parent / 'recipe.yaml'))}"
            )
        return Checkpoint(content["epoch"], content["step"], tensors, content["values"])


def _digest(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        content: Any = tensors[name].reshape(-1).view(torch.uint8).numpy()
        digest.update(content)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk, so that a power cut finds it whole."""
    if os.name == "nt" and path.is_dir():  # Windows opens no folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
