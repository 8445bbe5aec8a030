"""The command line: `gnnrec`."""

from __future__ import annotations

import sys

from gnnrec.cli.app import build_app, given_plugins
from gnnrec.console import complain, log_to_stderr
from gnnrec.errors import GnnrecError, UsageError
from gnnrec.registry import load_plugin


def main() -> None:
    """Run the command line with all installed plugins, and with those that -p names."""
    log_to_stderr()
    try:
        for plugin in given_plugins(sys.argv[1:]):
            load_plugin(plugin)
    except GnnrecError as error:
        complain(str(error))
        sys.exit(UsageError.exit_status)
    build_app()()
