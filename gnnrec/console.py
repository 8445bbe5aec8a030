"""All that is printed: answers on stdout; messages, warnings and progress on stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

from gnnrec.contract.hookspecs import hookimpl
from gnnrec.errors import UsageError, suggestion
from gnnrec.plugin.variables import DISABLE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
    from gnnrec.plugin.registry import Registry
    from gnnrec.tuning.record import Record

WIDE = 180
"""Columns when nobody is looking, so that what is piped does not wrap."""

UNSPACED = ("Mn", "Me", "Mc", "Cf")
"""Unicode's categories of characters that may take no column of their own."""

METRIC_LINES = 10
"""Lines of progress in a log that is no terminal."""


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=None if stream.isatty() else WIDE)


def say(text: str) -> None:
    """A line of the answer."""
    print(text)  # noqa: T201 - this module is where printing happens


def say_data(text: str) -> None:
    """An answer that a program reads: UTF-8 where it is piped, whatever the terminal speaks."""
    if isinstance(sys.stdout, TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    say(text)


def say_json(data: Any) -> None:
    """The answer as one JSON object on one line."""
    say_data(json.dumps(data, ensure_ascii=False))


def escape_what_cannot_be_shown() -> None:
    """Let characters that the encoding of a terminal lacks appear as escapes, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(text: str) -> None:
    """What went wrong, unwrapped and unformatted."""
    print(text, file=sys.stderr)  # noqa: T201 - this module is where printing happens


def say_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None, whole: Collection[str] = ()
) -> None:
    """A table of the answer; columns that are to be copied from it stay `whole`, and the others give way."""
    cells = [tuple(columns), *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    if not sys.stdout.isatty() and (lines := _aligned(cells)) is not None:
        say("\n".join(lines if title is None else [title, *lines]))
        return
    from rich.table import Table
    from rich.text import Text

    console = _console(stderr=False)
    boxed = console.is_terminal
    if title is not None:
        console.print(Text(title, style="bold" if boxed else ""), soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(Text(column, style="bold" if boxed else ""), overflow="fold", no_wrap=column in whole)
    for row in cells[1:]:
        table.add_row(*map(Text, row))
    console.print(table)


def _aligned(cells: Sequence[Sequence[str]]) -> list[str] | None:
    """Rows that fit as they are, as a table of rich has them, which takes its time; None where one has to wrap."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + 2 * len(widths) > WIDE or not all(_is_narrow(cell) for row in cells for cell in row):
        return None
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]


def _is_narrow(text: str) -> bool:
    """Whether each character takes one column."""
    return text.isprintable() and (
        text.isascii() or not any(category(each) in UNSPACED or east_asian_width(each) in {"W", "F"} for each in text)
    )


def say_or_write(text: str | bytes, out: Path | None, *, force: bool) -> None:
    """Print the answer, or write it to a file and say so.

    Raises:
        UsageError: The file exists and `force` is not given, or it cannot be written.
    """
    if out is None:
        say_data(text.decode() if isinstance(text, bytes) else text)
        return
    require_place(out, force=force)
    draft = out.with_name(f".{out.name}.new")
    try:
        draft.write_bytes(text.encode() if isinstance(text, str) else text)
        draft.replace(out)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise UsageError(f"cannot write {out}: {error.strerror}") from None
    complain(f"written to {out}")


def require_place(out: Path, *, force: bool) -> None:
    """Make sure, before any work, that a file can be written, and that none is overwritten unasked.

    Raises:
        UsageError: It exists, and `force` is not given; or its folder is not there, or it is a folder.
    """
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file in it")
    if out.exists() and not force:
        raise UsageError(f"{out} exists; --force overwrites it")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent} to write {out.name} in; make it first")


def log_to_stderr(progress: _Progress | None = None) -> None:
    """Let gnnrec's log appear on stderr, above a progress bar where there is one."""
    logger = logging.getLogger("gnnrec")
    logger.handlers = [_StderrHandler(progress)]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def report_left_out(registry: Registry) -> None:
    """Say which plugins failed to load and why, which were to be disabled and are not there, and what is deprecated."""
    for name in registry.not_found:
        hint = suggestion(name, (plugin.name for plugin in registry.plugins))
        complain(f"warning: {DISABLE_VARIABLE}: no plugin is called '{name}'{hint}")
    for plugin in registry.plugins:
        if plugin.state == "failed":
            complain(f"warning: plugin '{plugin.name}' ({plugin.origin}) is {plugin.fault}")
        for deprecation in plugin.deprecations:
            complain(f"warning: plugin '{plugin.name}' ({plugin.origin}): {deprecation}")


class _StderrHandler(logging.Handler):
    def __init__(self, progress: _Progress | None) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.lower()}: {text}"
        if self._progress is not None:
            self._progress.print_above(text)
        else:
            complain(text)


class _Progress:
    """A bar on a terminal, and lines above it; lines alone elsewhere."""

    def __init__(self) -> None:
        self._console = _console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def print_above(self, text: str) -> None:
        """A line that does not disturb the bar."""
        if self._bar is not None:
            self._console.print(text, soft_wrap=True)
        else:
            complain(text)

    def close(self) -> None:
        """Take the bar away, whatever happened."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _open(self, counted: str, total: float | None, done: int) -> None:
        """Show a bar: what is counted, with the fields `counted` and `shown`."""
        from rich import progress

        self._bar = progress.Progress(
            progress.TextColumn(counted),
            progress.BarColumn(),
            progress.TextColumn("{task.fields[shown]}"),
            progress.TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, completed=done, stage="", shown="")
        self._bar.start()


class TrainingProgress(_Progress):
    """An observer that shows epochs, losses and the time left: a bar on a terminal, a few lines elsewhere."""

    @hookimpl
    def gnnrec_run_started(self, run: RunStart) -> None:
        """Open the bar."""
        if not self._console.is_terminal or not run.epochs:  # a closed-form scorer has none
            return
        self._open("{task.fields[stage]}epoch {task.completed}/{task.total}", run.epochs, run.epochs_done)

    @hookimpl
    def gnnrec_epoch_ended(self, run: RunStart, epoch: EpochRecord) -> None:
        """Move the bar, or log a line now and then."""
        shown = f"train loss {epoch.train_loss:.4f}  " + "  ".join(
            f"val {name} {value:.4f}" for name, value in epoch.val.items()
        )
        stage, total = ("", run.epochs) if epoch.refit_of is None else ("refit, ", epoch.refit_of)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=epoch.epoch, total=total, stage=stage, shown=shown)
        elif epoch.epoch % max(1, total // METRIC_LINES) == 0:
            complain(f"{stage}epoch {epoch.epoch}/{total}  {shown}".rstrip())

    @hookimpl
    def gnnrec_run_ended(self, run: RunStart, end: RunEnd) -> None:  # noqa: ARG002 - the hook's signature
        """Close the bar."""
        self.close()


class SearchProgress(_Progress):
    """An observer that shows the trials of a search: a bar on a terminal, a line for each trial elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self._started = time.monotonic()
        self._minutes: float | None = None
        self._workers, self._told = 1, 0
        self._study: Path | None = None
        self._best = ""

    def begin(self, minutes: float | None, workers: int) -> None:
        """The search begins, with so much time and so many processes."""
        self._started, self._minutes, self._workers = time.monotonic(), minutes, workers
        if self._console.is_terminal:
            self._open("{task.fields[stage]}", None, 0)

    def search_went_on(self, record: Record) -> None:
        """Show what is tried, and a line about each trial that has ended since; of one study after the other."""
        if record.directory != self._study:
            self._study, self._told, self._started = record.directory, len(record.tried), time.monotonic()
        tried, allowed, metric = record.tried, record.settings.trials, record.settings.metric
        best = record.best
        self._best = "" if best is None else f"best {metric} {best.value:.4f} (trial {best.number})"
        of = f"/{allowed}" if allowed is not None else ""
        for trial in tried[self._told :]:
            what = f"{metric} {trial.value:.4f}" if trial.value is not None else trial.state
            why = f": {trial.reason}" if trial.reason else ""
            values = ", ".join(f"{name} {_short(value)}" for name, value in trial.parameters.items())
            named = "the recipe's own settings" if trial.own else values
            self.print_above(
                f"trial {trial.number}{of}  {what}{why}  {trial.seconds:.1f} s  {named}  {self._left(record)}"
            )
        self._told = len(tried)
        if self._bar is not None and self._task is not None:
            stage = f"{len(tried)}{of} trials, {len(record.of('running'))} running"
            self._bar.update(self._task, completed=len(tried), total=allowed, stage=stage, shown=self._best)

    @hookimpl
    def gnnrec_epoch_ended(self, run: RunStart, epoch: EpochRecord) -> None:
        """Show how far the running trial is."""
        if self._bar is not None and self._task is not None:
            figures = "  ".join(f"{name} {value:.4f}" for name, value in epoch.val.items() if name != "loss")
            self._bar.update(self._task, shown=f"{self._best}  epoch {epoch.epoch}/{run.epochs} {figures}")

    def _left(self, record: Record) -> str:
        """About how long it will take, in words; empty where nobody can tell."""
        tried, allowed = record.tried, record.settings.trials
        passed = time.monotonic() - self._started
        bounds = []
        if allowed is not None:
            mean = sum(trial.seconds for trial in tried) / len(tried)
            bounds.append(mean * (allowed - len(tried)) / self._workers)
        if self._minutes is not None:
            bounds.append(60 * self._minutes - passed)
        return f"about {_duration(max(0.0, min(bounds)))} left" if bounds else ""


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    """Seconds in words.

    >>> _duration(8), _duration(250)
    ('8 s', '4 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - as people say it
