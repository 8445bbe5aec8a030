"""Help without boxes, whose drawing takes longer to import than all the rest of it."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

PLAIN = None
"""What typer calls it: `rich_markup_mode=PLAIN`."""

WRONG_USAGE = 2


class PlainGroup(TyperGroup):
    """A group of commands that is typed without one: the answer is its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what is typed."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit(WRONG_USAGE)
        return super().parse_args(ctx, args)
