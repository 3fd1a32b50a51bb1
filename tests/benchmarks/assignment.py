"""The Hungarian method in plain Python, after Kuhn and Munkres, as the reference of the benchmark of metrics."""

from collections.abc import Sequence


def cheapest_assignment(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row of a square table, all different, with the least sum of costs; O(n³)."""
    size = len(costs)
    row_prices, column_prices = [0.0] * size, [0.0] * (size + 1)
    # The column behind the last stands for none: the row that enters holds it until its path is found.
    owner = [-1] * (size + 1)
    for entering in range(size):
        owner[size] = entering
        column, before = _free_column(costs, owner, row_prices, column_prices)
        while column != size:
            owner[column] = owner[before[column]]
            column = before[column]
    order = [-1] * size
    for column, row in enumerate(owner[:size]):
        order[row] = column
    return order


def _free_column(
    costs: Sequence[Sequence[float]], owner: list[int], row_prices: list[float], column_prices: list[float]
) -> tuple[int, list[int]]:
    """A column without a row, reached over reduced costs of 0, and the column before each on the way; changes the prices."""
    size = len(costs)
    column, reached, left = size, [size], set(range(size))
    slack, before = [float("inf")] * size, [size] * size
    while True:
        row = owner[column]
        for other in left:
            reduced = costs[row][other] - row_prices[row] - column_prices[other]
            if reduced < slack[other]:
                slack[other], before[other] = reduced, column
        nearest = min(left, key=slack.__getitem__)
        step = slack[nearest]
        for other in reached:
            row_prices[owner[other]] += step
            column_prices[other] -= step
        for other in left:
            slack[other] -= step
        if owner[nearest] < 0:
            return nearest, before
        column = nearest
        left.remove(column)
        reached.append(column)
