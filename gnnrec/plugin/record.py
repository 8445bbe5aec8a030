"""What is known of a plugin that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gnnrec.plugin.variables import DISABLE_VARIABLE

if TYPE_CHECKING:
    from gnnrec.contract.component import Component


@dataclass(frozen=True)
class PluginRecord:
    """A plugin that was found, and what became of it."""

    name: str
    distribution: str
    version: str
    state: Literal["loaded", "disabled", "failed"]
    components: tuple[type[Component], ...] = ()
    hooks: tuple[str, ...] = ()
    error: str = ""
    details: str = ""
    """The traceback of a failure, for `--debug`."""
    deprecations: tuple[str, ...] = ()
    """What it does that will not be possible for long, and what to do instead."""
    given: str = ""
    """The file or module that was named for this process alone; such a plugin has no distribution."""
    typed: str = ""
    """What was given, as it was typed."""
    sha256: str = ""
    """Of the files of a plugin that is given or installed editable, as they were when it was loaded."""

    @property
    def origin(self) -> str:
        """Distribution and version, or what was given."""
        return self.given or f"{self.distribution} {self.version}".strip()

    @property
    def maker(self) -> tuple[str, str]:
        """What a recipe is to remember: the distribution or what was given; its version, its hash or both."""
        version = f"{self.version} sha256:{self.sha256}" if self.sha256 else self.version
        return (self.given or self.distribution, version.strip())

    @property
    def fault(self) -> str:
        """Why it is left out, as the end of a sentence; empty where it is not."""
        return {"loaded": "", "disabled": f"disabled by {DISABLE_VARIABLE}", "failed": f"left out: {self.error}"}[
            self.state
        ]
