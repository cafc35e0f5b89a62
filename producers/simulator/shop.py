"""Everything that goes on in the shop at once: who comes, what they meet, what comes of it later."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple, TypeAlias

from contracts.codec import time_ms
from contracts.drift_words import OFF, read_switch
from contracts.emission import Emission
from contracts.events import OfferShown, OrderReturned, ReviewPosted, SessionStarted
from contracts.labels import SILENCE_MS
from contracts.records import TaskTruth
from producers.event_writer import EventWriter
from producers.simulator.behaviour import Row
from producers.simulator.blind import BlindFilter, BlindTables, Blurred
from producers.simulator.catalogue import CATEGORIES, Catalogue, Change, Item
from producers.simulator.chain import Chain
from producers.simulator.drifts import FIRST_REGIME, Drift, drift_of
from producers.simulator.oracle import BayesFilter
from producers.simulator.parameters import DEVICES, OFFERS
from producers.simulator.population import Population, User
from producers.simulator.reviews import write_review
from producers.simulator.scenario import Scenario
from producers.simulator.session import Line, Visit
from producers.simulator.shifts import Shift, Tables
from producers.simulator.switches import Switch, Switches

__all__ = ["START", "Shop"]

START: Final = "2026-01-05T08:00:00.000Z"
TICK_MS: Final = 60_000
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
# Shoppers by hour of the day, against the average.
_HOURLY: Final = (
    0.4, 0.3, 0.3, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.2,
    1.3, 1.2, 1.1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.7, 1.5, 1.2, 0.8,
)  # fmt: skip
_MEAN_HOURLY: Final = sum(_HOURLY) / len(_HOURLY)
# The experiment from which offers are learnt later: this share of sessions, then one of OFFERS by chance.
_ENROLLED: Final = 0.2
_PROPENSITY: Final = (0.5, 0.25, 0.25)
_PROPENSITY_CUMULATIVE: Final = tuple(accumulate(_PROPENSITY[:-1]))
_REVIEWED: Final = 0.35
_RETURNED: Final = 0.08

Act: TypeAlias = Callable[[int], int | None]


class _Kind(NamedTuple):
    """What sessions of one persona and shift have in common: looked up once for each."""

    persona: str
    intents: tuple[float, float]
    chances: tuple[tuple[tuple[float, ...], ...], ...]
    dwell: tuple[tuple[float, ...], ...]
    prior: Row
    believed: Chain
    clairvoyant: tuple[tuple[float, ...], ...]
    blurred: Blurred


class Shop:
    """One walk: all that changes on the way.

    Parameters
    ----------
    scenario : Scenario
        Decides every draw.
    tables : Tables
        By these shoppers act.
    believed : Tables
        By these the oracle judges.
    blind : BlindTables
        The same for the blind one.
    switches : Switches
        Asked whether the shop's ways are switched.
    """

    def __init__(
        self, scenario: Scenario, tables: Tables, believed: Tables, blind: BlindTables, switches: Switches
    ) -> None:
        self.writer = EventWriter(scenario.source, scenario.partitions)
        self._scenario = scenario
        self._tables = tables
        self._believed = believed
        self._blind = blind
        # Each concern draws from a stream of its own: more reviews don't change who comes next.
        self._arrivals = Random(f"{scenario.seed}/arrivals")
        self._visits = Random(f"{scenario.seed}/visits")
        self._later = Random(f"{scenario.seed}/later")
        self._reviews = Random(f"{scenario.seed}/reviews")
        self._shelves = Random(f"{scenario.seed}/shelves")
        self._catalogue = Catalogue(Random(f"{scenario.seed}/catalogue"))
        self._population = Population(Random(f"{scenario.seed}/population"), tables.parameters.personas)
        self._kinds: dict[tuple[int, Shift], _Kind] = {}
        self._to_come = scenario.drift
        self._switches = switches
        self._drift: Drift | None = None
        self._way: int | None = None
        self._noted = 0
        self._sessions = 0
        self._acts = 0
        self._agenda: list[tuple[int, int, Act]] = []
        start = time_ms(START)
        self._tick = start
        self._products(start, self._catalogue.listing())
        self._put(start, self._arrive)
        self._put(start + 5 * _HOUR_MS, self._turn_prices)
        self._put(start + 3 * _HOUR_MS, self._replace)

    def _put(self, when: int, act: Act) -> None:
        self._acts += 1
        heappush(self._agenda, (when, self._acts, act))

    def next(self) -> None:
        """Let the next thing happen; what it says is in `writer.out`."""
        now, _, act = heappop(self._agenda)
        while self._tick <= now:
            self.writer.tick(self._tick)
            self._tick += TICK_MS
        before = self.writer.user_events
        wait = act(now)
        if wait is not None:
            self._put(now + wait, act)
        drift = self._to_come
        if drift and self.writer.user_events >= drift.at_events:
            self._to_come = None
            self._begin(drift, now)
        # Behind a user event that no drift is noted with: its number says where, when all is walked through again.
        events = self.writer.user_events
        if events > max(before, self._noted) and (switch := self._switches.after(events)) is not None:
            word = read_switch(switch.drift, events)
            self._begin(None if word is None else drift_of(word), now, switch)

    def _begin(self, drift: Drift | None, now: int, switch: Switch | None = None) -> None:
        at = drift.at_events if drift is not None else self.writer.user_events
        name = str(drift) if drift is not None else f"{OFF}@{at}"
        self._note(now, name, at, None if switch is None else switch.control)
        if self._drift is not None:
            self._products(now, self._drift.end(self._catalogue))
        self._drift = drift
        if drift is not None:
            self._way = drift.way(0, now)
            self._products(now, drift.begin(self._catalogue))

    def _note(self, now: int, name: str, at_events: int, control: int | None = None) -> None:
        self._noted = at_events
        self.writer.drift(now, name, at_events, control)

    def close(self, now: int) -> list[Emission]:
        """Ticks for the half hour after `now`, so that all that is open is settled."""
        last = now + SILENCE_MS + TICK_MS
        self.writer.out = []
        while self._tick <= last:
            self.writer.tick(self._tick)
            self._tick += TICK_MS
        return self.writer.out

    def _arrive(self, now: int) -> int:
        self._start(now)
        rate = self._scenario.traffic * _HOURLY[now // _HOUR_MS % 24] / _MEAN_HOURLY
        return int(self._arrivals.expovariate(rate) * _HOUR_MS) + 1

    def _start(self, now: int) -> None:
        draw = self._visits.random
        drift, regime, is_another_way = self._drift, 0, False
        is_bot = drift is not None and drift.bot_share > 0.0 and draw() < drift.bot_share
        if drift is not None:
            way = 0 if is_bot else drift.way(self.writer.user_events - drift.at_events, now)
            regime = 0 if way is None else FIRST_REGIME[drift.name] + way
            is_another_way = drift.is_noted_again and way != self._way
            self._way = way
        user = self._population.bot() if is_bot else self._population.comes()
        device = self._population.device(user)
        offer = propensity = None
        if draw() < _ENROLLED:
            offer = bisect(_PROPENSITY_CUMULATIVE, draw())
            propensity = _PROPENSITY[offer]
        shift = Shift(
            hour=now // _HOUR_MS % 24 // 6,
            device=device,
            returning=1 if user.sessions else 0,
            offer=offer or 0,
            price=1 if self._catalogue.is_sale else 0,
            regime=regime,
        )
        kind = self._kinds.get((user.persona, shift))
        if kind is None:
            kind = self._kinds[user.persona, shift] = self._kind(user.persona, shift)
        intent = bisect(kind.intents, draw())
        self._sessions += 1
        session_id = f"s-{self._sessions:08d}"
        first_event = self.writer.user_events + 1
        self.writer.user(
            SessionStarted,
            now,
            user.user_id,
            session_id,
            device=DEVICES[device],
            country=user.country,
            is_returning=user.sessions > 0,
        )
        if offer is not None:
            self.writer.user(
                OfferShown, now, user.user_id, session_id, offer=OFFERS[offer], propensity=propensity
            )
        if drift is not None and is_another_way:
            self._note(now, str(drift), first_event)
        user.sessions += 1
        user.is_busy = True
        visit = Visit(
            user=user,
            session_id=session_id,
            intent=intent,
            persona=kind.persona,
            offer=offer or 0,
            chances=kind.chances[intent],
            dwell=kind.dwell[intent],
            clairvoyant=kind.clairvoyant[intent],
            bayes=BayesFilter(kind.prior, kind.believed),
            blind=BlindFilter(kind.blurred, user.beliefs),
            rng=self._visits,
            catalogue=self._catalogue,
            writer=self.writer,
            ended=self._ended,
        )
        self._put(now + visit.wait_ms(), visit.step)

    def _kind(self, persona: int, shift: Shift) -> _Kind:
        tables, believed = self._tables, self._believed
        prior, chain = tables.prior(persona, shift), tables.chain(persona, shift)
        chain_believed = believed.chain(persona, shift)
        return _Kind(
            persona=tables.parameters.personas[persona].name,
            intents=(prior[0], prior[0] + prior[1]),
            chances=chain.cumulative,
            dwell=tables.dwell_cumulative[shift.regime],
            prior=believed.prior(persona, shift),
            believed=chain_believed,
            clairvoyant=chain_believed.clairvoyant,
            blurred=self._blind.blurred(shift),
        )

    def _ended(self, visit: Visit, now: int) -> None:
        visit.user.is_busy = False
        if not visit.lines:
            return
        rng = self._later
        line = visit.lines[int(rng.random() * len(visit.lines))]
        if rng.random() < _REVIEWED:
            wait = _HOUR_MS + int(rng.expovariate(1 / 10) * _HOUR_MS)
            self._put(now + wait, partial(self._review, visit.user, line.item))
        if rng.random() < _RETURNED:
            wait = 4 * _HOUR_MS + int(rng.expovariate(1 / 20) * _HOUR_MS)
            self._put(now + wait, partial(self._return, visit.user, f"o-{visit.session_id[2:]}", line))

    def _review(self, user: User, item: Item, now: int) -> None:
        review = write_review(
            self._reviews, user.mood + item.quality, CATEGORIES[item.category], user.country
        )
        number = self.writer.user(
            ReviewPosted,
            now,
            user.user_id,
            None,
            product_id=item.product_id,
            text=review.text,
            stars=review.stars,
        )
        self.writer.truth(
            now,
            user.user_id,
            TaskTruth(
                task="sentiment",
                event_id=number,
                session_id=number,  # of no visit
                time=self.writer.time,
                truth=review.happy,
            ),
        )

    def _return(self, user: User, order_id: str, line: Line, now: int) -> None:
        total = round(line.product.price * line.quantity, 2)
        self.writer.user(OrderReturned, now, user.user_id, None, order_id=order_id, total=total, lines=1)

    def _products(self, now: int, changes: Iterable[Change]) -> None:
        for kind, item in changes:
            self.writer.product(kind, now, item.snapshot, item.name)

    def _turn_prices(self, now: int) -> int:
        self._products(now, self._catalogue.turn_prices())
        return int(self._shelves.uniform(6, 18) * _HOUR_MS)

    def _replace(self, now: int) -> int:
        self._products(now, self._catalogue.replace_one())
        return int(self._shelves.uniform(1, 7) * _HOUR_MS)
