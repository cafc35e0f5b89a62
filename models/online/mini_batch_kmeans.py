"""k-means that goes along with the stream, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

__all__ = ["MiniBatchKMeans"]

Point = list[float]


class MiniBatchKMeans:
    """The nearest of k centres, which move towards what comes, batch by batch.

    Centres start from k equal parts of the first points, in the order of the first feature, and then keep their
    numbers: number 0 is the one with the lowest value of it, as long as centres do not change sides. Distances are
    in standard deviations of all that was seen.

    Parameters
    ----------
    clusters : int
        How many.
    weights : mapping of str to float
        The features that count, and how much.
    batch : int
        Points between two moves of the centres.
    first : int
        Points from which the centres start. Before, all are in cluster 0.
    memory : int
        A centre is the mean of all its points at first, and then of about so many newest ones.

    References
    ----------
    D. Sculley, Web-scale k-means clustering, WWW, 2010: steps of 1 / (points of the centre so far). S. P. Lloyd, Least
    squares quantization in PCM, IEEE Transactions on Information Theory 28 (2), 1982, for the start.

    Examples
    --------
    >>> model = MiniBatchKMeans(2, {"a": 1.0}, batch=2, first=4)
    >>> for value in (0.0, 10.0, 1.0, 11.0):
    ...     model.learn_unlabelled({"a": value})
    >>> [int(model.predict_one({"a": value})[0]) for value in (-1.0, 12.0)]
    [0, 1]
    """

    def __init__(
        self,
        clusters: int,
        weights: Mapping[str, float],
        *,
        batch: int = 100,
        first: int = 500,
        memory: int = 500,
    ) -> None:
        self.clusters = clusters
        self.names = tuple(weights)
        self.centres: list[Point] = []
        self._weights = tuple(weights.values())
        self._batch, self._first, self._memory = batch, first, memory
        self._points: list[Point] = []
        self._counts: list[int] = []
        self._seen = 0
        self._means = [0.0] * len(self.names)
        self._squares = [0.0] * len(self.names)

    def predict_one(self, x: dict[str, float]) -> tuple[float, float]:
        """The nearest centre and how far it is."""
        if not self.centres:
            return 0.0, 0.0
        place, distance = self._nearest([x[name] for name in self.names], self._scales())
        return float(place), sqrt(distance)

    def learn_one(self, x: dict[str, float], y: object) -> None:
        """Labels say nothing here."""
        self.learn_unlabelled(x)

    def learn_unlabelled(self, x: dict[str, float]) -> None:
        """Take in a point."""
        point = [x[name] for name in self.names]
        self._seen += 1
        for at, value in enumerate(point):
            gap = value - self._means[at]
            self._means[at] += gap / self._seen
            self._squares[at] += gap * (value - self._means[at])
        self._points.append(point)
        if len(self._points) < (self._batch if self.centres else self._first):
            return
        if self.centres:
            self._move()
        else:
            self._start()
        self._points = []

    def _scales(self) -> list[float]:
        """What a squared difference in each feature counts."""
        return [
            weight * weight * self._seen / squares if squares > 0.0 else 0.0
            for weight, squares in zip(self._weights, self._squares, strict=True)
        ]

    def _nearest(self, point: Sequence[float], scales: Sequence[float]) -> tuple[int, float]:
        best, least = 0, float("inf")
        for place, centre in enumerate(self.centres):
            distance = 0.0
            for value, middle, scale in zip(point, centre, scales, strict=True):
                gap = value - middle
                distance += scale * gap * gap
            if distance < least:
                best, least = place, distance
        return best, least

    def _start(self) -> None:
        points = sorted(self._points)
        edges = [len(points) * part // self.clusters for part in range(self.clusters + 1)]
        self.centres = [_mean(points[low:high]) for low, high in zip(edges, edges[1:], strict=False)]
        scales = self._scales()
        for _ in range(20):
            found: list[list[Point]] = [[] for _ in self.centres]
            for point in points:
                found[self._nearest(point, scales)[0]].append(point)
            self.centres = [_mean(own) if own else was for own, was in zip(found, self.centres, strict=True)]
            self._counts = [len(own) for own in found]

    def _move(self) -> None:
        scales = self._scales()
        # All are assigned before the first centre moves.
        nearest = [self._nearest(point, scales)[0] for point in self._points]
        for point, place in zip(self._points, nearest, strict=True):
            self._counts[place] = min(self._counts[place] + 1, self._memory)
            step = 1.0 / self._counts[place]
            centre = self.centres[place]
            for at, value in enumerate(point):
                centre[at] += step * (value - centre[at])


def _mean(points: Sequence[Point]) -> Point:
    return [sum(column) / len(points) for column in zip(*points, strict=True)]
