"""Answers kept in the process, for as long as all that they hang on is the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from appointed.core.availability import Slot
from appointed.core.catalog import Branch, Catalog
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import minute_of, minutes_until
from appointed.core.roster import Roster

OFFERS = 1_000
SLOTS = 1_000
"""A longer answer is not kept: all of them together stay within some hundred megabytes."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Offer:
    """Slots of a branch, in order.

    The same object stands for the same answer, so that what is made of it can be kept with it.
    """

    slots: tuple[Slot, ...]
    branch: Branch


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    catalog: Catalog
    minutes: tuple[int, int]
    rosters: tuple[Roster, ...]
    offer: Offer


class Offers:
    """The answers given last."""

    def __init__(self, limit: int = OFFERS) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(self, question: Hashable, asked: Inquiry, answer: Callable[[Inquiry], tuple[Slot, ...]]) -> Offer:
        """The answer to a question, which is given anew where the catalogue, a roster or the minute is another.

        Starts are whole minutes, so that nothing about them changes between one minute and the next. Whoever counts a
        customer's visits may not ask here.
        """
        minutes, rosters = (minute_of(asked.now), minutes_until(asked.now)), tuple(asked.rosters.values())
        kept = self._kept.get(question)
        if kept is None or kept.catalog is not asked.catalog or kept.minutes != minutes or kept.rosters != rosters:
            kept = _Kept(asked.catalog, minutes, rosters, Offer(answer(asked), asked.branch))
            if len(kept.offer.slots) > SLOTS:
                return kept.offer
            self._kept[question] = kept
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        self._kept.move_to_end(question)
        return kept.offer
