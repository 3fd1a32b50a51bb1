"""Walks over a graph: what is computed for its output, in order, and until when it is needed. Called by `sweeping`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx

from model_zoo.incremental.operations import GLOBAL, Cellwise, Joined, Operation, Padded, Windowed

NARROW = 32
"""Channels up to which it is cheaper to compute what surrounds a region than to copy it where it has more channels; measured on
EfficientNet-Lite0, where expansions from 24 channels gain by it and those from 80 lose."""


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


def nodes_to(output: fx.Node, *, source: fx.Node) -> tuple[fx.Node, ...]:
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


def linear_tail(nodes: Sequence[fx.Node], *, operations: Mapping[fx.Node, Operation]) -> frozenset[fx.Node]:
    """The last nodes before the output through which a spatial mean passes unchanged: the mean may be taken before them."""
    tail: set[fx.Node] = set()
    for node in reversed(nodes):
        operation = operations[node]
        users = [user for user in node.users if user in operations]
        if isinstance(operation, Cellwise | Joined) and operation.linear and tail.issuperset(users):
            tail.add(node)
    return frozenset(tail)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A node, with nodes before it that are best computed together with it."""

    node: fx.Node
    operation: Operation
    sources: tuple[fx.Node, ...]
    """Of what changes with the image."""
    chain: tuple[fx.Node, ...] = ()
    """Nodes between the source and a window: what surrounds the source's region passes through them too, because that is less to
    copy than what surrounds theirs, which has more channels."""


def steps_of(nodes: Sequence[fx.Node], *, operations: Mapping[fx.Node, Operation], values: Mapping[fx.Node, Any]) -> list[Step]:
    """The nodes as steps, in order; those in the chain of another have none of their own."""
    steps: list[Step] = []
    chained: set[fx.Node] = set()
    for node in reversed(nodes):
        if node in chained:
            continue
        step = _step(node, operations=operations, values=values)
        steps.insert(0, step)
        chained.update(step.chain)
    return steps


def last_uses(steps: Sequence[Step]) -> Mapping[fx.Node, list[fx.Node]]:
    """After which step's node which values are needed no longer."""
    last = {source: step.node for step in steps for source in step.sources}
    ended = defaultdict(list)
    for source, node in last.items():
        ended[node].append(source)
    return ended


def _step(node: fx.Node, *, operations: Mapping[fx.Node, Operation], values: Mapping[fx.Node, Any]) -> Step:
    operation = operations[node]
    sources = tuple(source for source in node.all_input_nodes if source in operations)
    if isinstance(operation, Windowed):
        operation, chain = _chained(node, operation, operations=operations)
        before = [*(_source(each, operations) for each in chain), _source(node, operations)]
        # A padding is part of the window; what else is, begins after the map with the fewest channels, of equals after the last.
        last = len(before) - (2 if operation is not operations[node] else 1)
        start = min(range(last, -1, -1), key=lambda place: values[before[place]].shape[1])
        if values[before[start]].shape[1] > NARROW:
            start = last
        return Step(node=node, operation=operation, sources=(before[start],), chain=tuple(chain[start:]))
    is_one_size = all(_size(values[source]) == _size(values[node]) for source in sources)
    fits = isinstance(operation, Joined) or (isinstance(operation, Cellwise) and len(sources) == 1)
    return Step(node=node, operation=operation if fits and is_one_size else GLOBAL, sources=sources)


def _chained(node: fx.Node, operation: Windowed, *, operations: Mapping[fx.Node, Operation]) -> tuple[Windowed, list[fx.Node]]:
    """The window with the padding before it, and the nodes before it through which each cell passes by itself."""
    chain: list[fx.Node] = []
    source = _source(node, operations)
    padding = operations[source]
    if isinstance(padding, Padded) and _is_used_once(source, operations) and (both := operation.padded(padding)):
        operation, chain, source = both, [source], _source(source, operations)
    while isinstance(operations[source], Cellwise) and _is_used_once(source, operations):
        chain.insert(0, source)
        source = _source(source, operations)
    return operation, chain


def _source(node: fx.Node, operations: Mapping[fx.Node, Operation]) -> fx.Node:
    return next(source for source in node.all_input_nodes if source in operations)


def _is_used_once(node: fx.Node, operations: Mapping[fx.Node, Operation]) -> bool:
    return sum(user in operations for user in node.users) == 1


def _size(value: Any) -> tuple[int, ...]:
    return tuple(value.shape[2:]) if isinstance(value, Tensor) else ()
