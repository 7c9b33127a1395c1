"""One-to-one assignment of the greatest total weight."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf


def assign(weights: Sequence[Sequence[float]]) -> tuple[tuple[int, int], ...]:
    """Pairs (row, column), each row and column at most once, whose weights add up to the most.

    Shortest augmenting paths with potentials, O(n^3): Crouse, "On implementing 2D rectangular assignment
    algorithms" (2016), after Jonker and Volgenant (1987).

    Args:
        weights: A rectangle of numbers >= 0; zero means that the two do not go together.

    Returns:
        Pairs of positive weight, by row.
    """
    if not weights or not weights[0]:
        return ()
    if len(weights) > len(weights[0]):
        flipped = assign(list(zip(*weights, strict=True)))
        return tuple(sorted((row, column) for column, row in flipped))
    owners = _owners([[-weight for weight in row] for row in weights])
    pairs = ((row, column) for column, row in enumerate(owners) if row >= 0)
    return tuple(sorted((row, column) for row, column in pairs if weights[row][column] > 0))


def _owners(costs: list[list[float]]) -> list[int]:
    """The row that owns each column (-1: none) in the cheapest assignment of all rows."""
    width = len(costs[0])
    row_potential = [0.0] * len(costs)
    column_potential = [0.0] * width
    owners = [-1] * width
    owned = [-1] * len(costs)
    for start in range(len(costs)):
        shortest = [inf] * width  # length of the cheapest path from `start` to each column
        came_from = [-1] * width  # the row before it on that path
        left = list(range(width))
        row, length, visited = start, 0.0, []
        while True:
            base = length - row_potential[row]
            nearest, length = -1, inf
            costs_of_row = costs[row]
            for column in left:
                path = base + costs_of_row[column] - column_potential[column]
                if path < shortest[column]:
                    shortest[column], came_from[column] = path, row
                else:
                    path = shortest[column]
                if path < length or (path == length and owners[column] < 0):
                    nearest, length = column, path
            left.remove(nearest)
            visited.append(nearest)
            if owners[nearest] < 0:
                break
            row = owners[nearest]
        row_potential[start] += length
        for column in visited[:-1]:
            row_potential[owners[column]] += length - shortest[column]
            column_potential[column] -= length - shortest[column]
        while True:
            row = came_from[nearest]
            owners[nearest], owned[row], nearest = row, nearest, owned[row]
            if row == start:
                break
    return owners
