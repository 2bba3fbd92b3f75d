"""What can be booked: a list, the next free, and why not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeAlias

from appointed.core import availability
from appointed.core import explain as core_explain
from appointed.core.availability import Slot
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Branch, Resource
from appointed.core.explain import Block
from appointed.core.ids import ResourceId, ServiceId
from appointed.core.intervals import Interval
from appointed.core.localtime import (
    FIRST_INSTANT,
    LAST_INSTANT,
    MINUTES_PER_DAY,
    edge,
    instant_of,
    minute_of,
    minutes_until,
    to_local,
    zone,
)
from appointed.usecases.context import Context
from appointed.usecases.inquiring import Naming, Want, Wanted, Window, always, inquire_named, start_window
from appointed.usecases.offers import Offer
from appointed.usecases.reading import read

SEARCHED = timedelta(days=366)
NEAR = timedelta(days=31)
# How many wants of one search are asked at once: the connections are there for everybody.
AT_ONCE = 8

# Most searches end in the first step; the last are for services that are booked up.
_STEPS = tuple(timedelta(days=days) for days in (1, 7, 31, 93, 186, 279, 366))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day on the branch's clock, None for the day that it is there; `count` days from it on."""

    day: date | None
    count: int = 1


Span: TypeAlias = Interval | CalendarDay


@dataclass(frozen=True, slots=True)
class NextFree:
    """The first slot with a place left that a want has, and where that is."""

    want: Want
    slot: Slot
    branch: Branch


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a start is not on offer: nothing where it is. `before` and `after` are the nearest slots still free.

    `resources` are those of the branch's tenant, as they were when this was found.
    """

    branch: Branch
    resources: Mapping[ResourceId, Resource]
    blocks: tuple[Block, ...]
    before: Slot | None
    after: Slot | None


async def find_slots(context: Context, caller: Caller, want: Want | Naming, span: Span, *, full: bool = True) -> Offer:
    """Every slot that starts in the span, in order, with `full` also those that have nothing left.

    Raises ServiceNotFound, BranchesDiffer, ScopeMissing, and what names raise.
    """
    caller.require(Scope.READ)
    _, offer = await _listed(context, caller, want, span, full=full)
    return offer


async def _listed(
    context: Context, caller: Caller, want: Want | Naming, span: Span, *, full: bool
) -> tuple[Want | None, Offer]:
    """What the names mean, and the slots of it; there are none, and there is no meaning, for a time that is none."""
    question = caller.tenant, want, span, full
    return await context.sharing.ask(question, lambda: _find(context, caller, want, span, full=full))


async def _find(
    context: Context, caller: Caller, want: Want | Naming, span: Span, *, full: bool
) -> tuple[Want | None, Offer]:
    try:
        known, asked = await inquire_named(context, caller, want, lambda branch, now: window_of(span, branch, now))
    except _NoSuchTimeError as error:
        return None, Offer((), error.branch)
    if known.customer is not None:
        return known, Offer(availability.slots(asked, full=full), asked.branch)
    question = caller.tenant, known, asked.window, full
    return known, context.offers.get(question, asked, partial(availability.slots, full=full))


async def find_next(
    context: Context,
    caller: Caller,
    wants: Sequence[Want | Naming],
    start: datetime | None,
    *,
    within: timedelta = SEARCHED,
) -> tuple[NextFree, ...]:
    """The first free slot from an instant on, or from now on, of each want that has one, the earliest first.

    Wants may be of different branches. The search goes a day ahead, then longer, and ends `within` of the start.
    Raises what `find_slots` raises.
    """
    caller.require(Scope.READ)
    if start is None:
        start = (await read(context, caller)).now
    found: list[NextFree] = []
    open_wants = list(wants)
    start = reached = min(max(start, FIRST_INSTANT), LAST_INSTANT)
    last = start + min(within, LAST_INSTANT - start)
    for ahead in _STEPS:
        beyond = min(start + ahead, last)
        firsts = await _firsts(context, caller, open_wants, reached, beyond)
        found += [first for first in firsts if first is not None]
        open_wants = [want for want, first in zip(open_wants, firsts, strict=True) if first is None]
        reached = beyond
        if not open_wants or beyond == last:
            break
    return tuple(sorted(found, key=lambda each: each.slot.starts))


async def explain(context: Context, caller: Caller, want: Want | Naming, starts_at: datetime) -> Explanation:
    """Every rule and every claim in the way of a start, and the nearest starts on offer.

    Raises what `find_slots` raises, and SlotNotOffered for an instant in which no calendar has days.
    """
    caller.require(Scope.READ)
    window = start_window(starts_at)
    known, asked = await inquire_named(context, caller, want, always(window), detail=True)
    blocks = core_explain.explain(asked)
    after = await find_next(context, caller, [known], instant_of(window[1]), within=NEAR)
    before = await _last(context, caller, known, instant_of(window[0]))
    return Explanation(asked.branch, asked.catalog.resources, blocks, before, after[0].slot if after else None)


async def _firsts(
    context: Context, caller: Caller, wants: Sequence[Want | Naming], start: datetime, end: datetime
) -> list[NextFree | None]:
    """What `_first` finds of each want; where one fails, the others are let go.

    The first is asked alone: a catalogue that is not at hand, or has moved, is read for it and serves the others.
    """
    if not wants:
        return []
    found = await _first(context, caller, wants[0], start, end)
    some = asyncio.Semaphore(AT_ONCE)

    async def ask(want: Want | Naming) -> NextFree | None:
        async with some:
            return await _first(context, caller, want, start, end)

    try:
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(ask(want)) for want in wants[1:]]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [found, *(each.result() for each in asking)]


async def _first(
    context: Context, caller: Caller, want: Want | Naming, start: datetime, end: datetime
) -> NextFree | None:
    if start >= end:
        return None
    known, offer = await _listed(context, caller, want, Interval(start, end), full=False)
    if known is None or not offer.slots:
        return None
    return NextFree(known, offer.slots[0], offer.branch)


async def _last(context: Context, caller: Caller, want: Want, end: datetime) -> Slot | None:
    """The last free slot that starts before an instant, and no longer ago than NEAR."""
    reached = end
    for back in _STEPS:
        first = end - min(back, NEAR)
        if first == reached:
            break
        offer = await find_slots(context, caller, want, Interval(first, reached), full=False)
        if offer.slots:
            return offer.slots[-1]
        reached = first
    return None


def single(service_id: ServiceId, party_size: int = 1) -> Want:
    """One service for one visit."""
    return Want((Wanted(service_id),), party_size)


def window_of(span: Span, branch: Branch, now: datetime) -> Window:
    """The minutes of a span; from midnight to midnight on the branch's clock for days."""
    if isinstance(span, Interval):
        start, end = max(span.start, FIRST_INSTANT), min(span.end, LAST_INSTANT)
        window = minutes_until(start), minutes_until(end)
    else:
        where = zone(branch.time_zone)
        day = span.day or to_local(where, now).day
        if not FIRST_INSTANT.date() < day < LAST_INSTANT.date():
            raise _NoSuchTimeError(branch)
        last = day + timedelta(days=min(span.count - 1, (LAST_INSTANT.date() - day).days - 1))
        window = minute_of(edge(where, day, 0)), minute_of(edge(where, last, MINUTES_PER_DAY))
    if window[0] >= window[1]:
        raise _NoSuchTimeError(branch)
    return window


class _NoSuchTimeError(Exception):
    """A span that holds no minute: a date that the calendar there left out, or one beyond all calendars."""

    def __init__(self, branch: Branch) -> None:
        super().__init__()
        self.branch = branch
