"""All settings of a space that has an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.contract.tuned import TunedAmong
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from gnnrec.contract.tuned import Plain
    from gnnrec.recipe.schema import Recipe
    from gnnrec.tuning.space import Axis, Space

MOST = 10_000


def points(space: Space, recipe: Recipe) -> list[dict[str, Plain]]:
    """Every setting, by parameter; a component that is chosen from brings its own fields.

    A range of whole numbers is each of them, with :log its low end and each double of it.

    Raises:
        UsageError: A range of other numbers has no end, or there are more than 10,000.
    """
    found: list[dict[str, Plain]] = [{}]
    for axis in space.axes:
        stops = _stops(axis)
        found = [
            each
            for values in found
            for each in (
                [{**values, axis.parameter: stop} for stop in stops]
                if space.applies(axis, values, recipe)
                else [values]
            )
        ]
        if len(found) > MOST:
            raise UsageError(f"a grid of more than {MOST:,} settings; leave some out, or take another --sampler")
    return found


def _stops(axis: Axis) -> list[Plain]:
    among = axis.among
    if isinstance(among, TunedAmong):
        return [*among.choices]
    if not axis.integer:
        raise UsageError(f"{axis.key}={among} has no end of values for a grid; name some, with commas between")
    low, high = int(among.low), int(among.high)
    if not among.log:
        return [*range(low, high + 1)][: MOST + 1]
    return [low * 2**step for step in range((high // low).bit_length())]
