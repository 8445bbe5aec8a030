"""The code blocks of README.md and docs/, as they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        document: `docs/plugins.md`.
        line: Of the opening fence, from 1.
        language: What stands after it; empty for what is no code.
        code: What is between the fences.
    """

    document: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def file(self) -> str:
        """The file that the block is: as the comment in its first line says, otherwise a name made of its place."""
        said = re.match(r"# ([\w-]+\.(?:py|yaml|toml))\b", self.code)
        if said:
            return said[1]
        place = re.sub(r"\W", "_", str(self))
        return f"{place}.{'py' if self.language == 'python' else self.language}"

    @property
    def module(self) -> str:
        """Its name, if it is Python."""
        return self.file.removesuffix(".py")


def blocks_of(document: Path) -> list[Block]:
    """All blocks of a document, in order."""
    found: list[Block] = []
    language, start, code = "", 0, None
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        fence = re.match(r"```(\w*)", line)
        if fence and code is None:
            language, start, code = fence[1], number, []
        elif fence and code is not None:
            found.append(Block(document.relative_to(ROOT).as_posix(), start, language, "".join(code)))
            code = None
        elif code is not None:
            code.append(line)
    if code is not None:
        raise AssertionError(f"{document}:{start}: this block never ends")
    return found


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]


def blocks(language: str, document: str = "") -> list[Block]:
    """The blocks in a language, of one document or of all."""
    return [block for block in BLOCKS if block.language == language and block.document.startswith(document)]


def section(document: str, heading: str) -> str:
    """The text below a heading of the second level, up to the next one."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
