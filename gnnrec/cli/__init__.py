"""The command line: `gnnrec`."""

from __future__ import annotations

from gnnrec.cli import shell
from gnnrec.cli.app import build_app


def main() -> None:
    """Run the command line with all installed plugins; or, where a shell asks, say how its line goes on."""
    if shell.is_asking():
        shell.answer(build_app)
    build_app()(prog_name=shell.PROGRAM)
