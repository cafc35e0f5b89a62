"""When a label is settled: the rules that learners, audit and ETL share.

A **visit** is a session, or in a recorded shop without sessions a cart. The clock of a partition is the latest
event time seen in it, ticks and copies of product events included. Records count in the order of the partition:

1. An accepted event first moves the clock; then every open visit whose last event lies `SILENCE_MS` or more
   behind (by the clock when it arrived) is settled by ``silence``, oldest first.
2. Decision points are ProductViewed and CartAdded with a session (conversion), CartAdded and CartRemoved (basket).
   One that belongs to an open or new visit is predicted, and any event of a visit keeps it open.
3. OrderPlaced settles its visit, also one never seen before: conversion 1, basket the order's total, why ``order``.
   SessionEnded settles a visit that is open (else it is just an event): conversion 0, basket none (null), why
   ``ended``; so does silence, why ``silence``.
   Only decision points before that record count, and they settle in the order of their offsets.
   A task may also be asked once a visit, when it has ended, of its last event. What it answers bears the offset of that
   event, which may stand before others that were predicted already.
4. A settled visit is remembered until the clock has gone on by `MEMORY_MS` or more. A decision point or an
   OrderPlaced in it is **late**: counted, not predicted, no label changes. Any other event of it is just an event.
5. A task may settle its decision points before that: with their own event (why ``at-once``), or with the next event
   of the visit that touches another thing (why ``next``), before that event is a decision point itself.

Searched, SessionStarted, OfferShown, OfferTaken belong to a visit by their session and open it. OrderReturned and
ReviewPosted belong to none: they come days later. A task that is asked of one is settled by it at once or never; the
event's id stands in the place of the visit.
"""

from __future__ import annotations

__all__ = ["AHEAD_MS", "MEMORY_MS", "SILENCE_MS"]

SILENCE_MS = 30 * 60 * 1000
MEMORY_MS = 24 * 60 * 60 * 1000
# No event may be further ahead of the last ClockTicked of its partition: one record from the year 2099 would
# otherwise settle everything that is open.
AHEAD_MS = 24 * 60 * 60 * 1000
