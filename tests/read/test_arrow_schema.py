"""Arrow types that polars lacks: a refusal that names the column, never a panic; zones that it does not know load."""

from __future__ import annotations

import base64
import io
import zlib
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read import open_source
from heal_cli.read.arrow_schema import check_types

# Streams of one row of `v`, as pyarrow writes them, compressed; TZ has a timestamp of zone `+05:30`.
INTERVAL = (
    b"c-nQ2Q4Yc|3`1YHQl`<5eoTnNa45cZhTS?iQ6>-)mYT$=<HXGD1q>W3oyLVll~AfUVvAzUsJ7k~Gn;yiYp6zgl$+;AYDxVro"
    b"oickCbZU$^l^0Vxw(fMa}AHdiB-JE6@J?@{|X;W{KxpJ%g@}|^Z7Zs-{<)a1p^P^"
)
REE = (
    b"c-oawI}XAy41I0WkE#qAs;UD61NQ<Xx>X&hiZ~(%VBiScB0Q%?gh~uN$+4g1=h%t&-ai322x?dq$WbvO5<?EMil@<&Y4vw%$"
    b"=Z(bMsq3cK-+5Fg?3||LqmOmGIVr$Uy{2>D=0*B9OizKoC*0wi<K6s_+6xxn)5vF`|&g_+|tUBm&;@(j^ZEmjcP1f-Pnfi$P"
    b"8qk4sX<qZP;GkWYD)t@Ij8>h-ZsYt-S8^)i+yl{K+N0YV5;b0WT4BAfE"
)
UNION = (
    b"c-n1H!41Md4D+=|8=({8aYB9YU<4ivzyQp{OgtHaCp!fvO`%jx6*;z}<Wg1DCxAUHwkYVZfv{qvj7)g5$1pJsU*u%F%K8+Vd"
    b"6&RDQ}~%9GatUEQtQxjld*AcY7CFji|9Z5oWksVj>*^X`2>9sYw&_YyuA2iv>C(quJN{kPLA7d;U)Z{oz;^r_zzjpo5dWg@T"
    b"IQ)4}lL$XBfu"
)
LV = (
    b"c-nPP!41MN47`-IjjBBIh)^r>;L$-?h6fV-5Hm3f1F(;|SdOS7IH^9LW9OWTh&%x#6ikR1&?7J-oTmm=VDuJQHhy!KYRSwGo"
    b"3qvUp*64dgv|K?qu!Xz&vk{5HVfm+{d|M^Mt-CEmgW-!E#*bd)*rFAjicU-oySa?Q86)(x_x=m)!ypxMUVfedxb`)rY|*p1z"
    b"qEVAG)nq7X7!t2T?2*`~"
)
FSL0 = (
    b"c-oy%F%E+;47`8~2%#!Nh7Jr2eMleBZ!j>hp}vQa2lYSh#WF3bI`yRZ>`UxRqN=(9h{$Nsp~49bGa?9Uuxc2^BW33&ds)TAy"
    b"g%$+ogb!&=@E(j6>6Ip-7gfG2k(XRw2U*%x8thKHy^$+&{9`&!j2Z_<DE-+zvaSyasBRZ4EUhLe<;4@{DRuw053ak7B&"
)
D256 = (
    b"c-noBO$viR429p=sfuJV3lSG0bC90PwacEM*G*qS#8S`?@;k{RqpG?CC@=;HT0GG+BPp{6tDZiGXPY+q&d6Si&ZkOfq|V|Jv"
    b"xxbPip4d=wO3kmJQALv@6a^_Q(Pjhjz`AKP;oG@7FRUASNtL2q`@`yCr^KS#s~M<y%xWbMG)c"
)
TWICE = (
    b"c-nnX+YQ1n47`L;ER>IaRHz>vh7ZPI4rXEm24DpCF&F0qQUyK9as0S*9C!CSfDsKxR1Da|cq39_3`WMY=mawDqWg<{Hs;2klnW~D"
    b"Mtepb=^QgAY797p>ZqBWyZqo9`;6VDbkm@mKQybM;-nYXP{pob{_N9tnpr8@>8e`77X|-eE5DV`D_v~FS>F5q;0>~b8E*"
)
TZ = (
    b"c-nPOK?(vf44kgDmQrC4MLhTeFAL&DJoo{>;~RXIfAAf?Av?)tSrHsanxvEIR7B(npogNMB4LfpiU^TC*k$JEnPWz?oyJ+h#"
    b"#p^;greucxp4l&bX0v(13J4;jN@>=oQ8=j?x*=~#m*g7dj+eAy=l!T?5nv`&sYCTz=96{k-zHjv!}Sd@2}4`nJ?`}R<9II"
)
TZ_PARQUET = (
    b"c-lo#T}#6-6uk{2>_MRxZ)qS8ds$)7O*=Lp#0PK2{9r4agCRbSwoC=x>~sZxgFkBj!QbJ3Fv;dTkmPc5&pDT5Op_QZ=%PDBh"
    b"Ts8QekYrsLk<Y&p%-b^MUGqo05i*R7+^(2T?qIpeav5GXoxxsoOS(p_;n;BFz}g>LWUr9a~HTP^gU|U&-^Uxgw;l*bHQjqCo"
    b"s5Za1q)F-NC}DpMj9U0Zk^O`}1v3uyIZdI&;#vqb&wRC8;@G5zVP*uShAP#1uWETTA?(8hx`(ch%JBwEo8USYNesrvAWos&X"
    b"%)y<W9<{yOJjpR=XxXxDbQPl`v+N%^OQpthV9Zy))4GhHs5v!Ym(wRK*so))jQ_F3z+6$@$JI&}cX`g48(VVYPc"
)


def unpack(packed: bytes) -> bytes:
    """The bytes of a file."""
    return zlib.decompress(base64.b85decode(packed))


@pytest.mark.parametrize(
    ("packed", "what"),
    [
        (INTERVAL, "an interval"),
        (REE, "run-end encoded"),
        (UNION, "a union"),
        (LV, "a list view"),
        (FSL0, "a list of no elements"),
        (D256, "a decimal of 256 bits or negative scale"),
    ],
)
def test_a_type_that_cannot_be_read_is_named(
    packed: bytes, what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error says which column and what to do; nothing else is printed, on no descriptor."""
    with pytest.raises(SourceError) as told:
        open_source("-", ReadOptions(), stdin=io.BytesIO(unpack(packed)))
    assert told.value.message == f"Column 'v' of '-' is {what}, an Arrow type that cannot be read"
    assert (told.value.hint or "").startswith("Have it ")
    assert capfd.readouterr() == ("", "")


def test_two_columns_of_one_name_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """Of them polars panics; which of the two is meant nobody could say by name."""
    with pytest.raises(SourceError) as told:
        open_source("-", ReadOptions(), stdin=io.BytesIO(unpack(TWICE)))
    assert told.value.message == "'-' has more than one column 'v'"
    assert told.value.hint == "Have each written under a name of its own"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("packed", [TZ, TZ_PARQUET])
def test_a_zone_that_is_an_offset_is_read(
    tmp_path: Path, packed: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """pandas writes `+05:30`; the values count from UTC all the same."""
    (tmp_path / "a").write_bytes(unpack(packed))
    with closing(open_source(str(tmp_path / "a"), ReadOptions())) as reader:
        assert reader.sample().frame["v"].to_list() == [datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)]
    assert capfd.readouterr() == ("", "")


def test_no_cut_or_changed_schema_ends_in_a_traceback() -> None:
    """What is no schema says nothing; the rows tell of the damage."""
    schema = unpack(UNION)
    for at in range(len(schema)):
        for data in (schema[:at], schema[:at] + b"\xff" + schema[at + 1 :]):
            with suppress(SourceError):
                check_types(data, "a", is_parquet=False)
