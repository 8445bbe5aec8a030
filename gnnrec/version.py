"""The version of gnnrec, read by the build and by every run's environment.json."""

__version__ = "0.2.0.dev0"
