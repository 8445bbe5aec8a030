"""The check that a trainer goes on from a checkpoint as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.testing.comparing import difference
from gnnrec.testing.rule import rule
from gnnrec.testing.training_runs import (
    DEVICE_TOLERANCE,
    FEW,
    LOSSES,
    KeptCheckpoints,
    TrainerCase,
    Training,
    final_weights,
    weights_differ,
)

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Trainer


@rule("gnnrec.contract.kinds.Trainer.fit")
def resumes_where_it_was(case: TrainerCase) -> str | None:
    """Saves where a checkpoint is due, stops where `save` says so, and resumed from there ends as if uninterrupted.

    Bit for bit on CPU: weights, history and chosen epoch.
    """
    kept = KeptCheckpoints()
    whole = _training(case.component, kept)
    fit = whole.fit()
    if not kept.saved:
        return f"nothing was saved in {FEW} epochs, though a checkpoint was due all the time"
    unobserved = _training(case.component, None)
    unobserved.fit()
    if found := weights_differ(fit, final_weights(unobserved), final_weights(whole), "the weights"):
        return f"with checkpoints {found} from those without"
    count = len(kept.saved)
    for stop_at in sorted({1, (count + 1) // 2, count}):
        if found := _resumed(case.component, whole, stop_at):
            return found
    return None


def _training(component: Trainer, kept: KeptCheckpoints | None) -> Training:
    fields = {"epochs": FEW, "monitor": "loss"}
    training = Training(component, fields, values=lambda epoch: {"loss": LOSSES[epoch - 1]})
    if kept is not None:
        training.checkpoints = kept
    return training


def _resumed(component: Trainer, whole: Training, stop_at: int) -> str | None:
    """What is wrong after a stop at that save."""
    kept = KeptCheckpoints(stop_at=stop_at)
    interrupted = _training(component, kept)
    try:
        interrupted.fit()
    except KeyboardInterrupt:
        pass
    else:
        return "save raised KeyboardInterrupt, and fit went on"
    checkpoint = kept.saved[-1]
    resumed = _training(component, KeptCheckpoints(checkpoint))
    fit = resumed.fit()
    place = f"resumed from epoch {checkpoint.epoch}, step {checkpoint.step}, "
    told = interrupted.history() + resumed.history()
    if found := difference([record["epoch"] for record in whole.history()], [record["epoch"] for record in told]):
        return f"{place}the epochs told of: {found}"
    tolerance = 0.0 if fit.device.startswith("cpu") else DEVICE_TOLERANCE
    if found := difference(whole.history(), told, tolerance, "the history"):
        return place + found
    if fit.best.epoch != 2:  # noqa: PLR2004 - the second is the best
        return f"{place}epoch {fit.best.epoch} was chosen; the best is epoch 2"
    found = weights_differ(fit, final_weights(whole), final_weights(resumed), "the weights")
    return None if found is None else place + found
