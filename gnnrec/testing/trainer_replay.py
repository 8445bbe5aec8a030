"""The check that a trainer that replays epochs ends where they ended."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gnnrec.testing.rule import rule
from gnnrec.testing.training_runs import (
    FEW,
    LOSSES,
    KeptCheckpoints,
    TrainerCase,
    Training,
    final_weights,
    weights_differ,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.contract.training import Checkpoints, EpochRecord

BEST = 2
"""The epoch that is chosen by `LOSSES`."""


@rule("gnnrec.contract.kinds.Trainer.replays")
def replays_what_led_to_an_epoch(case: TrainerCase) -> str | None:
    """With `replays = True`, `task.replay` is gone through without validation, and its last epoch's weights are left.

    Resumed where it was stopped, it ends there too.
    """
    if not case.component.replays:
        return None
    first = _training(case)
    first.fit()
    replay = first.records[:BEST]
    again = _training(case, replay)
    fit = again.fit()
    if again.events != [("epoch_ended", record.epoch) for record in replay]:
        return f"for {BEST} epochs the calls {', '.join(f'{which} {epoch}' for which, epoch in again.events)}"
    if fit.best.epoch != BEST or fit.best.val or any(record.val for record in again.records):
        return f"epoch {fit.best.epoch} of {BEST} is the best, and validation gave {dict(fit.best.val)}"
    if found := weights_differ(fit, first.weights[BEST], final_weights(again), "the weights"):
        return f"{found} from those of the first time"
    kept = KeptCheckpoints(stop_at=1)
    with suppress(KeyboardInterrupt):
        _training(case, replay, kept).fit()
    if not kept.saved:
        return f"nothing was saved in {BEST} epochs, though a checkpoint was due all the time"
    resumed = _training(case, replay, KeptCheckpoints(kept.saved[-1]))
    found = weights_differ(resumed.fit(), final_weights(again), final_weights(resumed), "the weights")
    return None if found is None else f"resumed, {found}"


def _training(
    case: TrainerCase, replay: Sequence[EpochRecord] | None = None, checkpoints: Checkpoints | None = None
) -> Training:
    fields = {"epochs": FEW, "monitor": "loss"}
    training = Training(case.component, fields, values=lambda epoch: {"loss": LOSSES[epoch - 1]}, replay=replay)
    if checkpoints is not None:
        training.checkpoints = checkpoints
    return training
