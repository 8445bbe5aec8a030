"""Plugins as text, for tests that write them to files."""

from __future__ import annotations

ENCODER = """\
from typing import Literal
from gnnrec import Encoder, hookimpl
class Mine(Encoder):
    name: Literal["mine"] = "mine"
    def build(self, graph): ...
@hookimpl
def gnnrec_components():
    return [Mine]
"""
"""One encoder, `mine`."""
