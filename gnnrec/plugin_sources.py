"""Where a plugin comes from: an installed distribution, or a file or module that somebody at the keyboard names."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.errors import PluginError
from gnnrec.hookspecs import PROJECT
from gnnrec.version import __version__

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint
    from types import ModuleType

MAX_FILES = 1000
"""How many files of a plugin that failed are looked into for a component's name."""


class InstalledPlugin:
    """A plugin that a distribution declares by an entry point.

    Attributes:
        name: The entry point's.
        distribution: Who declares it.
        version: The distribution's.
        given: Empty.
        sha256: Empty; a version says what was installed.
    """

    given = ""
    sha256 = ""

    def __init__(self, point: EntryPoint) -> None:
        self._point = point
        self.name = point.name
        self.distribution, self.version = _name_and_version(point.dist) if point.dist is not None else ("", "")

    @property
    def is_own(self) -> bool:
        """Whether it is a part of gnnrec's own distribution."""
        return self.distribution == PROJECT

    def load(self) -> object:
        """Import it.

        Raises:
            PluginError: Its distribution needs another gnnrec than this one.
        """
        if not self.is_own:
            self._check_requirements()
        return self._point.load()

    def may_contribute(self, name: str) -> bool:
        """Whether its source, which is not imported for that, has a component of that name."""
        package = self._point.module.partition(".")[0]
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            return False
        if spec is None:
            return False
        folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        files = [path for folder in folders for path in sorted(folder.rglob("*.py"))][:MAX_FILES]
        if not folders and spec.origin is not None:
            files = [Path(spec.origin)]
        pattern = re.compile(rf"""Literal\[\s*["']{re.escape(name)}["']\s*\]""")
        return any(pattern.search(_text(path)) for path in files)

    def _check_requirements(self) -> None:
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.utils import canonicalize_name

        for text in (self._point.dist.requires or ()) if self._point.dist is not None else ():
            try:
                wanted = Requirement(text)
            except InvalidRequirement:
                continue  # not ours to judge
            if canonicalize_name(wanted.name) != PROJECT or (
                wanted.marker and not wanted.marker.evaluate({"extra": ""})
            ):
                continue
            if not wanted.specifier.contains(__version__, prereleases=True):
                raise PluginError(
                    f"{self.distribution} {self.version} needs gnnrec {wanted.specifier}, and this is {__version__}; "
                    "install another version of one of them"
                )


@cache
def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Read once, however many plugins a distribution has: each question for one parses all of its metadata."""
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


class GivenPlugin:
    """A plugin that is named for this process alone: `-p my_encoder.py`, or `-p` and an importable module's name.

    Args:
        given: A path that ends in `.py`, or a module's name. The file's folder, or the working folder, becomes one in
            which modules are found, after all others.

    Attributes:
        name: The file's without its ending, or the module's.
        distribution: Empty.
        version: Empty.
        given: The file's name or the module's.
        sha256: Of the file or, for a package, of all its Python files, once it is loaded; of a module in a zip file, of
            that file.
    """

    distribution = ""
    version = ""
    is_own = False

    def __init__(self, given: str) -> None:
        self._path = Path(given).expanduser() if given.endswith(".py") else None
        self.name = given if self._path is None else self._path.stem
        self.given = given if self._path is None else self._path.name
        self.sha256 = ""

    @property
    def is_file(self) -> bool:
        """Whether a file was named, not a module."""
        return self._path is not None

    def load(self) -> object:
        """Import it, once.

        Raises:
            PluginError: There is no such file or module, or its name is another module's.
        """
        return self._module

    def may_contribute(self, name: str) -> bool:  # noqa: ARG002 - it is loaded, or the command ends
        """Never left out in silence."""
        return False

    @cached_property
    def _module(self) -> ModuleType:
        module = self._import_by_name() if self._path is None else self._import_file(self._path.resolve())
        self.sha256 = _sha256(module)
        return module

    def _import_by_name(self) -> ModuleType:
        _find_modules_in(Path.cwd())
        try:
            if not self.name.startswith("."):  # a path; importlib would speak of relative imports
                return importlib.import_module(self.name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{self.name}.".startswith(f"{error.name}."):
                raise
        hint = f"; a file is given with its ending: {self.name}.py" if Path(f"{self.name}.py").exists() else ""
        raise PluginError(f"there is no module called '{self.name}'{hint}")

    def _import_file(self, path: Path) -> ModuleType:
        if not path.is_file():
            raise PluginError(f"there is no file {self._path}")
        if path.name == "__init__.py":
            package = path.parent
            raise PluginError(f"{self._path} is a package's; give it as {package.name}, in the folder {package.parent}")
        self._check_name(path)
        _find_modules_in(path.parent)
        spec = importlib.util.spec_from_file_location(self.name, path)
        if spec is None or spec.loader is None:
            raise PluginError(f"{self._path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.name]
            raise
        return module

    def _check_name(self, path: Path) -> None:
        """A file must not take the place of a module that somebody else imports by that name."""
        loaded = sys.modules.get(self.name)
        try:
            origin = getattr(loaded, "__file__", None) if loaded else getattr(_spec(self.name), "origin", None)
        except (ImportError, ValueError):
            origin = None
        if (loaded is not None or origin is not None) and (origin is None or Path(origin).resolve() != path):
            raise PluginError(f"another module is called '{self.name}'; rename the file")


def _spec(name: str) -> Any:
    return importlib.util.find_spec(name) if "." not in name else None


def _find_modules_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _sha256(module: ModuleType) -> str:
    file = getattr(module.__loader__, "archive", None) or getattr(module, "__file__", None)  # a zip file, as a whole
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))] or ([Path(file)] if file else [])
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
