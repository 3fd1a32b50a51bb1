"""A layer's outputs for copies of one image that differ from it in a square each. Called by `squares`."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, fx
from torch.fx.node import map_arg

from model_zoo.incremental.graphs import Recorder, last_uses, linear_tail, output_of, steps_to
from model_zoo.incremental.operations import Cellwise, Global, Padded, Windowed, operation_of
from model_zoo.incremental.regions import Background, Cells, Region, cut, cut_sums, pasted
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
        self.backgrounds: dict[tuple[fx.Node, float], Background] = {}

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
                means[node] = self._computed(node, lambda source: means.get(source, self.base[source]))
            else:
                values[node] = self._run(node, values)
            if node not in self.tail and (node is self.output or not self.tail.isdisjoint(node.users)):
                means[node] = self._mean(node, values[node])
            self._forget(node, values)
        return means[self.output].flatten(1)

    def _run(self, node: fx.Node, values: dict[fx.Node, Value]) -> Value:
        operation = self.operations[node]
        sources = [source for source in node.all_input_nodes if source in values]
        if not isinstance(operation, Global) and all(isinstance(values[source], Region) for source in sources):
            rows, columns = self._changed(node, [values[source] for source in sources])
            if isinstance(operation, Padded):
                return Region(values=values[sources[0]].values, rows=rows, columns=columns)
            if rows.size * columns.size <= CROSSOVER * rows.length * columns.length:
                return self._partial(node, values, rows=rows, columns=columns)
        return self._computed(node, lambda source: self._whole(source, values))

    def _changed(self, node: fx.Node, regions: Sequence[Region]) -> tuple[Span, Span]:
        """Rows and columns of a node's map that change with these regions of its inputs."""
        rows, columns = union([region.rows for region in regions]), union([region.columns for region in regions])
        operation, (height, width) = self.operations[node], self.base[node].shape[2:]
        if isinstance(operation, Padded):
            return rows.shifted(operation.top, length=height), columns.shifted(operation.left, length=width)
        if isinstance(operation, Windowed):
            return rows.through(operation.rows, length=height), columns.through(operation.columns, length=width)
        return rows, columns

    def _partial(self, node: fx.Node, values: dict[fx.Node, Value], *, rows: Span, columns: Span) -> Region:
        """The part of a node's map that changes."""
        operation = self.operations[node]

        def part(source: fx.Node) -> Value:
            if source not in values:
                return self.base[source]
            if isinstance(operation, Windowed):
                seen = Cells.seen(rows, operation.rows), Cells.seen(columns, operation.columns)
                background = self._background(source, fill=operation.fill)
            else:
                seen, background = (Cells.of(rows), Cells.of(columns)), self._background(source, fill=0.0)
            return cut(values[source], background=background, rows=seen[0], columns=seen[1])

        if isinstance(operation, Windowed):
            return Region(values=operation.run(part(node.all_input_nodes[0])), rows=rows, columns=columns)
        return Region(values=self._computed(node, part), rows=rows, columns=columns)

    def _computed(self, node: fx.Node, argument: Callable[[fx.Node], Value]) -> Value:
        """What a node gives for these values of its inputs."""
        operation = self.operations[node]
        if isinstance(operation, Cellwise) and operation.run is not None:
            return operation.run(argument(node.all_input_nodes[0]))
        args, kwargs = map_arg((node.args, node.kwargs), argument)
        return getattr(self.interpreter, node.op)(node.target, args, kwargs)

    def _background(self, node: fx.Node, *, fill: float) -> Background:
        if (node, fill) not in self.backgrounds:
            self.backgrounds[node, fill] = Background(self.base[node], fill=fill)
        return self.backgrounds[node, fill]

    def _whole(self, node: fx.Node, values: dict[fx.Node, Value]) -> Value:
        if node not in values:
            return self.base[node]
        if isinstance(values[node], Region):
            values[node] = pasted(values[node], background=self._background(node, fill=0.0))
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
