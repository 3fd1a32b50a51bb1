"""The Hungarian method in plain Python, after Kuhn and Munkres, as the reference of the benchmark of metrics."""

from collections.abc import Sequence


def cheapest_assignment(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row of a square table, all different, with the least sum of costs.

    Rows enter one by one. Each grows a tree of columns whose reduced cost is 0 until a free one is reached, and the path to it
    is turned over; O(n³).
    """
    size = len(costs)
    row_prices, column_prices = [0.0] * size, [0.0] * (size + 1)
    # The last column stands for none: the row that enters holds it until its path is found.
    owner = [-1] * (size + 1)
    for entering in range(size):
        owner[size] = entering
        column, slack, before, visited = size, [float("inf")] * size, [size] * size, [False] * (size + 1)
        while owner[column] >= 0:
            visited[column] = True
            row = owner[column]
            for other in range(size):
                if not visited[other]:
                    reduced = costs[row][other] - row_prices[row] - column_prices[other]
                    if reduced < slack[other]:
                        slack[other], before[other] = reduced, column
            nearest = min((other for other in range(size) if not visited[other]), key=lambda other: slack[other])
            step = slack[nearest]
            for other in range(size + 1):
                if visited[other]:
                    row_prices[owner[other]] += step
                    column_prices[other] -= step
                elif other < size:
                    slack[other] -= step
            column = nearest
        while column != size:
            owner[column] = owner[before[column]]
            column = before[column]
    order = [-1] * size
    for column, row in enumerate(owner[:size]):
        order[row] = column
    return order
