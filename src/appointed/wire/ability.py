"""What the interface of a vendor can express of the life of a visit, in our words."""

from enum import StrEnum


class Ability(StrEnum):
    """One thing that a client of a dialect can do, by however many of its operations.

    OFFER lists the starts that can be had. HOLD takes one without a promise, CONFIRM makes the promise, RELEASE gives a
    hold back. BOOK holds and confirms in one request. MOVE takes another start for a visit and frees its own. CANCEL
    gives back what was promised.
    """

    OFFER = "offer"
    HOLD = "hold"
    CONFIRM = "confirm"
    RELEASE = "release"
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
