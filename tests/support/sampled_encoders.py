"""Encoders that look at neighbours, and how a test builds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gnnrec.modelling.phases import take_out_unread
from gnnrec_encoders.hetero_gat import HeteroGAT
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_encoders.hgt import HGT
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.mf import MF
from gnnrec_encoders.ngcf import NGCF
from gnnrec_encoders.simgcl import SimGCL

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec import Encoder

ENCODERS = (
    HeteroSAGE(channels=5, layers=2, features=False),
    HeteroSAGE(channels=5, layers=1, aggregation="sum"),
    HeteroSAGE(channels=5, layers=3),
    HeteroSAGE(channels=5, layers=2, aggregation="max"),
    HeteroGAT(channels=4, layers=2),
    HGT(channels=4, layers=2),
    LightGCN(channels=5, layers=2),
    LightGCN(channels=5, layers=3, features=True, layer_weights="learned"),
    MF(channels=5, features=True),
    NGCF(channels=5, layers=2, features=True, dropout=0),
    SimGCL(channels=5, layers=2),
)


def built(encoder: Encoder, graph: HeteroData) -> nn.Module:
    """The encoder's module, the same at every call; what it does not read is taken out of the graph."""
    take_out_unread(graph, encoder)
    if isinstance(encoder, HGT):
        for edge_type in graph.edge_types:
            graph[edge_type].pop("edge_weight", None)
    torch.manual_seed(0)
    return encoder.build(graph)
