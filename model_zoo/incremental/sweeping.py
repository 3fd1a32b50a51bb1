"""A layer's outputs for copies of one image that differ from it in a square each. Called by `squares`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from jaxtyping import Float
from torch import Tensor, fx
from torch.fx.node import map_arg

from model_zoo.incremental.graphs import Recorder, Step, last_uses, linear_tail, nodes_to, output_of, steps_of
from model_zoo.incremental.operations import GLOBAL, Cellwise, Global, Operation, Windowed, operation_of
from model_zoo.incremental.regions import Cells, Region, cut, cut_sums, fill_outside, pasted
from model_zoo.incremental.spans import Span, union

Value: TypeAlias = Any
"""Of a node: a Region, a tensor of whole maps, or what else an operation of a network gives, such as a size."""
CROSSOVER = 0.7
"""Share of a map from which on the whole map is computed.

Measured by the CPU time of batches of 8 positions, one thread, in EfficientNet-Lite0 up to block 10 at 224 px: 0.5 took about
5 % longer than 0.65 and 0.8, which did not differ by more than the measurements did.
"""


class Sweeping:
    """A network up to a layer and an image, ready for squares at any positions.

    Args:
        graph: The network up to the layer.
        image: As the network wants it.
    """

    def __init__(self, graph: fx.GraphModule, *, image: Float[Tensor, "1 channel height width"]) -> None:
        recorder = Recorder(graph)
        recorder.run(image)
        self.base = recorder.values
        self.interpreter = fx.Interpreter(graph)
        (self.source,), self.output = graph.graph.find_nodes(op="placeholder"), output_of(graph.graph)
        nodes = nodes_to(self.output, source=self.source)
        modules = dict(graph.named_modules())
        self.operations: dict[fx.Node, Operation] = {self.source: GLOBAL}
        self.operations |= {node: operation_of(node, modules=modules, values=self.base) for node in nodes}
        self.tail = linear_tail(nodes, operations=self.operations)
        self.steps = steps_of(nodes, operations=self.operations, values=self.base)
        self.last_uses = last_uses(self.steps)

    def outputs(self, squares: Region) -> Float[Tensor, "position ..."]:
        """The layer's outputs for the image with each of the squares in it."""
        values: dict[fx.Node, Value] = {self.source: squares}
        for step in self.steps:
            values[step.node] = self._run(step, values)
            self._forget(step, values)
        outputs: Tensor = self._whole(self.output, values)
        return outputs

    def means(self, squares: Region) -> Float[Tensor, "position channel"]:
        """The spatial means of the layer's maps; where they may be taken before its last, linear operations, they are."""
        values: dict[fx.Node, Value] = {self.source: squares}
        means: dict[fx.Node, Tensor] = {}
        for step in self.steps:
            if step.node in self.tail:
                means[step.node] = self._computed(step.node, lambda source: means.get(source, self.base[source]))
                continue
            value = values[step.node] = self._run(step, values)
            if step.node is self.output or not self.tail.isdisjoint(step.node.users):
                means[step.node] = self._mean(step.node, value)
            self._forget(step, values)
        return means[self.output].flatten(1)

    def _run(self, step: Step, values: dict[fx.Node, Value]) -> Value:
        operation, regions = step.operation, [values[source] for source in step.sources]
        if isinstance(operation, Cellwise) and isinstance(regions[0], Region):
            return replace(
                regions[0], values=self._computed(step.node, lambda source: _values(values.get(source, self.base[source])))
            )
        if not isinstance(operation, Global) and all(isinstance(region, Region) for region in regions):
            rows, columns = union([region.rows for region in regions]), union([region.columns for region in regions])
            if isinstance(operation, Windowed):
                height, width = self.base[step.node].shape[2:]
                rows, columns = rows.through(operation.rows, length=height), columns.through(operation.columns, length=width)
            if rows.size * columns.size <= CROSSOVER * rows.length * columns.length:
                return Region(values=self._partial(step, values, rows=rows, columns=columns), rows=rows, columns=columns)
        local = {source: self._whole(source, values) for source in step.sources}
        for node in (*step.chain, step.node):
            local[node] = self._computed(node, lambda source: local.get(source, self.base[source]))
        return local[step.node]

    def _partial(self, step: Step, values: dict[fx.Node, Value], *, rows: Span, columns: Span) -> Tensor:
        """What a step gives for these rows and columns alone."""
        operation, seen_rows, seen_columns = step.operation, Cells.of(rows), Cells.of(columns)
        if isinstance(operation, Windowed):
            seen_rows, seen_columns = Cells.seen(rows, operation.rows), Cells.seen(columns, operation.columns)
        local = {
            source: cut(values[source], base=self.base[source], rows=seen_rows, columns=seen_columns) for source in step.sources
        }
        if not isinstance(operation, Windowed):
            joined: Tensor = self._computed(step.node, lambda source: local.get(source, self.base[source]))
            return joined
        (source,) = step.sources
        seen, size = local[source], self.base[source].shape[2:]
        for node in step.chain:
            if isinstance(self.operations[node], Cellwise):
                local[node] = seen = self._computed(node, lambda source: local.get(source, self.base[source]))
        fill_outside(seen, rows=seen_rows, columns=seen_columns, fill=operation.fill, size=size)
        return operation.run(seen)

    def _computed(self, node: fx.Node, argument: Callable[[fx.Node], Value]) -> Value:
        """What a node gives for these values of its inputs."""
        operation = self.operations[node]
        if isinstance(operation, Cellwise) and operation.run is not None:
            return operation.run(argument(node.all_input_nodes[0]))
        args, kwargs = map_arg((node.args, node.kwargs), argument)
        return getattr(self.interpreter, node.op)(node.target, args, kwargs)

    def _whole(self, node: fx.Node, values: dict[fx.Node, Value]) -> Value:
        if isinstance(values[node], Region):
            values[node] = pasted(values[node], base=self.base[node])
        return values[node]

    def _mean(self, node: fx.Node, value: Value) -> Float[Tensor, "position channel 1 1"]:
        if not isinstance(value, Region):
            mean: Tensor = value.mean(dim=(2, 3), keepdim=True)
            return mean
        base = self.base[node]
        before = cut_sums(base, rows=Cells.of(value.rows), columns=Cells.of(value.columns))
        change = value.values.sum(dim=(2, 3)) - before
        changed: Tensor = base.mean(dim=(2, 3)) + change / base[0, 0].numel()
        return changed[:, :, None, None]

    def _forget(self, step: Step, values: dict[fx.Node, Value]) -> None:
        for source in self.last_uses[step.node]:
            values.pop(source, None)


def _values(value: Value) -> Value:
    return value.values if isinstance(value, Region) else value
