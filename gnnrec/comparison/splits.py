"""Over which splits recipes are compared: one, the folds of a division, rolling windows, or those of several seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnnrec.errors import UsageError
from gnnrec.recipe.load import load_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.comparison.shared_overrides import SharedOverrides


KEPT = ("seed", "disjoint_train")
"""The fields of a recipe's own split that one of another name takes over."""


@dataclass(frozen=True)
class Splits:
    """How a recipe's split is changed for each round of a comparison.

    Attributes:
        option: What the user asked for: `--folds 5`.
        changes: For each round, the fields of `split`.
        called: What one of them is called, for people.
        from_seed: Whether a number is to be added to the recipe's own split seed.
    """

    option: str
    changes: tuple[Mapping[str, Any], ...]
    called: str
    from_seed: bool = False

    def of(self, target: str | Path, change: SharedOverrides) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The changes of a recipe by dotted keys, for each round: what comes before the user's own, and what after."""
        if self == ONE_SPLIT:
            return [({}, {})]
        if self.from_seed:
            first = change.load(target).split.seed
            return [({}, {"split.seed": first + fields["seed"]}) for fields in self.changes]
        own = load_recipe(target).split.model_dump()
        kept = {f"split.{name}": own[name] for name in KEPT if name in own}
        return [(kept, {f"split.{name}": value for name, value in fields.items()}) for fields in self.changes]


ONE_SPLIT = Splits("", ({},), "split")
"""Each recipe's own."""


def wanted_splits(folds: int | None, windows: int | None, splits: int | None) -> Splits:
    """What `--folds`, `--windows` and `--splits` ask for.

    Raises:
        UsageError: More than one of them is given, or one is below 2.
    """
    given = {"--folds": folds, "--windows": windows, "--splits": splits}
    asked = {option: count for option, count in given.items() if count is not None}
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} contradict each other: a recipe is compared over one kind of splits")
    for option, count in asked.items():
        if count < 2:  # noqa: PLR2004 - one split needs no option
            raise UsageError(f"{option} is at least 2; got {count}")
        names = f"{option} {count}"
        if option == "--folds":
            changes = [{"name": "k_fold", "folds": count, "fold": fold} for fold in range(count)]
            return Splits(names, tuple(changes), "fold")
        if option == "--windows":
            changes = [{"name": "temporal", "windows": count, "window": window} for window in range(count)]
            return Splits(names, tuple(changes), "window")
        return Splits(names, tuple({"seed": number} for number in range(count)), "split", from_seed=True)
    return ONE_SPLIT
