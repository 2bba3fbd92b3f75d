"""Moments as people write them: on the branch's clock, or with an offset."""

from datetime import UTC, datetime

import pytest

from appointed.catalog_file.hours import moment_text, parse_moment
from appointed.core.localtime import zone

AMSTERDAM = zone("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "ends", "instant"),
    [
        ("2026-12-24", False, datetime(2026, 12, 23, 23, tzinfo=UTC)),
        ("2026-12-24", True, datetime(2026, 12, 24, 23, tzinfo=UTC)),
        ("2026-12-24T12:30", False, datetime(2026, 12, 24, 11, 30, tzinfo=UTC)),
        ("2026-12-24 12:30", True, datetime(2026, 12, 24, 11, 30, tzinfo=UTC)),
        ("2026-07-01T12:30:00", False, datetime(2026, 7, 1, 10, 30, tzinfo=UTC)),
        ("2026-12-24T12:30Z", False, datetime(2026, 12, 24, 12, 30, tzinfo=UTC)),
        ("2026-12-24T12:30:01.5-05:00", False, datetime(2026, 12, 24, 17, 30, 1, 500000, tzinfo=UTC)),
        # The clock goes back at three and shows this twice; the first counts.
        ("2026-10-25T02:30", False, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # It goes forward at two and never shows this; what it shows next counts.
        ("2026-03-29T02:30", False, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, ends: bool, instant: datetime) -> None:
    assert parse_moment(text, AMSTERDAM, ends=ends) == instant


@pytest.mark.parametrize(
    "text",
    ["", "soon", "20261224", "2026-13-01", "2026-02-30", "2026-12-24T25:00", "2026-12-24T12:30:30", "0001-01-01",
     "1776-07-04T12:00", "2026-12-24T12:30+25:00", "0001-01-01T00:00+01:00", "2026-W01-1"],
)  # fmt: skip
def test_no_moment(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        parse_moment(text, AMSTERDAM)


def test_it_is_written_on_the_branchs_clock() -> None:
    assert moment_text(datetime(2026, 7, 1, 10, 30, tzinfo=UTC), AMSTERDAM) == "2026-07-01T12:30:00+02:00"
    old = datetime(1800, 1, 1, tzinfo=UTC)
    assert moment_text(old, AMSTERDAM) == "1800-01-01T00:00:00+00:00"
    assert parse_moment(moment_text(old, AMSTERDAM), AMSTERDAM) == old
