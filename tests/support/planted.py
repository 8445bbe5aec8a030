"""Data of which it is known what behaviours, moments and recency are worth, and a plugin that gives them to recipes.

Users buy distinct items at times that are uniform over `SPAN` days; items come in groups. What is planted:

- `views_before`: anybody buys anything, and has viewed `strength` of it long before. Nothing else is there to know.
- `views_after`: each has a group to buy from, and views what was bought, at once, as a page that says thank you makes
  them. Views tell what is bought, and nothing that is not known by then.
- `taste_drifts`: each goes over to another group, for good, somewhere in the middle. What is recent is worth more.
- `taste_stays`: the same of users who stay with their group. What is recent is worth no more than the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gnnrec import Dataset, Edges, Interactions, hookimpl
from gnnrec.data.parts import PARTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from gnnrec import Split

    Purchases = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]
    """Users, items, and days since the start: [E] each."""

    Signal = Literal["views_before", "views_after", "taste_drifts", "taste_stays"]

START, DAY, SPAN = 1_500_000_000, 86_400, 400
"""The first second since 1970, the seconds of a day, and the days over which purchases are spread."""

LEAD = (100, 140)
"""Days between a view and its purchase: more than test, val, or three tenths of train take."""


class PlantedData(Dataset):
    """Data with something planted."""

    name: Literal["planted"] = "planted"

    signal: Literal["views_before", "views_after", "taste_drifts", "taste_stays"] = "views_before"
    """What is planted."""

    strength: float = 0.8
    """Of `views_before`: the share of purchases that are viewed before."""

    seed: int = 0
    """Rules all that is drawn."""

    def load(self) -> Interactions:
        """Draw them."""
        return planted(self.signal, self.strength, self.seed)


@hookimpl
def gnnrec_components() -> tuple[type, ...]:
    return (PlantedData,)


def planted(signal: Signal, strength: float = 0.8, seed: int = 0) -> Interactions:
    """Interactions in which that is planted; see above."""
    generator = np.random.default_rng(seed)
    if signal == "views_before":
        bought = purchases(generator, users=1000, items=60, each=5, groups=1)
        return _interactions(bought, before(generator, bought, strength, items=60), users=1000, items=60)
    if signal == "views_after":
        bought = purchases(generator, users=600, items=80, each=8, groups=8, loyalty=0.7)
        users, items, days = bought
        return _interactions(bought, (users, items, days + 0.01), users=600, items=80)
    turn = (160.0, 280.0) if signal == "taste_drifts" else (SPAN, SPAN)
    bought = purchases(generator, users=300, items=320, each=30, groups=8, loyalty=0.9, turn=turn)
    return _interactions(bought, None, users=300, items=320)


def purchases(
    generator: np.random.Generator,
    *,
    users: int,
    items: int,
    each: int,
    groups: int,
    loyalty: float = 1.0,
    turn: tuple[float, float] = (SPAN, SPAN),
) -> Purchases:
    """What everybody buys.

    Args:
        generator: Draws it.
        users: How many there are.
        items: How many there are; item i is of group i modulo `groups`.
        each: How many different ones each user buys.
        groups: How many there are.
        loyalty: How probably a purchase is of the user's own group; else it is of any.
        turn: Between which days a user goes over to another group.
    """
    bought = []
    days = np.sort(generator.uniform(0, SPAN, (users, each)), axis=1)
    for user in range(users):
        first, turned = generator.integers(groups), generator.uniform(*turn)
        second = (first + generator.integers(1, max(2, groups))) % groups
        waiting = generator.permutation(items).tolist()
        for own, loyal in zip(
            np.where(days[user] < turned, first, second), generator.random(each) < loyalty, strict=True
        ):
            item = next((item for item in waiting if not loyal or item % groups == own), waiting[0])
            waiting.remove(item)
            bought.append(item)
    return np.repeat(np.arange(users), each), np.array(bought, np.int64), days.ravel()


def before(generator: np.random.Generator, bought: Purchases, strength: float, items: int) -> Purchases:
    """A view of that share of all purchases, `LEAD` days before; and a tenth as many of items that are never bought."""
    users, of, days = bought
    viewed = generator.random(len(users)) < strength
    lead = generator.uniform(*LEAD, len(users))
    idle = len(users) // 10
    others = generator.integers(users.max() + 1, size=idle), generator.integers(items, size=idle)
    never = ~np.isin(others[0] * items + others[1], users * items + of)
    views = (users[viewed], of[viewed], (days - lead)[viewed])
    more = (*(side[never] for side in others), generator.uniform(-max(LEAD), SPAN, idle)[never])
    return tuple(np.append(one, other) for one, other in zip(views, more, strict=True))  # type: ignore[return-value]


def reader_of_views(split: Split, k: int = 10) -> float:
    """The expected test ndcg@k of who lists what was viewed and not bought before test's moment, and nothing else.

    Of a user's m such items, in any order, h are bought in test; of n items bought in test none other is found.
    """
    data, moment = split.interactions, split.moment("test")
    views, test = data.behaviours["view"], split.part == PARTS.index("test")
    viewed = np.unique(views.keys[views.time <= moment])
    listed = np.setdiff1d(viewed, data.edges.keys[~test])
    found = np.intersect1d(listed, data.edges.keys[test])
    m, h, n = (
        np.bincount(keys // data.edges.num_items, minlength=data.edges.num_users)
        for keys in (listed, found, data.edges.keys[test])
    )
    gain = np.append(0, np.cumsum(1 / np.log2(np.arange(k) + 2)))
    asked = n > 0
    ndcg = h / np.maximum(m, 1) * gain[np.minimum(m, k)] / gain[np.minimum(n, k)].clip(1)
    return float(ndcg[asked].mean())


def _interactions(bought: Purchases, viewed: Purchases | None, *, users: int, items: int) -> Interactions:
    def edges(of: Purchases) -> Edges:
        return Edges(of[0], of[1], users, items, (START + of[2] * DAY).astype(np.int64))

    return Interactions(
        edges(bought),
        {
            "user": pd.DataFrame({"user": np.arange(users), "kind": "shopper"}),
            "item": pd.DataFrame({"item": np.arange(items)}),
        },
        behaviours={} if viewed is None else {"view": edges(viewed)},
        source="planted",
    )
