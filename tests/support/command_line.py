"""Runs gnnrec's command line, each command in a process of its own that is forked from one with everything imported."""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERATED = "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
"""torch_geometric's, when it is imported."""

PROGRAM = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import command_line; command_line.serve()"


class CommandLine:
    """The process that commands are forked from; it starts with the first command, and importing takes it seconds."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder.

        Args:
            arguments: Without the program's name.
            folder: Its working folder.
            environment: All of its variables; modules are found along its PYTHONPATH as well.
        """
        if self._server is None:
            command = [sys.executable, "-W", "error", "-W", TOLERATED, "-c", PROGRAM]
            self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._server.stdin is None or self._server.stdout is None:
            raise RuntimeError("the server has no pipes")
        with tempfile.TemporaryDirectory() as said:
            request = {
                "arguments": list(arguments),
                "folder": str(folder),
                "environment": dict(environment),
                "said": said,
            }
            self._server.stdin.write(json.dumps(request) + "\n")
            self._server.stdin.flush()
            status = int(self._server.stdout.readline())
            out, err = ((Path(said) / name).read_bytes().decode("utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess(["gnnrec", *arguments], status, out, err)

    def close(self) -> None:
        """End the process."""
        if self._server is not None:
            if self._server.stdin is not None:
                self._server.stdin.close()
            self._server.wait()
            if self._server.stdout is not None:
                self._server.stdout.close()


def serve() -> None:
    """Fork a process for each request on stdin, and answer with its exit status."""
    import gnnrec.cli.compare
    import gnnrec.cli.diagnosis
    import gnnrec.comparison.compare
    import gnnrec.pipeline  # noqa: F401 - imported so that no command has to

    gc.collect()
    gc.freeze()  # what is shared is not looked through, and so not copied
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            _end(_status())
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the protocol


def _status() -> int:
    """Run the command; gives its exit status."""
    from gnnrec.cli import main

    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
        return 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        return 1
    return 0


def _end(status: int) -> NoReturn:
    """End as the interpreter does, but leave the memory to the system: taking it apart would copy it first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _become(request: Mapping[str, Any]) -> None:
    """Make this process the command's: its folder, variables, arguments, and files for what it says."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:] = ["", *os.environ.get("PYTHONPATH", "").split(os.pathsep), *sys.path[2:]]
    sys.argv = ["gnnrec", *request["arguments"]]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(request["said"]) / name, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - descriptors, for as long as it lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 - the same
