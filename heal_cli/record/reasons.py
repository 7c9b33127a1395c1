"""What each reject reason means to a person, and what mends it: data, for `heal rejects explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to mend the cause.

    `{table}`, `{column}`, `{constraint}` and `{value}` stand for those of the rejects, `{literal}` for the
    value as SQL writes it; a fix that names what the rejects do not have is left out.
    """

    when: str  # which rows it is for, or what it does: a clause, no full stop
    sql: str | None = None
    flags: str | None = None  # for `heal rejects retry`
    is_retried: bool = True  # False: not by a retry
    if_tried: str = ""  # words that an attempt has to have for it to be a way out


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in plain words."""

    what: str  # what happened: a sentence
    fixes: tuple[Fix, ...]


DUPLICATES: Final = frozenset({"duplicate_ignored", "duplicate_superseded"})
"""Reasons of rows that are no rejects, and stand in the file all the same."""

ONLY_BY_NAME: Final = DUPLICATES | {"doubtful_footer", "group_line"}
"""Reasons that a retry leaves alone unless they are named: to load such a row is an answer to a question."""

_BY_HAND: Final = Fix(
    "mend the record in a file of its own, below the header if there is one, and load that file",
    is_retried=False,
)
"""The whole file, changed, would be another source, and loaded with all that is there already."""

_TO_TEXT: Final = Fix(
    "if the column may hold any text", sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE text;"
)
_NULL: Final = Fix("if the text means that there is no value", flags="--null {value}")
_DROP_NOT_NULL: Final = Fix(
    "if the column may be empty", sql="ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
)
_LATER: Final = Fix("if the cause is gone, or was in rows that have changed since")
_UTF8_HINT: Final = Fix(
    "if the whole file is in another encoding, undo the run and load it with that: --encoding cp1252",
    is_retried=False,
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    # records that could not be read
    "unclosed_quote": Explanation("A field opens with a quote that is never closed.", (_BY_HAND,)),
    "stray_quote": Explanation(
        "A quoted field has a quote in it that is not doubled.",
        (
            Fix(
                "if quotes mean nothing in this file, undo the run and load it with --quote ''",
                is_retried=False,
            ),
            _BY_HAND,
        ),
    ),
    "unknown_escape": Explanation(
        "A backslash stands before a character that neither COPY nor MySQL would put it before.",
        (
            Fix(
                "if backslashes mean nothing in this file, undo the run and load it with --escape ''",
                is_retried=False,
            ),
            _BY_HAND,
        ),
    ),
    "too_few_fields": Explanation("The record has fewer fields than the header names.", (_BY_HAND,)),
    "too_many_fields": Explanation(
        "The record has more fields than the header names: often a delimiter inside a field that should be quoted.",
        (_BY_HAND,),
    ),
    "doubtful_footer": Explanation(
        "The last record may be a total or a remark, and not a row of data.",
        (Fix("if it is a row like the others"),),
    ),
    "group_line": Explanation(
        "The record is the heading or the sum of a group of records: its first field is one that no other record has.",
        (Fix("if it is a row like the others"),),
    ),
    "invalid_utf8": Explanation("The record has bytes that are no UTF-8.", (_UTF8_HINT, _BY_HAND)),
    "invalid_json": Explanation("The line is no JSON.", (_BY_HAND,)),
    "not_an_object": Explanation(
        "The line is JSON, but no object with keys that could be columns.", (_BY_HAND,)
    ),
    "no_row_after": Explanation(
        "The record is the event of a change that leaves no row, such as a delete.",
        (
            Fix(
                "if the events themselves are the rows, undo the run and load them with --json-path .",
                is_retried=False,
            ),
            Fix(
                "delete such rows by their keys: heal load --mode delete with a file of these",
                is_retried=False,
            ),
        ),
    ),
    "duplicate_key": Explanation(
        "The object has one key twice, with different values, and nobody can tell which one counts.",
        (_BY_HAND,),
    ),
    "other_type": Explanation(
        "The source names the type of each value, and this one is not that of the others in its column.",
        (_BY_HAND,),
    ),
    "key_too_long": Explanation("A key of the object is too long to be a column.", (_BY_HAND,)),
    "too_many_columns": Explanation(
        "The object has more keys than a table can have columns.",
        (Fix("put what varies into one nested object, for a jsonb column", is_retried=False),),
    ),
    "nested_too_deep": Explanation("Arrays and objects are nested too deep.", (_BY_HAND,)),
    "no_such_row": Explanation(
        "No row of the table has this key, and --mode update and delete change only rows that are there.",
        (Fix("load it with --mode upsert where it is a new row", is_retried=False), _BY_HAND),
    ),
    # values that could not be converted
    "not_convertible": Explanation(
        "The value is none of the column's type in any spelling that heal knows.",
        (
            _NULL,
            Fix(
                "if the enum lacks the label",
                sql="ALTER TYPE ... ADD VALUE {literal};  -- the type of {table}.{column}",
                if_tried="no such label",
            ),
            _TO_TEXT,
        ),
    ),
    "ambiguous": Explanation(
        "The value can be read in two ways, and no other value of the column decides which.",
        (Fix("if it is a date: say the order of day and month", flags="--date-order DMY", if_tried="date"),),
    ),
    "out_of_range": Explanation(
        "The value is a number or a time that the column's type cannot hold.",
        (
            Fix(
                "if it is a whole number",
                sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint;",
            ),
            Fix("if it is any number", sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE numeric;"),
        ),
    ),
    "would_round": Explanation(
        "The value has more digits than the column keeps.",
        (
            Fix("if digits may be rounded away", flags="--allow round"),
            Fix("if all digits count", sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE numeric;"),
        ),
    ),
    "digits_lost": Explanation(
        "A spreadsheet has shortened a long whole number, and its last digits are gone from the file.",
        (
            Fix(
                "if the source has them: format that column as text, save, undo the run and load the new file",
                is_retried=False,
            ),
            Fix("if zeros will do in their place", flags="--allow exponent"),
        ),
    ),
    "too_long": Explanation(
        "The text is longer than the column holds.",
        (_TO_TEXT, Fix("if it may be cut", flags="--allow truncate")),
    ),
    "nul_byte": Explanation(
        "The record holds a NUL character, which PostgreSQL cannot store.",
        (Fix("if it may be taken out", flags="--allow remove_nul"), _BY_HAND),
    ),
    "would_drop_time": Explanation(
        "The value has a time of day, and the column is a date.",
        (
            Fix(
                "if the time counts",
                sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE timestamptz;",
            ),
            Fix("if it may be dropped", flags="--allow drop_time"),
        ),
    ),
    "would_drop_zone": Explanation(
        "The value has an offset, and the column holds none.",
        (
            Fix(
                "if the moment counts",
                sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE timestamptz;",
            ),
            Fix("if the wall clock of a zone is wanted", flags="--timezone Europe/Berlin"),
        ),
    ),
    "dst_gap": Explanation(
        "Clocks of the zone skipped that time when summer time began.",
        (Fix("if the times are of another zone", flags="--timezone UTC"), _BY_HAND),
    ),
    "dst_fold": Explanation(
        "Clocks of the zone showed that time twice when summer time ended.",
        (Fix("if the times are of another zone", flags="--timezone UTC"), _BY_HAND),
    ),
    "duplicate_keys": Explanation(
        "A JSON object repeats a key, and jsonb keeps only one of its values.",
        (
            Fix("if the last one counts", flags="--allow json_duplicate_keys"),
            Fix("if all count", sql="ALTER TABLE {table} ALTER COLUMN {column} TYPE json;"),
        ),
    ),
    "not_json": Explanation(
        "The text is no JSON.",
        (_NULL, Fix("if it is to be a JSON string", flags="--allow json_quote"), _TO_TEXT),
    ),
    "unknown_column": Explanation(
        "The record has values for which the table has no column.",
        (
            Fix("if they may go to the leftovers file", flags="--unknown-columns rescue"),
            Fix("if nobody needs them", flags="--unknown-columns drop"),
            Fix(
                "if the table is to have them",
                sql="ALTER TABLE {table} ADD COLUMN ... text;  -- of the same name",
            ),
        ),
    ),
    "no_known_key": Explanation(
        "No key of the object goes to a column of the table: the row would have nothing but defaults.",
        (
            Fix("if a key has the value of a column", flags="--map KEY=COLUMN"),
            Fix(
                "if the table is to keep what has no column",
                sql="ALTER TABLE {table} ADD COLUMN _rescued jsonb;",
            ),
        ),
    ),
    # rows that the table refuses
    "not_null_violation": Explanation(
        "The column must have a value, and the record has none.",
        (
            _DROP_NOT_NULL,
            Fix("if another source column has the value", flags="--map SOURCE={column}"),
        ),
    ),
    "foreign_key_violation": Explanation(
        "The row refers to another row that is not there, or is to go while others refer to it.",
        (
            Fix(
                "insert the missing row into the table that {constraint} refers to",
                sql="INSERT INTO ... (...) VALUES ({literal});  -- see: \\d {table}",
            ),
            Fix("if it has been loaded since"),
            Fix(
                "delete or change the rows that refer to it, then load the file again with --again",
                is_retried=False,
                if_tried="referenced from table",
            ),
        ),
    ),
    "unique_violation": Explanation(
        "Another row has the same key.",
        (
            Fix("if the row in the table is to stay as it is", flags="--on-conflict ignore"),
            Fix("if this record is the better one", flags="--on-conflict update"),
            Fix(
                "if the key should not have to be unique",
                sql="ALTER TABLE {table} DROP CONSTRAINT {constraint};",
            ),
        ),
    ),
    "check_violation": Explanation(
        "The row breaks a rule of the table or of a domain.",
        (
            Fix(
                "if the rule is too narrow",
                sql="ALTER TABLE {table} DROP CONSTRAINT {constraint};",
            ),
            _BY_HAND,
        ),
    ),
    "exclusion_violation": Explanation(
        "The row overlaps with another one, and the table forbids that.",
        (Fix("change or delete the other row first"),),
    ),
    "character_not_in_repertoire": Explanation(
        "The text has a character that the database's encoding lacks.",
        (Fix("use a database whose encoding is UTF8", is_retried=False),),
    ),
    "untranslatable_character": Explanation(
        "The text has a character that the database's encoding lacks, or an escape that stands for none.",
        (_BY_HAND, Fix("use a database whose encoding is UTF8", is_retried=False)),
    ),
    "with_check_option_violation": Explanation(
        "The row would not be visible through the view that it was to go in by.",
        (Fix("undo the run and load the file into the table behind the view", is_retried=False),),
    ),
    "row_security_violation": Explanation(
        "A row security policy of the table does not let this role insert the row.",
        (Fix("change the policy, or give --dsn a role that may"),),
    ),
    "raised_by_trigger": Explanation(
        "A trigger or function of the table refused the row, with the words above.", (_LATER,)
    ),
    "trigger_skipped": Explanation(
        "A trigger of the table took the row and kept nothing of it.",
        (Fix("change the trigger, or disable it for the retry"),),
    ),
    "refused_by_server": Explanation("PostgreSQL refused the row, with the words above.", (_LATER,)),
    # duplicates: no rejects
    "duplicate_ignored": Explanation(
        "The row's key was there already, and --on-conflict ignore left it out: nothing has to be done.",
        (Fix("if this record is the better one", flags="--on-conflict update"),),
    ),
    "duplicate_superseded": Explanation(
        "A later row of the same batch has the same key, and --on-conflict update took that one: nothing has to be done.",
        (),
    ),
}
"""Reason code -> its explanation; a test sees to it that no code of heal lacks one."""

UNKNOWN: Final = Explanation("This reason is of another version of heal.", (_LATER,))
