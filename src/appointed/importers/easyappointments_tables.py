"""The tables of an installation of Easy!Appointments that matter here, whatever their names begin with."""

from collections import defaultdict

from appointed.importers import values
from appointed.importers.imported import Source, SourceInvalid
from appointed.importers.sql_dump import Row, read_rows
from appointed.importers.sql_text import Flavour

_MARK = "services_providers"
_COLUMNS = {
    "appointments": (
        "id book_datetime start_datetime end_datetime notes is_unavailability is_unavailable status location"
        " id_users_provider id_users_customer id_services"
    ),
    "blocked_periods": "id name start_datetime end_datetime",
    "categories": "id name",
    "roles": "id slug",
    "service_categories": "id name",
    "services": (
        "id name duration price description location availabilities_type slot_interval attendants_number is_private"
        " id_service_categories id_categories"
    ),
    "services_providers": "id_users id_services",
    "settings": "name value",
    "user_settings": "id_users working_plan working_plan_exceptions",
    "users": "id first_name last_name email mobile_number phone_number timezone language notes id_roles",
    "working_plan_exceptions": "id start_date end_date start_time end_time breaks id_users_provider",
}
_KEPT = {table: frozenset(columns.split()) for table, columns in _COLUMNS.items()}
_SETTINGS = frozenset({"company_name", "default_timezone", "book_advance_timeout", "future_booking_limit"})


class Tables:
    """The rows of one installation."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self._rows = rows

    def rows(self, table: str) -> list[Row]:
        """The rows of a table by its name without the prefix; none where the release has no such table."""
        return self._rows.get(table, [])

    @staticmethod
    def is_time_off(row: Row) -> bool:
        """Whether a row among the appointments only tells that the provider is away."""
        return values.yes(row, "is_unavailability") or values.yes(row, "is_unavailable")


def read_tables(source: Source, prefix: str | None) -> Tables:
    """The tables whose names begin with `prefix`, which need not be told where only one is there.

    Raises SourceInvalid.
    """
    found: defaultdict[str, defaultdict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name, row in read_rows(source, Flavour.MYSQL, lambda name: _table(name) is not None):
        table = _table(name)
        if table is not None:
            begins = name.removesuffix(table)
            found[begins][table].append({column: row[column] for column in _KEPT[table] & row.keys()})
    prefixes = sorted(begins for begins, tables in found.items() if tables.get(_MARK))
    if prefix is not None:
        prefixes = [begins for begins in prefixes if begins == prefix]
    if not prefixes:
        raise SourceInvalid(f"{source.name} is no dump of Easy!Appointments: no table {prefix or '…_'}{_MARK} has rows")
    if len(prefixes) > 1:
        told = ", ".join(prefixes)
        raise SourceInvalid(f"{source.name} has several installations, whose tables begin with {told}: choose a prefix")
    return Tables(found[prefixes[0]])


def _table(name: str) -> str | None:
    """What a table is by its name: the longest name that it ends with."""
    fitting = [table for table in _KEPT if name.endswith(table) and name[: -len(table)][-1:] in ("", "_")]
    return max(fitting, key=len, default=None)
