"""Encoders: graphs to user and item embeddings."""

from __future__ import annotations

from gnnrec import Encoder, hookimpl
from gnnrec_encoders.hetero_gat import HeteroGAT
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_encoders.hgt import HGT
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.mf import MF
from gnnrec_encoders.ngcf import NGCF
from gnnrec_encoders.sgl import SGL
from gnnrec_encoders.simgcl import SimGCL
from gnnrec_encoders.ultragcn import UltraGCN
from gnnrec_encoders.xsimgcl import XSimGCL


@hookimpl
def gnnrec_components() -> tuple[type[Encoder], ...]:
    """Contribute the built-in encoders."""
    return (HGT, HeteroGAT, HeteroSAGE, LightGCN, MF, NGCF, SGL, SimGCL, UltraGCN, XSimGCL)
