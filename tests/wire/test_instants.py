"""Which texts are instants, dates and identities."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.errors import FieldInvalid, VisitNotFound
from appointed.wire.identifiers import parse_id
from appointed.wire.instants import in_milliseconds, parse_date, parse_instant, parse_query_instant

HALF_PAST_TWO = datetime(2020, 11, 30, 14, 30, tzinfo=UTC)
IDENTITY = UUID("64aa8a7f-a616-44e8-806a-165e08d91192")


@pytest.mark.parametrize(
    "text",
    [
        "2020-11-30T14:30:00.000Z", "2020-11-30t14:30:00z", "2020-11-30 14:30:00Z", "2020-11-30T14:30Z",
        "2020-11-30T15:30:00+01:00", "2020-11-30T15:30:00+0100", "2020-11-30T15:30:00+01", "2020-11-30T14:30:00-00:00",
        "2020-11-30T14:30:00,000Z", "2020-11-30T14:30:00.000000000Z", "20201130T143000Z", "2020-12-01T00:30:00+10:00",
        "2020-11-30T14:30:00.0Z",
    ],
)  # fmt: skip
def test_every_spelling_of_an_instant(text: str) -> None:
    assert parse_instant(text, "start") == HALF_PAST_TWO
    assert parse_instant(text, "start").tzinfo is UTC
    assert parse_query_instant(text, "from") == HALF_PAST_TWO


@pytest.mark.parametrize(
    "text",
    [
        "2020-11-30x14:30:00Z", "2020-11-30?14:30:00Z", "2020-11-30_14:30:00Z", "2020-11-30\t14:30:00Z",
        "2020-11-30\u00a014:30:00Z", "2020-11-30  14:30:00Z", "2020-11-3014:30:00Z", "2020-11-30/14:30:00Z",
        "2020-W49-1T14:30:00Z", "2020W491T143000Z", "2020-335T14:30:00Z", "2020-11-30", "2020-11-30Z",
        "2020-11-30T14:30:00", "2020-11-30T14:30:00 Z", " 2020-11-30T14:30:00Z", "2020-11-30T14:30:00Z\n",
        "2020-11-30T14:30:00+25:00", "2020-11-30T14:30:00+01:00:00", "2020-11-30T14:30:00+1", "2020-11-30T24:30:00Z",
        "2020-11-30T14:60:00Z", "2020-02-30T14:30:00Z", "2020-13-01T14:30:00Z", "0000-11-30T14:30:00Z",
        "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "12020-11-30T14:30:00Z", "-2020-11-30T14:30:00Z",
        "20-11-30T14:30:00Z", "1606746600", "", "Z", "now", "14:30:00Z", "٢٠٢٠-11-30T14:30:00Z",
        "2020-11-30T14:30:00.Z", "2020-11-30T14:30:00.0000000000Z", "2020\u221211\u221230T14:30:00Z",
        "2020-11-30T14:30:00\u221201:00", "2020-11-30T14:30:00+01:00[Europe/Paris]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("parse", [parse_instant, parse_query_instant])
def test_what_is_no_instant(parse, text: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        parse(text, "booking.start")
    assert refused.value.facts() == {"field": "booking.start", "expected": "instant"}


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2020-11-30T15:30:00 01:00", 14), ("2020-11-30T15:30:00.000 0100", 14), ("2020-11-30T15:30 01", 14),
        ("2020-11-30t15:30:00 01:00", 14), ("2020-11-30 14:30:00Z", 14), ("2020-11-30 15:30:00+01:00", 14),
    ],
)  # fmt: skip
def test_a_plus_that_a_query_lost_is_put_back(text: str, hour: int) -> None:
    """And the space between date and time is not taken for one."""
    assert parse_query_instant(text, "from") == HALF_PAST_TWO.replace(hour=hour)


def test_in_a_body_a_space_is_no_plus() -> None:
    with pytest.raises(FieldInvalid):
        parse_instant("2020-11-30T15:30:00 01:00", "booking.start")


@given(
    instant=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001 - the strategy wants them naive
    hours=st.integers(-14, 14),
)
def test_what_is_written_is_read_again(instant: datetime, hours: int) -> None:
    instant = instant.replace(tzinfo=UTC, microsecond=instant.microsecond // 1000 * 1000)
    written = in_milliseconds(instant)
    assert parse_instant(written, "start") == instant
    assert parse_instant(f"{written[:-1]}{hours:+03}:00", "start") == instant - timedelta(hours=hours)


@given(text=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_text_is_an_instant_or_is_refused(text: str) -> None:
    for parse in (parse_instant, parse_query_instant, parse_date):
        with suppress(FieldInvalid):
            parse(text, "from")


def test_a_date_has_one_spelling() -> None:
    assert parse_date("2020-11-30", "date") == date(2020, 11, 30)
    for text in ("20201130", "2020-W49-1", "2020-335", "2020-02-30", "2020-11-30T00:00:00Z", "", "2020-11-30\n"):
        with pytest.raises(FieldInvalid):
            parse_date(text, "date")


@pytest.mark.parametrize("text", [str(IDENTITY), str(IDENTITY).upper()])
def test_an_identity_in_either_case(text: str) -> None:
    assert parse_id(text, VisitNotFound()) == IDENTITY


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY.hex, f"{{{IDENTITY}}}", IDENTITY.urn, f"uuid:{IDENTITY}", f" {IDENTITY}", f"{IDENTITY}\n",
        "64aa8a7fa61644e8-806a-165e08d91192", "64aa-8a7f-a61644e8-806a-165e08d9-1192", str(IDENTITY)[:-1], "",
        f"{IDENTITY}0", str(IDENTITY).replace("6", "g"), str(IDENTITY).replace("6", "\uff16"), "-" * 36,
        str(IDENTITY).replace("-", "_"), "6-4aa8a7fa61644e8806a165e08d91192",
    ],
)  # fmt: skip
def test_what_is_no_identity_is_nowhere(text: str) -> None:
    unknown = VisitNotFound()
    with pytest.raises(VisitNotFound) as refused:
        parse_id(text, unknown)
    assert refused.value is unknown
