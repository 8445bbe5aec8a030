"""What `gnnrec doctor` finds; the one light-looking command that imports torch."""

from __future__ import annotations

import importlib.util
import platform
from typing import TYPE_CHECKING

from gnnrec.cli.data import fault, places
from gnnrec.runs.environment import LIBRARIES, version

if TYPE_CHECKING:
    from gnnrec.plugin.registry import Registry


def diagnose(registry: Registry) -> dict[str, str]:
    """Each thing looked at and what was found, in words."""
    import torch

    from gnnrec.graph.pair_scores import has_sampled_products

    findings = {"python": platform.python_version()}
    findings |= {name: version(name) or "missing" for name in LIBRARIES}
    if torch.cuda.is_available():
        devices = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
        findings["device"] = f"cuda: {devices}"
    elif torch.backends.mps.is_available():
        findings["device"] = "mps"
    else:
        findings["device"] = f"cpu, {torch.get_num_threads()} threads"
    fast = has_sampled_products(torch.device("cpu"))
    findings["pair scores on CPU"] = "sampled products" if fast else "gathered (torch was built without MKL)"
    pyg_lib = importlib.util.find_spec("pyg_lib") is not None
    findings["pyg-lib"] = "installed" if pyg_lib else "not installed; nothing needs it"
    for plugin in registry.plugins:
        if plugin.state != "loaded":
            findings[f"plugin {plugin.name}"] = f"{plugin.state} {plugin.error}".strip()
    findings["plugins loaded"] = str(sum(plugin.state == "loaded" for plugin in registry.plugins))
    for name, each in places(registry):
        findings[f"data {name} {each.variant}"] = fault(each) or each.place or "not at hand; would be downloaded"
    return findings
