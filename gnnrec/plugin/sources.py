"""Where a plugin comes from: an installed distribution, or a file or module that somebody at the keyboard names."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import sys
from functools import cache, cached_property
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.contract.hookspecs import PROJECT
from gnnrec.errors import PluginError
from gnnrec.plugin.files import files_of, module_of, plugin_files, sha256_of
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Collection
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
        typed: Empty.
    """

    given = ""
    typed = ""

    def __init__(self, point: EntryPoint) -> None:
        self._point = point
        self.name = point.name
        self.distribution, self.version = _name_and_version(point.dist) if point.dist is not None else ("", "")

    @property
    def module(self) -> str:
        """Where the plugin is: a module, or `module:attribute`."""
        return self._point.value

    @property
    def is_own(self) -> bool:
        """Whether it is a part of gnnrec's own distribution."""
        return self.distribution == PROJECT

    @property
    def is_editable(self) -> bool:
        """Whether its files may change while its version stays: `pip install -e`."""
        said = self._point.dist.read_text("direct_url.json") if self._point.dist is not None else None
        return bool(said and json.loads(said).get("dir_info", {}).get("editable"))

    @cached_property
    def plugin(self) -> object:
        """The plugin, imported when it is first asked for.

        Raises:
            PluginError: Its distribution needs another gnnrec than this one.
        """
        if not self.is_own:
            self._check_requirements()
        return self._point.load()

    @property
    def files(self) -> tuple[Path, ...]:
        """Its Python files."""
        module = module_of(self.plugin)
        own = plugin_files(module) if module is not None else ()
        listed = (self._point.dist.files or ()) if self._point.dist is not None else ()
        return (*own, *(Path(str(path.locate())) for path in listed if path.suffix == ".py"))

    @cached_property
    def sha256(self) -> str:
        """Of its files where they may change; empty where its version says what they are."""
        return sha256_of(self.files) if not self.is_own and self.is_editable else ""

    def may_contribute(self, name: str) -> bool:
        """Whether its source, which is not imported for that, has a component of that name."""
        return _names(self._point.module, name)

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


class RememberedPlugin:
    """One of gnnrec's own plugins, as an earlier start found it: what its distribution says is not read again.

    Args:
        name: The entry point's.
        module: Where the plugin is.
        kinds: The kinds of component that it contributes.

    Attributes:
        distribution: gnnrec's own.
        version: gnnrec's own.
        given: Empty.
        typed: Empty.
        sha256: Empty: the version says what its files are.
    """

    distribution = PROJECT
    version = __version__
    is_own = True
    given = ""
    typed = ""
    sha256 = ""

    def __init__(self, name: str, module: str, kinds: Collection[str]) -> None:
        self.name = name
        self.module = module
        self.kinds = kinds

    @cached_property
    def plugin(self) -> ModuleType:
        """The plugin, imported when it is first asked for."""
        return importlib.import_module(self.module)

    @property
    def files(self) -> tuple[Path, ...]:
        """Its Python files."""
        return plugin_files(self.plugin)

    def may_contribute(self, name: str) -> bool:
        """Whether its source, which is not imported for that, has a component of that name."""
        return _names(self.module, name)


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
        typed: As it was given.
    """

    distribution = ""
    version = ""
    is_own = False

    def __init__(self, given: str) -> None:
        path = Path(given).expanduser()
        is_path = path.suffix == ".py" or "/" in given or os.sep in given or path.is_file()
        self._path = path if is_path else None
        self.name = given if self._path is None else self._path.stem
        self.given = given if self._path is None else self._path.name
        self.typed = given

    @property
    def is_file(self) -> bool:
        """Whether a file was named, not a module."""
        return self._path is not None

    @property
    def module(self) -> str:
        """The name that it is imported by."""
        return self.name

    @cached_property
    def plugin(self) -> ModuleType:
        """The plugin, imported when it is first asked for.

        Raises:
            PluginError: There is no such file or module, or its name is another module's.
        """
        return self._import_by_name() if self._path is None else self._import_file(self._path.resolve())

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Its Python files."""
        return plugin_files(self.plugin)

    @cached_property
    def sha256(self) -> str:
        """Of its files, as they were when this was first asked for."""
        return sha256_of(self.files)

    def may_contribute(self, name: str) -> bool:  # noqa: ARG002 - it is loaded, or the command ends
        """Never left out in silence."""
        return False

    def _import_by_name(self) -> ModuleType:
        _find_modules_in(Path.cwd())
        try:
            module = importlib.import_module(self.name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{self.name}.".startswith(f"{error.name}."):
                raise
            raise PluginError(f"there is no module called '{self.name}'") from None
        if hasattr(module, "__path__") and getattr(module, "__file__", None) is None:
            raise PluginError(f"'{self.name}' is a folder without __init__.py, so no package; give a file in it")
        return module

    def _import_file(self, path: Path) -> ModuleType:
        if path.is_dir():
            raise PluginError(f"{self._path} is a folder; give a file in it, or a package by its name from beside it")
        if not path.is_file():
            ending = path.with_name(f"{path.name}.py").is_file()
            raise PluginError(f"there is no file {self._path}{'; give it with its ending, .py' if ending else ''}")
        if path.suffix != ".py":
            raise PluginError(f"{self._path} is no .py file")
        if path.name == "__init__.py":
            package = path.parent
            raise PluginError(f"{self._path} is a package's; give it as {package.name}, in the folder {package.parent}")
        self._check_name(path)
        _find_modules_in(path.parent)
        loader = SourceFileLoader(self.name, str(path))
        spec = ModuleSpec(self.name, loader, origin=str(path))
        spec.has_location = True
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        try:
            # Not exec_module: it takes the bytecode of a file that was edited within a second for the file's.
            exec(loader.source_to_code(path.read_bytes(), path), vars(module))  # noqa: S102 - to run it is what -p is for
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


def _names(module: str, component: str) -> bool:
    """Whether the source of a module's package names a component so."""
    package = module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    files = files_of(spec.submodule_search_locations or (), spec.origin)[:MAX_FILES]
    pattern = re.compile(rf"""Literal\[\s*["']{re.escape(component)}["']\s*\]""")
    return any(pattern.search(_text(path)) for path in files)


def _find_modules_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
