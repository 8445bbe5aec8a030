"""The content of a file of text: read, unpacked by what it is and not by its ending, and turned into UTF-8."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import logging
import lzma
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any

from gnnrec import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

logger = logging.getLogger("gnnrec")

STREAMS: dict[bytes, tuple[str, Callable[[IO[bytes]], AbstractContextManager[Any]]]] = {
    b"\x1f\x8b": ("gzip", lambda packed: gzip.GzipFile(fileobj=packed)),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\0": ("xz", lzma.LZMAFile),
}
"""How a packed file begins, and what unpacks it."""

ZIP = b"PK\x03\x04"

PACKED = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}
"""Endings of files that are packed."""

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks; those of four bytes before the ones that they begin with."""

GUESS = "cp1252"
"""What text that is no UTF-8 is read as, unless its encoding is named: Latin-1, and what Windows adds to it."""

MOST_UNPACKED = 2**30
"""Bytes that any file may unpack to; a larger one, if that is at most `MOST_RATIO` times what it was."""

MOST_RATIO = 200


def read_text(path: Path, encoding: str | None) -> bytes:
    """The text of a file as UTF-8, without a byte order mark.

    Args:
        path: The file.
        encoding: As Python names it; None to find it: a byte order mark, UTF-8, or else `GUESS`, which is said.

    Raises:
        DataError: It cannot be read or unpacked, is empty, or is no text.
    """
    try:
        content = _unpacked(path, path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    text = _as_utf8(path, content, encoding)
    if not text or text.isspace():
        raise DataError(f"{path} is empty")
    if (at := text.find(b"\0")) >= 0:
        line = text.count(b"\n", 0, at) + 1
        raise DataError(
            f"{path} is no text: line {line} holds a NUL byte; it was cut off or damaged, or "
            "its encoding is another: dataset.encoding: utf-16-le names one"
        )
    return text


def _unpacked(path: Path, content: bytes) -> bytes:
    if content.startswith(ZIP):
        return _unzipped(path, content)
    for start, (kind, opened) in STREAMS.items():
        if content.startswith(start):
            try:
                with opened(io.BytesIO(content)) as stream:
                    return _bounded(path, stream, len(content))
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise DataError(f"{path} is no {kind} archive, or is cut short: {error}") from None
    kind = PACKED.get(path.suffix.lower(), "")
    if kind and content:
        raise DataError(f"{path} is no {kind} archive: it begins with {content[:4]!r}")
    return content


def _unzipped(path: Path, content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [each.filename for each in archive.infolist() if not each.is_dir()]
            names = [name for name in names if not name.startswith("__MACOSX/")]
            if "[Content_Types].xml" in names:
                raise DataError(f"{path} is a workbook of Excel; save its sheet as CSV, and name that")
            if len(names) != 1:
                told = ", ".join(names[:5]) or "none"
                raise DataError(f"{path} holds {len(names)} files ({told}); unpack it, and name the one that is meant")
            with archive.open(names[0]) as stream:
                return _bounded(path, stream, len(content))
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path} is no zip archive that can be read, or is cut short: {error}") from None


def _bounded(path: Path, stream: IO[bytes], packed: int) -> bytes:
    most = max(MOST_UNPACKED, MOST_RATIO * packed)
    content = stream.read(most + 1)
    if len(content) > most:
        raise DataError(f"{path} unpacks to more than {most:,} bytes; unpack it yourself if that is right")
    return content


def _as_utf8(path: Path, content: bytes, encoding: str | None) -> bytes:
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    chosen, body = encoding or MARKS.get(mark, "utf-8"), content.removeprefix(mark)
    if chosen == "utf-8" and body.isascii():
        return body
    try:
        text = body.decode(chosen)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not body[: error.start].isascii():
            raise DataError(
                f"{path} ends in the middle of a character: it was cut off; its last bytes are {body[error.start :]!r}"
            ) from None
        if encoding is None and not mark:
            return _guessed(path, content)
        raise DataError(f"{path} is no {chosen} text: {_held(body, error)}") from None
    return body if codecs.lookup(chosen).name == "utf-8" else text.encode()


def _held(content: bytes, error: UnicodeDecodeError) -> str:
    """Where an encoding does not fit, in words."""
    number = content.count(b"\n", 0, error.start) + 1
    return f"line {number} holds {content[error.start : error.end]!r}"


def _guessed(path: Path, content: bytes) -> bytes:
    try:
        text = content.decode(GUESS)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is neither UTF-8 nor {GUESS} text: {_held(content, error)}; "
            "name its encoding in dataset.encoding, such as shift_jis or cp1251"
        ) from None
    strange = next(at for at, character in enumerate(text) if not character.isascii())
    number = text.count("\n", 0, strange) + 1
    seen = text[max(text.rfind("\n", 0, strange) + 1, strange - 30) :].split("\n", 1)[0][:60].strip()
    logger.warning(
        "%s is not UTF-8; read as %s, line %d has %r; dataset.encoding names another", path, GUESS, number, seen
    )
    return text.encode()
