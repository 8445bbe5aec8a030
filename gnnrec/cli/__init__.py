"""The command line: `gnnrec`."""

from __future__ import annotations

from gnnrec.cli.app import build_app


def main() -> None:
    """Run the command line with all installed plugins."""
    build_app()()
