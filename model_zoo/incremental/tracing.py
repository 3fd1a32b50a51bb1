"""The operations of a network up to a layer, as a graph (torch.fx). Called by `sweeping`."""

from collections.abc import Callable
from typing import Any

from torch import fx, nn


class UntraceableError(Exception):
    """The network decides by its values what it computes, so that there is no one graph; the message says where."""


class _ReachedError(Exception):
    """Carries the node of the layer's output out of the trace."""

    def __init__(self, node: fx.Node) -> None:
        super().__init__()
        self.node = node


class _Tracer(fx.Tracer):
    """Traces until a layer has its output; what comes after it need not be traceable."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        output = super().call_module(m, forward, args, kwargs)
        if m is self.layer:
            raise _ReachedError(output.node)
        return output


def traced(network: nn.Module, layer: str) -> fx.GraphModule:
    """The network's operations up to the output of `layer`, on the network's own weights.

    Raises:
        UntraceableError: There is no such graph.
    """
    tracer = _Tracer(network.get_submodule(layer))
    try:
        tracer.trace(network)
    except _ReachedError as reached:
        tracer.graph.output(reached.node)
        return fx.GraphModule(tracer.root, tracer.graph)
    except Exception as error:  # a network may trip over a traced value in any way
        raise UntraceableError(f"{type(error).__name__}: {error}") from error
    raise UntraceableError(f"the trace does not pass {layer}")
