"""What an address sends when it has one form alone: files, whatever a client says that it accepts. DRF asks it at such views."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation


class OneForm(DefaultContentNegotiation):
    """Whoever accepts images or CSV alone gets what there is, and errors as JSON, instead of "not acceptable"."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The one that there is."""
        return renderers[0], renderers[0].media_type
