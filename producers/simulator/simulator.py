"""The simulated shop from outside: an endless, seeded sequence of records, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.emission import Emission
from producers.simulator.blind import BlindTables
from producers.simulator.parameters import PARAMETERS, Parameters
from producers.simulator.scenario import Scenario
from producers.simulator.shifts import Tables
from producers.simulator.shop import Shop
from producers.simulator.switches import Switches

__all__ = ["Simulator"]


class Simulator:
    """An iterable of `Emission`, the same for the same scenario every time it is walked.

    Parameters
    ----------
    scenario : Scenario
        Decides every byte.
    parameters : Parameters
        How shoppers are.
    believed : Parameters, optional
        What the oracle takes them for: the truth, unless a test wants it to be wrong.
    switches : Switches, optional
        Ways that are switched while it runs. With them it can be walked once only.

    Notes
    -----
    With ``scenario.events`` the shop closes at that user event exactly. Sessions under way are cut there, so that
    a shorter run is the beginning of a longer one but for `Scenario.source`; their labels then settle as no order
    by silence, which the ticks of the half hour after bring about. At the default traffic about 30 sessions are
    cut: nothing among 50,000 labels, and of note only if ``traffic`` is large against ``events``.

    Examples
    --------
    >>> sum(emission.counts for emission in Simulator(Scenario(seed=7, events=100)))
    100
    """

    def __init__(
        self,
        scenario: Scenario,
        parameters: Parameters = PARAMETERS,
        believed: Parameters | None = None,
        switches: Switches | None = None,
    ) -> None:
        self.scenario = scenario
        self._tables = Tables(parameters)
        self._believed = self._tables if believed is None else Tables(believed)
        self._blind = BlindTables(self._believed)
        self._switches = switches or Switches()

    def __iter__(self) -> Iterator[Emission]:
        """Walk through the shop's life from its opening."""
        shop = Shop(self.scenario, self._tables, self._believed, self._blind, self._switches)
        left = self.scenario.events
        out = shop.writer.out
        while True:
            shop.next()
            if left is None:
                yield from out
            else:
                for emission in out:
                    if emission.counts:
                        if not left:
                            yield from shop.close(emission.time_ms)
                            return
                        left -= 1
                    yield emission
            out.clear()
