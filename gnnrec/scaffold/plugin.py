"""The files of a new plugin, as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from gnnrec.recipe.schema import MODEL_SECTIONS
from gnnrec.scaffold.source import bracketed, joined
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.scaffold.naming import Names

TRAINED = ("features", *MODEL_SECTIONS)
"""Kinds that a recipe without a scorer uses; a scorer takes the place of them all."""


def plugin_files(names: Names) -> dict[str, str]:
    """Everything that is written: text by path within the plugin's folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(  # noqa: S701 - what is written is no HTML, and names were checked
        loader=PackageLoader("gnnrec.scaffold"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    def render(template: str, **more: Any) -> str:
        return templates.get_template(f"{template}.jinja").render(
            distribution=names.distribution,
            module=names.module,
            name=names.component,
            kinds=names.kinds,
            version=oldest_that_will_do(__version__),
            recipes=recipes,
            **more,
        )

    recipes = recipe_files(names)
    expected = [f'"{kind}-{names.component}"' for kind in names.kinds]
    files = {
        "pyproject.toml": render("pyproject.toml"),
        "README.md": render("README.md"),
        ".gitignore": render("gitignore"),
        ".github/workflows/test.yml": render("test.yml"),
        f"{names.module}.py": _module(names, render),
        f"tests/test_{names.module}.py": render("test.py", expected=bracketed("    expected = ", expected, "[]")),
    }
    for path, scored in recipes.items():
        files[path] = render("recipe.yaml", path=path, scored=scored).rstrip("\n") + "\n"
    return files


def recipe_files(names: Names) -> dict[str, bool]:
    """The path of each recipe, and whether it has a scorer; two where not all components fit into one.

    >>> from gnnrec.scaffold.naming import Names
    >>> recipe_files(Names("my-gat", ("encoder",)))
    {'recipes/my_gat.yaml': False}
    >>> recipe_files(Names("my-gat", ("encoder", "scorer")))
    {'recipes/my_gat.yaml': False, 'recipes/my_gat_scorer.yaml': True}
    """
    trained = any(kind in TRAINED for kind in names.kinds)
    first = {f"recipes/{names.module}.yaml": not trained}
    return first | {f"recipes/{names.module}_scorer.yaml": True} if trained and "scorer" in names.kinds else first


def _module(names: Names, render: Callable[..., str]) -> str:
    """The one module: a class for each kind, and the hook that contributes them."""
    templates = {kind: f"components/{kind}.py" for kind in names.kinds}
    taken = {word for kind in names.kinds for word in re.findall(r"\w+", render(templates[kind], cls="_"))}
    classes = {kind: names.class_name(kind, taken) for kind in names.kinds}
    components = [render(templates[kind], cls=classes[kind]) for kind in names.kinds]
    hook = render("hook.py", returned=bracketed("    return ", list(classes.values()), "[]"))
    return joined(f"{names.distribution}: a plugin for gnnrec.", [*components, hook])


def oldest_that_will_do(version: str) -> str:
    """The oldest gnnrec that a plugin written with this one asks for: its minor version, or what there is of it so far.

    >>> oldest_that_will_do("0.2.1"), oldest_that_will_do("0.2.0.dev0")
    ('0.2', '0.2.0.dev0')
    """
    minor = ".".join(version.split(".")[:2])
    return minor if Version(version) >= Version(minor) else version
