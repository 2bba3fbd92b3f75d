"""What can be booked: a list, the next free, and why not."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeAlias

from appointed.core import availability
from appointed.core import explain as core_explain
from appointed.core.availability import Slot
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Branch
from appointed.core.explain import Block
from appointed.core.ids import ServiceId
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
from appointed.usecases.inquiring import Want, Wanted, Window, always, inquire, start_window
from appointed.usecases.offers import Offer
from appointed.usecases.reading import read

NOTHING = Offer(())
SEARCHED = timedelta(days=366)
NEAR = timedelta(days=31)

# Most searches end in the first step; the last are for services that are booked up.
_STEPS = tuple(timedelta(days=days) for days in (1, 7, 31, 93, 186, 279, 366))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day on the branch's clock; None for the day that it is there."""

    day: date | None


Span: TypeAlias = Interval | CalendarDay


@dataclass(frozen=True, slots=True)
class NextFree:
    """The first slot with a place left that a want has."""

    want: Want
    slot: Slot


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a start is not on offer: nothing where it is. `before` and `after` are the nearest slots still free."""

    blocks: tuple[Block, ...]
    before: Slot | None
    after: Slot | None


async def find_slots(context: Context, caller: Caller, want: Want, span: Span, *, full: bool = True) -> Offer:
    """Every slot that starts in the span, in order, with `full` also those that have nothing left.

    Raises ServiceNotFound, BranchesDiffer, ScopeMissing.
    """
    caller.require(Scope.READ)
    question = caller.tenant, want, span, full
    return await context.sharing.ask(question, lambda: _find(context, caller, want, span, full=full))


async def _find(context: Context, caller: Caller, want: Want, span: Span, *, full: bool) -> Offer:
    try:
        asked = await inquire(context, caller, want, lambda branch, now: window_of(span, branch, now))
    except _NoSuchTimeError:
        return NOTHING
    if want.customer is not None:
        return Offer(availability.slots(asked, full=full))
    question = caller.tenant, want, asked.window, full
    return context.offers.get(question, asked, partial(availability.slots, full=full))


async def find_next(
    context: Context, caller: Caller, wants: Sequence[Want], start: datetime, *, within: timedelta = SEARCHED
) -> tuple[NextFree, ...]:
    """The first free slot from an instant on of each want that has one, the earliest first.

    Wants may be of different branches. The search goes a day ahead, then longer, and ends `within` of the start.
    Raises what `find_slots` raises.
    """
    caller.require(Scope.READ)
    if context.catalogs.get(caller.tenant) is None:
        # Else each of those that are asked at once would read it.
        await read(context, caller)
    found: list[NextFree] = []
    open_wants = list(wants)
    start = reached = min(max(start, FIRST_INSTANT), LAST_INSTANT)
    last = start + min(within, LAST_INSTANT - start)
    for ahead in _STEPS:
        beyond = min(start + ahead, last)
        slots = await _firsts(context, caller, open_wants, reached, beyond)
        asked = list(zip(open_wants, slots, strict=True))
        found += [NextFree(want, slot) for want, slot in asked if slot is not None]
        open_wants, reached = [want for want, slot in asked if slot is None], beyond
        if not open_wants or beyond == last:
            break
    return tuple(sorted(found, key=lambda each: each.slot.starts))


async def explain(context: Context, caller: Caller, want: Want, starts_at: datetime) -> Explanation:
    """Every rule and every claim in the way of a start, and the nearest starts on offer.

    Raises what `find_slots` raises, and SlotNotOffered for an instant in which no calendar has days.
    """
    caller.require(Scope.READ)
    window = start_window(starts_at)
    blocks = core_explain.explain(await inquire(context, caller, want, always(window), detail=True))
    after = await find_next(context, caller, [want], instant_of(window[1]), within=NEAR)
    before = await _last(context, caller, want, instant_of(window[0]))
    return Explanation(blocks, before, after[0].slot if after else None)


async def _firsts(
    context: Context, caller: Caller, wants: Sequence[Want], start: datetime, end: datetime
) -> list[Slot | None]:
    """What `_first` finds of each want, all asked at once; where one fails, the others are let go."""
    try:
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(_first(context, caller, want, start, end)) for want in wants]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [each.result() for each in asking]


async def _first(context: Context, caller: Caller, want: Want, start: datetime, end: datetime) -> Slot | None:
    if start >= end:
        return None
    offer = await find_slots(context, caller, want, Interval(start, end), full=False)
    return offer.slots[0] if offer.slots else None


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
    """The minutes of a span; from midnight to midnight on the branch's clock for a day."""
    if isinstance(span, Interval):
        start, end = max(span.start, FIRST_INSTANT), min(span.end, LAST_INSTANT)
        window = minutes_until(start), minutes_until(end)
    else:
        where = zone(branch.time_zone)
        day = span.day or to_local(where, now).day
        if not FIRST_INSTANT.date() < day < LAST_INSTANT.date():
            raise _NoSuchTimeError
        window = minute_of(edge(where, day, 0)), minute_of(edge(where, day, MINUTES_PER_DAY))
    if window[0] >= window[1]:
        raise _NoSuchTimeError
    return window


class _NoSuchTimeError(Exception):
    """A span that holds no minute: a date that the calendar there left out, or one beyond all calendars."""
