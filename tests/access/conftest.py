"""The fixtures of the web process's tests serve here, too."""

from tests.webapp.conftest import own_store, own_zoo

__all__ = ["own_store", "own_zoo"]
