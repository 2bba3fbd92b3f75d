"""Random lives of visits, in the database and in a model, which have to agree at every step."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appointed.core.catalog import CapacityStep, PoolScope
from appointed.core.errors import Refusal
from appointed.core.intervals import Interval
from appointed.core.once import Once
from appointed.core.visit import Details
from appointed.store.pool import open_pool
from appointed.usecases import holds, visits
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.slots import find_slots, single
from model import Booked, Model, Taken
from people import (
    LONG_AGO,
    MORNING,
    exclusive_resource,
    new_branch,
    new_owner,
    new_service,
    offer,
    pool_resource,
    set_clock,
)
from proofs.raw import HOUR, MINUTE, problems

FIRST = MORNING + 6 * HOUR
NOON = FIRST + 20 * MINUTE
NEEDS = {
    "ten": (10, ("somebody",)),
    "quarter": (15, ("pool",)),
    "five": (5, ("slotted",)),
    "both": (5, ("somebody", "pool")),
}
KINDS = st.sampled_from(sorted(NEEDS))
STARTS = st.integers(0, 9)
NTH = st.integers(0, 99)
some_visits = precondition(lambda self: self.pairs)


class Lives(RuleBasedStateMachine):
    """`pairs` are the visits: as the model has it, of which service, and the id in the database."""

    runner: asyncio.Runner
    context: Context
    dsn: str

    @initialize()
    def begin(self) -> None:
        self.model = Model(MORNING, NOON)
        self.pairs = []
        self.answered = []
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        branch = new_branch()
        pool = (CapacityStep(LONG_AGO, 3), CapacityStep(NOON, 1))
        resources = {
            "somebody": exclusive_resource(branch.id),
            "pool": replace(pool_resource(branch.id), scope=PoolScope.OVERLAP, capacity=pool),
            "slotted": pool_resource(branch.id, 2),
        }
        self.person = await new_owner(self.context)
        self.services = {}
        for kind, (minutes, needed) in NEEDS.items():
            duration = timedelta(minutes=minutes)
            service = new_service(branch, *(resources[name] for name in needed), duration=duration)
            self.services[kind] = await offer(self.context, self.person, branch, service, *resources.values())

    def ask(self, coroutine):
        """The visit that a use case answers, or the code of its refusal."""
        try:
            return self.runner.run(coroutine)
        except Refusal as refusal:
            return refusal.code

    def claims(self, kind: str, start: int) -> tuple[Taken, ...]:
        starts_at = FIRST + start * 5 * MINUTE
        minutes, needed = NEEDS[kind]
        return tuple(Taken(name, starts_at, starts_at + minutes * MINUTE) for name in needed)

    @rule(kind=KINDS, start=STARTS, lifetime=st.sampled_from((None, 1, 5, 15)), at_once=st.booleans())
    def hold(self, kind: str, start: int, lifetime: int | None, at_once: bool) -> None:
        claims = self.claims(kind, start)
        fits = self.model.fits(claims)
        wish = holds.Wish.single(
            self.services[kind].id,
            claims[0].starts_at,
            claims[0].ends_at,
            Details("en"),
            None if lifetime is None else lifetime * MINUTE,
        )
        use = holds.book if at_once else holds.hold
        once = Once(uuid4(), uuid4())
        answer = self.ask(use(self.context, self.person.caller, wish, once))
        self.answered.append((use, wish, once, answer))
        if not fits:
            assert answer == "slot_taken"
            return
        assert answer.state == ("confirmed" if at_once else "held")
        expires_at = None if at_once or lifetime is None else self.model.now + lifetime * MINUTE
        assert answer.expires_at == expires_at
        booked = Booked(claims, answer.state.value, expires_at)
        self.model.visits.append(booked)
        self.pairs.append((booked, kind, answer.id))

    @some_visits
    @rule(nth=NTH)
    def confirm(self, nth: int) -> None:
        booked, kind, visit_id = self.pairs[nth % len(self.pairs)]
        expected = self.model.step(booked, "held", "confirmed", ("confirmed",))
        answer = self.ask(visits.confirm(self.context, self.person.caller, self.services[kind].id, visit_id))
        assert getattr(answer, "state", answer) == expected

    @some_visits
    @rule(nth=NTH)
    def cancel(self, nth: int) -> None:
        booked, kind, visit_id = self.pairs[nth % len(self.pairs)]
        to = "released" if booked.state == "held" else "cancelled"
        expected = self.model.step(booked, "held confirmed", to, ("released", "cancelled"))
        answer = self.ask(visits.cancel(self.context, self.person.caller, self.services[kind].id, visit_id))
        assert getattr(answer, "state", answer) == expected

    @some_visits
    @rule(nth=NTH, start=STARTS)
    def move(self, nth: int, start: int) -> None:
        booked, kind, visit_id = self.pairs[nth % len(self.pairs)]
        claims = self.claims(kind, start)
        expected = self.model.step(booked, "held confirmed", booked.state, ())
        if expected == booked.state:
            if self.model.fits(claims, but=booked):
                booked.claims = claims
            else:
                expected = "slot_taken"
        times = (claims[0].starts_at, claims[0].ends_at)
        change = visits.Change(lambda details: details, lambda _: times)
        answer = self.ask(visits.change(self.context, self.person.caller, self.services[kind].id, visit_id, change))
        assert getattr(answer, "state", answer) == expected

    @some_visits
    @rule(nth=NTH, of_hold=NTH)
    def absorb(self, nth: int, of_hold: int) -> None:
        """A promise goes over to the place of a hold."""
        booked, kind, visit_id = self.pairs[nth % len(self.pairs)]
        held, other_kind, hold_id = self.pairs[of_hold % len(self.pairs)]
        answer = self.ask(visits.absorb(self.context, self.person.caller, visit_id, hold_id))
        expected = "service_differs" if kind != other_kind else self.model.absorb(booked, held)
        assert getattr(answer, "state", answer) == expected

    @rule(minutes=st.integers(1, 10))
    def clock_forward(self, minutes: int) -> None:
        self.model.now += minutes * MINUTE
        self.runner.run(set_clock(self.context, self.person, self.model.now))

    @rule()
    def lapse(self) -> None:
        """Tidies up, and so changes nothing that anybody could see but the name of the state."""
        sql = "SELECT lapse($1, $2, 100)"
        self.runner.run(self.context.pool.call(sql, self.person.tenant, self.model.now))
        assert self.runner.run(self.context.pool.call(sql, self.person.tenant, self.model.now)) == 0

    @rule(nth=NTH)
    def replay(self, nth: int) -> None:
        """An old request is answered as it was, whatever happened since."""
        if self.answered:
            use, wish, once, answer = self.answered[nth % len(self.answered)]
            assert self.ask(use(self.context, self.person.caller, wish, once)) == answer

    @rule(kind=KINDS)
    def look(self, kind: str) -> None:
        """What is on offer is what the model has left."""
        window = Interval(FIRST, FIRST + 50 * MINUTE)
        offered = self.runner.run(find_slots(self.context, self.person.caller, single(self.services[kind].id), window))
        found = {slot.starts_at: slot.available for slot in offered.slots}
        expected = {
            claims[0].starts_at: max(0, min(map(self.model.left, claims)))
            for claims in (self.claims(kind, start) for start in range(10))
        }
        assert found == expected

    @invariant()
    def agrees(self) -> None:
        """The visit that came last is where the model has it."""
        if getattr(self, "pairs", None):
            booked, kind, visit_id = self.pairs[-1]
            visit = self.ask(visits.find_visit(self.context, self.person.caller, self.services[kind].id, visit_id))
            assert visit.state in ({"held", "expired"} if booked.lapsed(self.model.now) else {booked.state})
            assert visit.items[0].starts_at == booked.claims[0].starts_at

    def teardown(self) -> None:
        if hasattr(self, "person"):
            assert self.runner.run(problems(self.dsn, self.model.now, self.person.tenant)) == []


@pytest.mark.parametrize(
    ("examples", "steps"), [(40, 30), pytest.param(400, 60, marks=pytest.mark.exhaustive, id="exhaustive")]
)
def test_lives_of_visits(dsn: str, examples: int, steps: int) -> None:
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn, 4))
        try:
            machine = type("Lives", (Lives,), {"runner": runner, "context": Context(pool, system_clock), "dsn": dsn})
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(pool.close())
