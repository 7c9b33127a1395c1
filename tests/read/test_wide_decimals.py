"""Decimals of more digits than polars holds: a refusal that names the column, never a panic."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import polars as pl
import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read import open_source
from heal_cli.read.typed_rows import refuse_wide_decimals

# One row of `v decimal(70, 24)`, as pyarrow writes it, compressed.
PARQUET = (
    b"c-jka3^EjD5w#Ij@eySbWe{RukYiwQV`R`^v|X&Z%{Zm7fq_AkK~zXoOa~}0Aj&4nCd0tMz^T9lB$*f)nHWS_By~&~B-o0RG"
    b"g5OCMS%i*K;xJs7|T?-L=8lH7<FR66i~ewlcbEKj2eTCD4(P$1Dk*(P?0E;7?aopMzI<-4>b-=9iUqnKxQxi?P6lE(PWcUV*"
    b"ptNQo^LhAy&hnp-_-mR9Ko?qMKY$pqp4!lwYn;mReMtnV+X%WTt1JXDBHHa^egi4gmTN0AFGv$N"
)
ARROW_STREAM = (
    b"c-nQ3I}XA?3`EDUBvIsIiwIFrq@|{XmXmM+8tRnXgFA3NGd7Mu2%hBc+9R)-*#w}%>7i(_LdT3qVGULteM!$YZHS$Ly#{Se)"
    b"zpyI<2GlJ^H(a?(9qC6(KhoV;Td*IT}QFbOElE6EHOV~rf038=z53zgW$~q{~14W`PzFiUC#T*?tYY?`+l#-CmXO6(f"
)
ARROW_FILE = (
    b"c-nIe3i1y(WMKFY1Pu%f3<3-wz{SABz{bGJzyV|d0V4~L&j93c07(`o2^0om5wIQ+pcoqiJ6M$f)C@*;5G?~$%K%kh1~gFsY"
    b"z7b5Y&Rg5fJrhy+|dCw7X)}1#Go$W0h`Xi%mP-gzyJeWKt2!HM38wlP(Ls-AOI5sZlHj~W<=8m0S$#I#@jR(+cIL+4{|R9)J"
    b"`6ttJ%OV6@a)E=qd{!seu$;6QKGgV6mTp4q?0kNI8Pz901_x8|4"
)


@pytest.mark.parametrize("packed", [PARQUET, ARROW_STREAM, ARROW_FILE])
def test_the_column_is_named(tmp_path: Path, packed: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """The error says which column, how many digits, and what to do instead; nothing else is printed."""
    (tmp_path / "a").write_bytes(zlib.decompress(base64.b85decode(packed)))
    with pytest.raises(SourceError) as told:
        open_source(str(tmp_path / "a"), ReadOptions())
    assert told.value.message == (
        f"Column 'v' of '{tmp_path}/a' is a decimal of 70 digits, and at most 38 can be read"
    )
    assert capfd.readouterr() == ("", "")


def test_all_that_polars_holds_is_read() -> None:
    """38 digits, also inside of lists and objects."""
    schema = {
        "a": pl.Decimal(38, 2),
        "b": pl.List(pl.Decimal(38, 2)),
        "c": pl.Struct({"d": pl.Decimal(38, 2)}),
    }
    refuse_wide_decimals(schema, "a")
