"""The rules about a start, each judged on its own."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice

from oracle.pools import capacity_by_steps
from oracle.schedules import Opening, days_around, is_closed, is_open, openings
from oracle.values import EPOCH, MINUTE, Key, Plan, Service, World, instant
from oracle.walls import edge, second_showing, shown, start

# So many days ahead somebody looks for a day on which the branch opens.
FAR_AHEAD = 1100


def length(service: Service, party: int) -> int:
    if service.party_limit is not None:
        party = min(party, service.party_limit)
    return service.duration + (party - 1) * service.per_extra_person


def party_of(plan: Plan, number: int) -> int:
    own = plan.parts[number].party
    return plan.party if own is None else own


def lasts(plan: Plan, number: int) -> int:
    """The minutes of a part; of one that goes on, what each of its people adds where the service says that."""
    part, party = plan.parts[number], party_of(plan, number)
    if not part.goes_on or part.service.added is None:
        return length(part.service, party)
    limit = part.service.party_limit
    return sum(part.service.added for one in range(party) if limit is None or one < limit)


def starts_of(plan: Plan, at: int) -> list[int]:
    """The minute at which each part starts when the plan starts at one."""
    found: list[int] = []
    for number, part in enumerate(plan.parts):
        before = [n for n in range(number) if plan.parts[n].guest == part.guest]
        if not before:
            found.append(at + part.gap)
        elif part.beside:
            found.append(found[before[-1]] + part.gap)
        else:
            found.append(found[before[-1]] + lasts(plan, before[-1]) + part.gap)
    return found


def day_of(world: World, minute: int) -> date:
    return shown(world.zone, minute)[0]


def today(world: World) -> date:
    return day_of(world, (world.now - EPOCH) // MINUTE)


def days_ahead(world: World, days: tuple[int, bool]) -> date | None:
    """The date that so many days lead to, None where too few of them are business days."""
    noted = world.notes.setdefault("days ahead", {})
    if days not in noted:
        count, business = days
        ahead = [today(world) + timedelta(days=n) for n in range(FAR_AHEAD + 1)]
        if not business or count == 0:
            noted[days] = ahead[0] + timedelta(days=count)
        else:
            opens = (day for day in ahead[1:] if openings(world, world.branch, day))
            noted[days] = next(islice(opens, count - 1, None), None)
    return noted[days]


def _bookable(_world: World, plan: Plan, number: int, _s: int) -> bool:
    return not plan.parts[number].service.bookable


def _closures(world: World, plan: Plan, number: int, s: int) -> bool:
    e = s + lasts(plan, number)
    return is_closed(world.branch, s, e) or is_closed(plan.parts[number].service.schedule, s, e)


def _within_branch_hours(world: World, plan: Plan, number: int, s: int) -> bool:
    return is_open(world, world.branch, s, s + lasts(plan, number))


def _special_days(world: World, plan: Plan, number: int, s: int) -> bool:
    return day_of(world, s) in world.branch.special and not _within_branch_hours(world, plan, number, s)


def _opening_hours(world: World, plan: Plan, number: int, s: int) -> bool:
    return day_of(world, s) not in world.branch.special and not _within_branch_hours(world, plan, number, s)


def _booking_hours(world: World, plan: Plan, number: int, s: int) -> bool:
    return not is_open(world, plan.parts[number].service.schedule, s, s + lasts(plan, number))


def _slot_grid(world: World, plan: Plan, number: int, s: int) -> bool:
    if number > 0:
        return False
    service = plan.parts[number].service
    if second_showing(world.zone, s):
        return True
    match service.anchor:
        case "opening":
            return not any(_on_grid_of(world, service, each, s) for each in _anchors(world, service, s))
        case "clock":
            return shown(world.zone, s)[1] % service.grid != 0
        case "packed":
            return s not in packed(world, service, party_of(plan, number), day_of(world, s))
        case other:
            raise ValueError(other)


def _anchors(world: World, service: Service, s: int) -> Iterator[Opening]:
    for day in days_around(world, s):
        own = day in service.schedule.special or service.schedule.week is not None
        yield from openings(world, service.schedule if own else world.branch, day)


def _on_grid_of(world: World, service: Service, opening: Opening, s: int) -> bool:
    """Whether the minute has one of the times that the clock shows every `grid` from the hour of opening on."""
    noted = world.notes.setdefault((service, "grid"), {})
    if opening not in noted:
        times = range(opening.hours.opens, opening.hours.closes, service.grid)
        noted[opening] = {start(world.zone, opening.day, at) for at in times}
    return opening.opens <= s < opening.closes and s in noted[opening]


def packed(world: World, service: Service, party: int, day: date) -> set[int]:
    """The minutes that a packed grid has in the openings around a date."""
    noon = edge(world.zone, day, 720)
    noted = world.notes.setdefault((service, "packed", party, world.claims), {})
    if day not in noted:
        found: set[int] = set()
        for opening in _anchors(world, service, noon):
            for key in {key for role in service.roles for key in role.resources if key in world.resources}:
                for begins, ends in _stretches(world, service, party, key, opening):
                    first = begins if begins == opening.opens else begins + service.before
                    found.update(range(first, ends, service.grid))
        noted[day] = found
    return noted[day]


def _stretches(world: World, service: Service, party: int, key: Key, opening: Opening) -> Iterator[tuple[int, int]]:
    begins = None
    for minute in range(opening.opens, opening.closes):
        if _leaves(world, service, party, key, minute):
            begins = minute if begins is None else begins
        elif begins is not None:
            yield begins, minute
            begins = None
    if begins is not None:
        yield begins, opening.closes


def _leaves(world: World, service: Service, party: int, key: Key, minute: int) -> bool:
    """Whether the claims leave a resource to the service at a minute; a pool counted by slot they always do."""
    resource = world.resources[key]
    if resource.by_slot and not resource.exclusive:
        return True
    taken = sum(claim.units for claim in world.live(key) if claim.starts <= minute < claim.ends)
    if resource.exclusive:
        return not taken
    units = max(role.units for role in service.roles if key in role.resources) * (party if service.heads else 1)
    return capacity_by_steps(resource, minute) - taken >= units


def _past_slots(world: World, plan: Plan, number: int, s: int) -> bool:
    return instant(s) <= world.now and not plan.parts[number].service.past_slots_allowed


def _lead_time(world: World, plan: Plan, number: int, s: int) -> bool:
    service = plan.parts[number].service
    if service.lead_time and instant(s) < world.now + service.lead_time:
        return True
    if service.lead_days is None:
        return False
    first = days_ahead(world, service.lead_days)
    return first is None or day_of(world, s) < first


def _horizon(world: World, plan: Plan, number: int, s: int) -> bool:
    service, day = plan.parts[number].service, day_of(world, s)
    last = None if service.horizon is None else days_ahead(world, service.horizon)
    return (
        (last is not None and day > last)
        or (service.bookable_from is not None and day < service.bookable_from)
        or (service.bookable_until is not None and day > service.bookable_until)
    )


def _party_size(world: World, plan: Plan, number: int, s: int) -> bool:
    limit = plan.parts[number].service.party_limit
    return limit is not None and party_of(plan, number) > limit


def _customer_limit(world: World, plan: Plan, number: int, s: int) -> bool:
    service = plan.parts[number].service
    if service.daily_limit is None:
        return False
    has = [at for key, at in world.visits if key == service.key and day_of(world, at) == day_of(world, s)]
    return len(has) >= service.daily_limit


# The cheapest first: whoever only wants to know whether any blocks may stop at the first that does.
START_RULES: dict[str, Callable[[World, Plan, int, int], bool]] = {
    "bookable": _bookable,
    "slot_grid": _slot_grid,
    "past_slots": _past_slots,
    "party_size": _party_size,
    "lead_time": _lead_time,
    "horizon": _horizon,
    "customer_limit": _customer_limit,
    "closures": _closures,
    "special_days": _special_days,
    "opening_hours": _opening_hours,
    "booking_hours": _booking_hours,
}


def start_reasons(world: World, plan: Plan, number: int, s: int) -> set[str]:
    """The rules that block the start of a part, by its place in the plan, at the minute at which its item starts."""
    return {name for name, blocks in START_RULES.items() if blocks(world, plan, number, s)}


def can_start(world: World, plan: Plan, at: int) -> bool:
    """Whether no rule about a start blocks any part of a plan that starts at a minute."""
    return not any(
        blocks(world, plan, number, s)
        for number, s in enumerate(starts_of(plan, at))
        for blocks in START_RULES.values()
    )
