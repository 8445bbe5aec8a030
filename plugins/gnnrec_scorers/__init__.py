"""Scorers: closed-form recommenders, the baselines that a trained model has to beat."""

from __future__ import annotations

from gnnrec import Scorer, hookimpl
from gnnrec_scorers.blend import Blend
from gnnrec_scorers.bspm import BSPM
from gnnrec_scorers.chebycf import ChebyCF
from gnnrec_scorers.ease import EASE
from gnnrec_scorers.edlae import EDLAE
from gnnrec_scorers.gf_cf import GFCF
from gnnrec_scorers.ials import IALS
from gnnrec_scorers.item_knn import ItemKNN
from gnnrec_scorers.popularity import Popularity
from gnnrec_scorers.random import Random
from gnnrec_scorers.rp3beta import RP3Beta
from gnnrec_scorers.sansa import SANSA
from gnnrec_scorers.user_knn import UserKNN


@hookimpl
def gnnrec_components() -> tuple[type[Scorer], ...]:
    """Contribute the built-in scorers."""
    return (Popularity, Random, ItemKNN, RP3Beta, EASE, IALS, UserKNN, EDLAE, SANSA, ChebyCF, GFCF, BSPM, Blend)
