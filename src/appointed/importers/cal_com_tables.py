"""The tables of a Cal.com database that matter here, row by row as its dump has them."""

from collections import defaultdict

from appointed.importers import values
from appointed.importers.imported import Source, SourceInvalid
from appointed.importers.sql_dump import Row, read_rows
from appointed.importers.sql_text import Flavour

_COLUMNS = {
    "users": "id name username email timeZone defaultScheduleId",
    "Team": "id name slug parentId isOrganization",
    "Schedule": "id userId name timeZone",
    "Availability": "id userId eventTypeId days startTime endTime date scheduleId",
    "EventType": (
        "id title slug length offsetStart userId teamId parentId schedulingType scheduleId minimumBookingNotice"
        " beforeEventBuffer afterEventBuffer slotInterval seatsPerTimeSlot periodType periodDays periodStartDate"
        " periodEndDate periodCountCalendarDays requiresConfirmation recurringEvent bookingLimits durationLimits price"
        " hidden timeZone position"
    ),
    "Host": "userId eventTypeId isFixed scheduleId",
    "_user_eventtype": "A B",
    "Booking": (
        "id uid userId eventTypeId title description startTime endTime createdAt status location recurringEventId"
    ),
    "Attendee": "id name email phoneNumber locale bookingId",
    "OutOfOfficeEntry": "id uuid userId start end",
}
_KEPT = {table: frozenset(columns.split()) for table, columns in _COLUMNS.items()}
_MARKS = ("EventType", "Booking")


class Tables:
    """The rows, and some of them by what they belong to."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self._rows = rows

    def rows(self, table: str) -> list[Row]:
        """The rows of a table by the name it has in the database."""
        return self._rows.get(table, [])

    def by(self, table: str, column: str) -> dict[str, list[Row]]:
        """The rows of a table by what stands in a column."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.rows(table):
            found[values.text(row, column)].append(row)
        return found


def read_tables(source: Source) -> Tables:
    """The tables. Raises SourceInvalid where none of those that tell the database is there."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for name, row in read_rows(source, Flavour.POSTGRESQL, lambda name: name in _KEPT):
        found[name].append({column: row[column] for column in _KEPT[name] & row.keys()})
    if not any(found.get(mark) for mark in _MARKS):
        raise SourceInvalid(f"{source.name} is no dump of Cal.com: neither EventType nor Booking has rows")
    return Tables(found)
