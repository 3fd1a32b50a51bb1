"""The fixtures of the web process's tests serve here, too."""

from tests.webapp.conftest import browser, own_store, own_zoo, researcher

__all__ = ["browser", "own_store", "own_zoo", "researcher"]
