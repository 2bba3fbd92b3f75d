"""Why a start is not on offer: every rule and every claim in its way, in the words of the rules themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from appointed.core.availability import ASSIGNMENT, assignable
from appointed.core.ids import ResourceId, ServiceId, VisitId
from appointed.core.inquiry import Inquiry
from appointed.core.plan import Need
from appointed.core.roster import Roster
from appointed.core.rule import ResourceRule
from appointed.core.rules import RESOURCE_RULES, claims

BUFFERS = "buffers"


@dataclass(frozen=True, slots=True)
class Block:
    """One reason. `resource_id` is None where it is not about a resource, `service_id` None where it is about all.

    A caller with the scope `overbook` may pass it where it is `bypassable`. `visits` are those whose claims are in the
    way, as far as it was asked whose they are.
    """

    rule: str
    bypassable: bool
    service_id: ServiceId | None = None
    resource_id: ResourceId | None = None
    visits: tuple[VisitId, ...] = ()


def explain(asked: Inquiry) -> tuple[Block, ...]:
    """Everything that blocks the first minute of the window; nothing where it is on offer."""
    start = asked.window[0]
    found = [Block(rule.name, rule.bypassable, part.service.id) for rule, part in asked.blocking(start)]
    if not assignable(asked, asked.axis.span(start, start + 1)):
        found += _about_resources(asked, start)
    return tuple(dict.fromkeys(found))


def _about_resources(asked: Inquiry, start: int) -> list[Block]:
    found: list[Block] = []
    served = True
    for need in dict.fromkeys(asked.plan.needs):
        blocks = [list(resource_blocks(asked, need, roster, start)) for roster in asked.rosters_of(need)]
        served &= any(not each for each in blocks)
        found += [block for each in blocks for block in each]
    if served or not found:
        found.append(Block(ASSIGNMENT, False))
    return found


def resource_blocks(asked: Inquiry, need: Need, roster: Roster, start: int) -> Iterator[Block]:
    """Every rule that keeps a resource from a need at one start of the plan."""
    begins, ends = start + need.claims_from, start + need.claims_to
    service_id = asked.plan.parts[need.part].service.id
    for rule in RESOURCE_RULES:
        if roster.axis.has(roster.begins((rule,), need, asked.capacity(need, start, roster.room)), begins):
            continue
        name, visits = rule.name, ()
        if rule.of_room and rule.bypassable:
            met = (begins, ends)
            if rule is claims and _item_meets_claims(asked, need, roster, start):
                met = (start + need.starts, start + need.ends)
            elif rule is claims:
                name = BUFFERS
            visits = _in_the_way(rule, need, roster, asked.capacity(need, start, roster.room), met)
        yield Block(name, rule.bypassable, service_id, roster.resource.id, visits)


def _in_the_way(
    rule: ResourceRule, need: Need, roster: Roster, capacity: int | None, met: tuple[int, int]
) -> tuple[VisitId, ...]:
    """The visits whose claims take what is short in the minutes from `met[0]` to `met[1]`."""
    starts, ends = met
    if rule.by_start:
        found = [claim for claim in roster.room.overlapping(starts, ends) if (claim.starts, claim.ends) == met]
    else:
        short = roster.blocking(rule, need, capacity) & roster.axis.span(starts, ends)
        found = [
            claim
            for claim in roster.room.overlapping(starts, ends)
            if short & roster.axis.span(claim.starts, claim.ends)
        ]
    return tuple(dict.fromkeys(claim.visit_id for claim in found if claim.visit_id is not None))


def _item_meets_claims(asked: Inquiry, need: Need, roster: Roster, start: int) -> bool:
    taken = roster.blocking(claims, need, asked.capacity(need, start, roster.room))
    return bool(taken & roster.axis.span(start + need.starts, start + need.ends))
