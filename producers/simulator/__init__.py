"""A shop with a known truth: pure, seeded, the same bytes for the same scenario."""

from producers.simulator.drifts import Abrupt, parse_drift
from producers.simulator.parameters import PARAMETERS, Parameters
from producers.simulator.scenario import TRAFFIC, Scenario
from producers.simulator.shop import START
from producers.simulator.simulator import Simulator
from producers.simulator.switches import Switch, Switches

__all__ = [
    "PARAMETERS",
    "START",
    "TRAFFIC",
    "Abrupt",
    "Parameters",
    "Scenario",
    "Simulator",
    "Switch",
    "Switches",
    "parse_drift",
]
