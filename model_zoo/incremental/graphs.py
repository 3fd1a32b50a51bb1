"""Walks over a graph: what must be computed for its output, in order, and until when each value is needed. Called by `sweeping`."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, fx

from model_zoo.incremental.operations import Cellwise, Joined, Operation


class Recorder(fx.Interpreter):
    """Runs a graph and keeps what each node gave, as it was before a later node overwrote it in place."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.values: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        """Run one node."""
        value = super().run_node(n)
        self.values[n] = value.clone() if isinstance(value, Tensor) else value
        return value


def output_of(graph: fx.Graph) -> fx.Node:
    """The node whose value the graph gives."""
    return graph.output_node().all_input_nodes[0]


def steps_to(output: fx.Node, *, source: fx.Node) -> tuple[fx.Node, ...]:
    """The nodes on the ways from `source` to `output`, in the order in which they run; without the source itself."""
    needed = {output}
    for node in reversed(output.graph.nodes):
        if node in needed:
            needed.update(node.all_input_nodes)
    reached = {source}
    for node in output.graph.nodes:
        if not reached.isdisjoint(node.all_input_nodes):
            reached.add(node)
    return tuple(node for node in output.graph.nodes if node in needed & reached and node is not source)


def linear_tail(steps: Sequence[fx.Node], *, operations: Mapping[fx.Node, Operation]) -> frozenset[fx.Node]:
    """The last nodes before the output through which a spatial mean passes unchanged: the mean may be taken before them."""
    tail: set[fx.Node] = set()
    for node in reversed(steps):
        operation = operations[node]
        users = [user for user in node.users if user in operations]
        if isinstance(operation, Cellwise | Joined) and operation.linear and tail.issuperset(users):
            tail.add(node)
    return frozenset(tail)


def last_uses(steps: Sequence[fx.Node]) -> dict[fx.Node, list[fx.Node]]:
    """After which node which values are needed no longer."""
    last = {source: node for node in steps for source in node.all_input_nodes}
    ended: dict[fx.Node, list[fx.Node]] = {}
    for source, node in last.items():
        ended.setdefault(node, []).append(source)
    return ended
