"""A layer's outputs for copies of one image that differ from it in a square each. Called by `squares`."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, fx
from torch.fx.node import map_arg

from model_zoo.incremental.graphs import Recorder, last_uses, linear_tail, output_of, steps_to
from model_zoo.incremental.operations import Cellwise, Joined, Padded, Windowed, operation_of
from model_zoo.incremental.regions import Cells, Region, cut, cut_sums, pasted
from model_zoo.incremental.spans import Span, union

Value: TypeAlias = Any
"""Of a node: a Region, a tensor of whole maps, or what else an operation of a network gives, such as a size."""
CROSSOVER = 0.7
"""Share of a map from which on the whole map is computed."""


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
        self.steps = steps_to(self.output, source=self.source)
        modules = dict(graph.named_modules())
        self.operations = {node: operation_of(node, modules=modules, values=self.base) for node in self.steps}
        self.tail = linear_tail(self.steps, operations=self.operations)
        self.last_uses = last_uses(self.steps)

    def outputs(self, squares: Region) -> Float[Tensor, "position ..."]:
        """The layer's outputs for the image with each of the squares in it."""
        values: dict[fx.Node, Value] = {self.source: squares}
        for node in self.steps:
            values[node] = self._run(node, values)
            self._forget(node, values)
        outputs: Tensor = self._whole(self.output, values)
        return outputs

    def means(self, squares: Region) -> Float[Tensor, "position channel"]:
        """The spatial means of the layer's maps; where they may be taken before its last, linear operations, they are."""
        values: dict[fx.Node, Value] = {self.source: squares}
        means: dict[fx.Node, Tensor] = {}
        for node in self.steps:
            if node in self.tail:
                means[node] = self._called(node, lambda source: means.get(source, self.base[source]))
            else:
                values[node] = self._run(node, values)
            if node not in self.tail and (node is self.output or not self.tail.isdisjoint(node.users)):
                means[node] = self._mean(node, values[node])
            self._forget(node, values)
        return means[self.output].flatten(1)

    def _run(self, node: fx.Node, values: dict[fx.Node, Value]) -> Value:
        operation = self.operations[node]
        sources = [source for source in node.all_input_nodes if source in values]
        regions = [values[source] for source in sources]
        if all(isinstance(region, Region) for region in regions):
            rows, columns = union([region.rows for region in regions]), union([region.columns for region in regions])
            if isinstance(operation, Padded):
                height, width = self.base[node].shape[2:]
                rows, columns = rows.shifted(operation.top, length=height), columns.shifted(operation.left, length=width)
                return Region(values=regions[0].values, rows=rows, columns=columns)
            if isinstance(operation, Windowed):
                height, width = self.base[node].shape[2:]
                rows, columns = rows.through(operation.rows, length=height), columns.through(operation.columns, length=width)
            if isinstance(operation, Cellwise | Joined | Windowed) and rows.size * columns.size <= CROSSOVER * rows.length * columns.length:
                return self._partial(node, values, rows=rows, columns=columns)
        return self._called(node, lambda source: self._whole(source, values))

    def _partial(self, node: fx.Node, values: dict[fx.Node, Value], *, rows: Span, columns: Span) -> Region:
        operation = self.operations[node]
        if isinstance(operation, Windowed):
            (source,) = (source for source in node.all_input_nodes if source in values)
            seen = cut(
                values[source],
                base=self.base[source],
                rows=Cells.seen(rows, operation.rows),
                columns=Cells.seen(columns, operation.columns),
                fill=operation.fill,
            )
            return Region(values=operation.run(seen), rows=rows, columns=columns)

        def aligned(source: fx.Node) -> Value:
            if source not in values:
                return self.base[source]
            return cut(values[source], base=self.base[source], rows=Cells.of(rows), columns=Cells.of(columns), fill=0.0)

        return Region(values=self._called(node, aligned), rows=rows, columns=columns)

    def _called(self, node: fx.Node, argument: Callable[[fx.Node], Value]) -> Value:
        args, kwargs = map_arg((node.args, node.kwargs), argument)
        return getattr(self.interpreter, node.op)(node.target, args, kwargs)

    def _whole(self, node: fx.Node, values: dict[fx.Node, Value]) -> Value:
        if node not in values:
            return self.base[node]
        if isinstance(values[node], Region):
            values[node] = pasted(values[node], base=self.base[node])
        return values[node]

    def _mean(self, node: fx.Node, value: Value) -> Float[Tensor, "position channel 1 1"]:
        if not isinstance(value, Region):
            return value.mean(dim=(2, 3), keepdim=True)
        base = self.base[node]
        before = cut_sums(base, rows=Cells.of(value.rows), columns=Cells.of(value.columns))
        change = value.values.sum(dim=(2, 3)) - before
        return (base.mean(dim=(2, 3)) + change / base[0, 0].numel())[:, :, None, None]

    def _forget(self, node: fx.Node, values: dict[fx.Node, Value]) -> None:
        for source in self.last_uses.get(node, ()):
            values.pop(source, None)
