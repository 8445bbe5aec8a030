"""Checks of decoders: their ways of scoring agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, global_random_state, repeatable
from gnnrec.testing.modules import accelerators, left_behind, missing_gradients
from gnnrec.testing.rule import bound, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.contract.kinds import Decoder

BUILD = "gnnrec.contract.kinds.Decoder.build"

USERS, ITEMS = 5, 7

DEVICE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class DecoderCase:
    """A decoder and how many channels it is built for.

    Attributes:
        component: Its fields are checked as they are.
        channels: D.
    """

    component: Decoder
    channels: int = 8

    def build(self, seed: int = 0) -> Any:
        """The module, its initial weights drawn from `seed`; in use, without dropout."""
        with global_random_state(seed):
            return self.component.build(self.channels).eval()

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """User [5, D] and item [7, D], drawn once."""
        generator = torch.Generator().manual_seed(0)
        user, item = (torch.randn(count, self.channels, generator=generator) for count in (USERS, ITEMS))
        return user, item


def _all_pairs() -> Tensor:
    """Every user with every item: int64 [2, U · I]."""
    return torch.cartesian_prod(torch.arange(USERS), torch.arange(ITEMS)).T.contiguous()


def _job(case: DecoderCase) -> Job:
    user, item = case.embeddings()

    def result() -> Any:
        module: Any = case.component.build(case.channels).eval()
        users, items = _all_pairs()
        scores = {"forward": module(user[users], item[items]), "score_all": module.score_all(user, item)}
        if hasattr(module, "score_pairs"):
            scores["score_pairs"] = module.score_pairs(user, item, _all_pairs())
        return {"weights": module, **scores}

    return Job((user, item), result)


def _wrong(scores: Any, wanted: tuple[int, ...]) -> str | None:
    if isinstance(scores, Tensor) and scores.dtype == torch.float32 and tuple(scores.shape) == wanted:
        return None if bool(torch.isfinite(scores).all()) else "scores that are not finite"
    got = f"{scores.dtype} {list(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
    return f"{got}, not float32 {list(wanted)}"


@rule(BUILD)
def forward_gives_a_score_per_pair(case: DecoderCase) -> str | None:
    """`forward(user [E, D], item [E, D])` gives finite scores [E], float32."""
    (user, item), module = case.embeddings(), case.build()
    users, items = _all_pairs()
    return _wrong(module(user[users], item[items]), (USERS * ITEMS,)) or _wrong(module(user[:1], item[:1]), (1,))


@rule(BUILD)
def score_all_agrees_with_forward(case: DecoderCase) -> str | None:
    """`score_all(user [B, D], item [I, D])` gives [B, I], the same scores as `forward` pair by pair."""
    (user, item), module = case.embeddings(), case.build()
    users, items = _all_pairs()
    scores = module.score_all(user, item)
    expected = module(user[users], item[items]).view(USERS, ITEMS)
    return _wrong(scores, (USERS, ITEMS)) or difference(expected, scores, TOLERANCE, "the score")


@rule(BUILD)
def score_pairs_agrees_with_forward(case: DecoderCase) -> str | None:
    """`score_pairs(user, item, edge_label_index [2, P])`, where there is one, gives the scores of `forward`, [P]."""
    (user, item), module = case.embeddings(), case.build()
    if not hasattr(module, "score_pairs"):
        return None
    pairs = _all_pairs()[:, torch.randperm(USERS * ITEMS, generator=torch.Generator().manual_seed(0))]
    for wanted in (pairs, pairs[:, :6].repeat(1, 2)):  # a pair may stand twice
        scores = module.score_pairs(user, item, wanted)
        expected = module(user[wanted[0]], item[wanted[1]])
        found = _wrong(scores, (wanted.size(1),)) or difference(expected, scores, TOLERANCE, "the score")
        if found:
            return found
    return None


@rule(BUILD)
def gradients_reach_embeddings_and_parameters(case: DecoderCase) -> str | None:
    """Each way of scoring passes finite gradients to the embeddings; every parameter gets one."""
    user, item = (table.requires_grad_() for table in case.embeddings())
    users, items = _all_pairs()
    module = case.build()
    ways: dict[str, Callable[[], Tensor]] = {
        "forward": lambda: module(user[users], item[items]),
        "score_all": lambda: module.score_all(user, item),
        "score_pairs": lambda: module.score_pairs(user, item, _all_pairs()),
    }
    for way, scores in ways.items():
        if way == "score_pairs" and not hasattr(module, way):
            continue
        user.grad = item.grad = None
        module.zero_grad()
        total = scores().pow(2).sum()
        if total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
        for name, table in (("user", user), ("item", item)):
            if table.grad is None:
                return f"{way} passes no gradient to the {name} embeddings"
            if not bool(torch.isfinite(table.grad).all()):
                return f"{way} passes a gradient that is not finite to the {name} embeddings"
        if found := missing_gradients(module):
            return f"{way}: {found}"
    return None


@rule(BUILD)
def moves_as_a_whole(case: DecoderCase) -> str | None:
    """Tensors are parameters or buffers, so that they follow the module to a device; it gives the same there."""
    (user, item), module = case.embeddings(), case.build()
    expected = module.score_all(user, item)
    behind = left_behind(module)
    if behind is not None:
        return behind
    for device in accelerators():
        got = module.to(device).score_all(user.to(device), item.to(device))
        if got.device.type != device.type:
            return f"on {device} it gives scores on {got.device}"
        if found := difference(expected, got, DEVICE_TOLERANCE, f"the score on {device}"):
            return found
    return None


@rule(BUILD)
def is_saved_as_a_whole(case: DecoderCase) -> str | None:
    """The `state_dict` holds all that was drawn or learned: loaded into a module built anew, it gives the same."""
    first, second = case.build(0), case.build(1)
    second.load_state_dict(first.state_dict())
    user, item = case.embeddings()
    return difference(first.score_all(user, item), second.score_all(user, item), at="the score")


@rule(BUILD)
def over_items_agrees_with_score_all(case: DecoderCase) -> str | None:
    """`over_items(item [I, D])`, where there is one, gives what takes user [B, D] to the scores of `score_all`."""
    module = case.build()
    if not hasattr(module, "over_items"):
        return None
    user, item = case.embeddings()
    return difference(module.score_all(user, item), module.over_items(item)(user), at="the score")


RULES = (
    *EVERY_KIND,
    forward_gives_a_score_per_pair,
    score_all_agrees_with_forward,
    score_pairs_agrees_with_forward,
    over_items_agrees_with_score_all,
    gradients_reach_embeddings_and_parameters,
    moves_as_a_whole,
    is_saved_as_a_whole,
    *repeatable(BUILD, _job, global_seed=True),
)


def check_decoder(component: Decoder, *, channels: int = 8) -> None:
    """Check a decoder, as its fields are.

    Args:
        component: The decoder.
        channels: How many dimensions the embeddings have.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("decoder", RULES, DecoderCase(component, channels)):
        check()
