"""What each conversion rule does to a value, in a sentence, and which of them wait for an `--allow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rule(NamedTuple):
    """One named change of a value."""

    sentence: str
    lossy: bool = False  # loses something; only happens when `allow` is given with --allow
    assumption: bool = False  # rests on something that the file does not say
    allow: str | None = None  # the name to give to --allow; None where it is not asked for


RULES: Final[Mapping[str, Rule]] = {
    # all types
    "null_token": Rule("A word that stands for nothing ('', n/a, null, -, and those of --null) became NULL."),
    "invisible_characters": Rule(
        "Characters without width (zero-width blanks, marks of direction) were taken out of a value that is no text."
    ),
    "outer_blanks": Rule(
        "Blanks around a value of a type that has none (inet, cidr, pg_lsn, oid, xid) were taken off."
    ),
    "extended_json": Rule(
        'A value that MongoDB wraps in an object was taken out of it: {"$oid": "507f..."}, {"$date": ...},'
        ' {"$numberLong": "5"}.'
    ),
    # numbers
    "thousands_mark": Rule(
        "Marks between groups of digits were taken out: 1,234,567 and 1 234 567 are 1234567."
    ),
    "decimal_comma": Rule("A decimal comma was read as the decimal point: 12,5 is 12.5."),
    "currency_sign": Rule("A currency sign or code around a number was taken off: $5 and 5 EUR are 5."),
    "percent": Rule(
        "A percent sign was taken off; all other values of the column tell whether 12% is 12 or 0.12.",
        assumption=True,
    ),
    "unit_suffix": Rule(
        "The unit behind a number was taken off, where the column's name or a rule names it: 5 kg is 5."
    ),
    "power_suffix": Rule("A shortened number was written out: 3.2k is 3200 and 1.5M is 1500000."),
    "accounting_negative": Rule("A number in parentheses was read as negative: (5) is -5."),
    "trailing_minus": Rule("A minus behind the number was put before it: 5- is -5."),
    "trailing_plus": Rule("A plus behind the number was taken off: 5+ is 5."),
    "unicode_digits": Rule("Digits, signs or marks of another script were read as the ASCII ones."),
    "integral_decimal": Rule(
        "A whole number written with a fraction or an exponent: 1.0 and 1e3 are 1 and 1000."
    ),
    "leading_zeros": Rule("Zeros before a number, which no number keeps, are gone: 0012 is 12."),
    "radix_prefix": Rule("Hexadecimal, octal or binary digits were read: 0x1F is 31."),
    "boolean_as_number": Rule("A typed boolean became 1 or 0."),
    "round": Rule("Digits were rounded half away from zero, as PostgreSQL does.", lossy=True, allow="round"),
    "exponent": Rule(
        "Digits that an exponent hides became zeros in a long whole number: 1.23E+15 is 1230000000000000.",
        lossy=True,
        allow="exponent",
    ),
    "float_precision": Rule(
        "A float cannot hold all the digits of the text; PostgreSQL drops the same ones, unasked.", lossy=True
    ),
    # booleans, UUIDs, enums
    "boolean_word": Rule("A yes/no word, 1/0 or on/off was read as a boolean."),
    "uuid_form": Rule(
        "A UUID in upper case, in braces, as a URN or without hyphens was written the usual way."
    ),
    "enum_label": Rule(
        "A label was found up to case, blanks, hyphens and underscores, or in its other spelling"
        " (canceled, m for male), and only one label fits."
    ),
    "enum_near_miss": Rule(
        "A rare text is a common label of its column but for one letter left out, doubled or changed over.",
        assumption=True,
    ),
    # texts
    "truncate": Rule("A text was cut to what its type holds.", lossy=True, allow="truncate"),
    "trim_blanks": Rule(
        "Trailing blanks were cut so that a text fits its type.", lossy=True, allow="trim_blanks"
    ),
    "remove_nul": Rule(
        "NUL characters, which PostgreSQL cannot hold, were taken out.", lossy=True, allow="remove_nul"
    ),
    # lists
    "delimited_list": Rule(
        "A list with one mark between its elements was written as an array: 'red;green' and '1,2,3'."
    ),
    # bytes and bits
    "hex_digits": Rule("Hexadecimal digits marked as such became bytes: 0xDEAD and X'DEAD'."),
    "data_url": Rule("The base64 of a data URL became the bytes that it stands for."),
    "hex_bytes": Rule("A text of hexadecimal digits became bytes.", allow="hex_bytes"),
    "base64_bytes": Rule("A text in base64 became bytes.", allow="base64_bytes"),
    "text_bytes": Rule("The bytes are those of the text itself.", allow="text_bytes"),
    "bit_literal": Rule("B'101', 0b101, X'1F', 0x1F, true or false became zeros and ones."),
    "json_to_record": Rule(
        "A JSON object was written as a record, its keys matched with the attributes' names."
    ),
    # dates and times
    "date_dmy": Rule("A date was read day first, the order of its column."),
    "date_mdy": Rule("A date was read month first, the order of its column."),
    "date_ymd": Rule("A date was read year first."),
    "date_cjk": Rule("A date such as 2024年1月5日 or 2024년 1월 5일 was written with hyphens."),
    "timestamp_db2": Rule(
        "A time as DB2 writes it, 2024-01-05-10.11.12, was written with a blank and colons."
    ),
    "date_ymd_slashed": Rule("A date with the year first was written with hyphens."),
    "compact_date": Rule("A date written as YYYYMMDD was read."),
    "rfc2822": Rule("A date as in mail headers was read."),
    "month_name": Rule("A date with the month's name was read."),
    "two_digit_year": Rule("A year of two digits became 1970 to 2069.", assumption=True),
    "sheet_text": Rule('The \' or ="" that makes a spreadsheet take a value as text was taken off.'),
    "twelve_hour_clock": Rule("A time with AM or PM was read."),
    "end_of_day": Rule("24:00 behind a date became midnight of the day after, as PostgreSQL reads it."),
    "epoch_seconds": Rule("A count of seconds since 1970 was read as a time."),
    "epoch_milliseconds": Rule("A count of milliseconds since 1970 was read as a time."),
    "epoch_microseconds": Rule("A count of microseconds since 1970 was read as a time."),
    "epoch_nanoseconds": Rule("A count of nanoseconds since 1970 was read as a time."),
    "excel_serial": Rule(
        "A count of days since the end of 1899, as spreadsheets keep dates, was read.", assumption=True
    ),
    "naive_time_zone": Rule(
        "A time without an offset was placed in the zone of its column.", assumption=True
    ),
    "zone_dropped": Rule("The offset of a time was left out for a type that holds none."),
    "midnight_dropped": Rule("A time of midnight was left out for a date."),
    "time_dropped": Rule("A time of day was cut off for a date.", lossy=True, allow="drop_time"),
    "subsecond": Rule(
        "Digits of a second were rounded to what the type holds.", lossy=True, allow="subsecond"
    ),
    "interval_comma": Rule("A decimal comma in an interval was read as the decimal point."),
    # documents
    "json_quote": Rule("A plain text was quoted to be a JSON string.", allow="json_quote"),
    "json_duplicate_keys": Rule(
        "Of keys that a JSON object repeats only the last was kept.", lossy=True, allow="json_duplicate_keys"
    ),
    "json_to_hstore": Rule("A flat JSON object was written as pairs for an hstore."),
    "python_literal": Rule("A value as Python prints it was written as JSON or as an array."),
}
"""Rule name -> what it does. A value that PostgreSQL's own input reads to the same value needs no rule."""

ALLOWED: Final = frozenset(
    {"mixed_currencies", "comma_list", *(rule.allow for rule in RULES.values() if rule.allow is not None)}
)
"""Every name that --allow knows in this room."""
