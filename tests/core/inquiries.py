"""Inquiries of the engine, made of drawn worlds."""

from datetime import timedelta

from appointed.core.inquiry import Inquiry, axis_of, clock_of
from appointed.core.localtime import EPOCH
from appointed.core.occupancy import Taken
from appointed.core.room import room
from appointed.core.roster import Roster
from drawn_world import Drawn


def inquiry(drawn: Drawn, window: tuple[int, int] | None = None) -> Inquiry:
    window = window or drawn.window
    axis = axis_of(drawn.plan, window, drawn.catalog)
    clock = clock_of(drawn.branch, axis, drawn.now)
    now_us = (drawn.now - EPOCH) // timedelta(microseconds=1)

    def known(claims: tuple[Taken, ...]) -> list[Taken]:
        return [claim for claim in claims if claim.starts < axis.ends and axis.starts < claim.ends]

    starts: dict = {}
    for service_id, minute in drawn.visits:
        starts.setdefault(service_id, []).append(minute)
    return Inquiry(
        plan=drawn.plan,
        branch=drawn.branch,
        window=window,
        now=drawn.now,
        rosters={
            resource.id: Roster(resource, room(resource, known(drawn.claims.get(resource.id, ())), now_us), clock, axis)
            for resource in drawn.catalog.resources.values()
        },
        catalog=drawn.catalog,
        customer_starts=starts,
    )
