"""Properties of reading times: what is written comes back, and any text is read or fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from .conftest import convert_texts

offsets = st.integers(-15 * 60 - 59, 15 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001
columns = st.lists(instants, min_size=1, max_size=20)


@given(columns, st.sampled_from(["T", " "]))
def test_isoformat_round_trips(values: list[datetime], separator: str) -> None:
    """What Python writes as ISO 8601 is read as the same instant, whatever stands beside it."""
    made = convert_texts([value.isoformat(separator) for value in values], "timestamptz")
    assert (made.values.to_list(), made.failed, made.heals) == ([v.astimezone(UTC) for v in values], None, ())


@given(
    st.lists(st.datetimes(datetime(1000, 1, 1)), min_size=1, max_size=20),  # noqa: DTZ001
    st.sampled_from("/.-"),
    st.booleans(),
)
def test_ordered_dates_round_trip(values: list[datetime], mark: str, day_first: bool) -> None:
    """Numeric dates in a known order are read back, padded or not, with and without a time."""
    values = [value.replace(microsecond=0) for value in values]
    order = ("{0.day}", "{0.month}") if day_first else ("{0.month:02}", "{0.day:02}")
    form = mark.join((*order, "{0.year}")) + " {0:%H:%M:%S}"
    made = convert_texts(
        [form.format(v) for v in values], "timestamp", date_order="DMY" if day_first else "MDY"
    )
    assert (made.values.to_list(), made.failed) == (values, None)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)), st.sampled_from([1, 1_000, 1_000_000]))  # noqa: DTZ001
def test_epoch_round_trips(value: datetime, per_second: int) -> None:
    """An epoch number of any unit is its instant."""
    ticks = (value - datetime(1970, 1, 1)) // timedelta(microseconds=1_000_000 // per_second)  # noqa: DTZ001
    made = convert_texts([str(ticks)], "timestamptz")
    assert made.values.to_list() == [
        datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ticks * 1_000_000 // per_second)
    ]


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20))
def test_any_text_is_read_or_fails(texts: list[str | None]) -> None:
    """No text breaks the conversion: each cell is a value, NULL, or failed."""
    for base in ("date", "timestamp", "timestamptz", "time", "timetz"):
        made = convert_texts(texts, base)
        failed = made.failed if made.failed is not None else pl.Series([False] * len(texts), dtype=pl.Boolean)
        assert len(made.values) == len(texts)
        assert not (failed & made.values.is_not_null()).any()
