"""Trainers: how a model is fitted."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_trainers.device_aware import DeviceAware


@hookimpl
def gnnrec_components() -> tuple[type[DeviceAware], ...]:
    """Contribute the built-in trainers."""
    return (DeviceAware,)
