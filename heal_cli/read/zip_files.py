"""Zip archives: which files are in them, and each as a stream; by its files where the directory at its end is lost."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from heal_cli.errors import SourceError
from heal_cli.read.compression import DAMAGE, STEP_BYTES, broken_off, check_bomb

_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})

# APPNOTE.TXT of PKWARE, 4.3.7 and 4.5.3.
_HEADER: Final = struct.Struct("<4s5H3I2H")
_FILE, _DIRECTORY = b"PK\3\4", b"PK\1\2"
_ENCRYPTED, _SIZE_BEHIND, _IN_UTF8 = 0x1, 0x8, 0x800
_ZIP64, _IN_EXTRA = 0x1, 0xFFFFFFFF


def zip_members(path: Path, name: str) -> tuple[str, ...]:
    """The files in a zip archive, in their order, without what file managers add.

    Raises:
        SourceError: It is damaged, or two of its files have one name.
    """
    try:
        with _open_archive(path) as archive:
            members = _members(archive)
    except (zipfile.BadZipFile, OSError) as exc:
        raise SourceError(f"{name!r} is a zip archive that cannot be read: {exc}") from exc
    if len(members) > len(set(members)):
        twice, times = Counter(members).most_common(1)[0]
        raise SourceError(
            f"{name!r} is a zip archive with {times} files called {twice!r}, of which one alone can be reached",
            hint="Unpack it and load the files",
        )
    return members


class _Torn:
    """What is needed of `zipfile.ZipFile`, from the headers before the files.

    Raises:
        BadZipFile: There is no file that can be read.
    """

    def __init__(self, path: Path) -> None:
        self.fp: BinaryIO | None = path.open("rb")
        try:
            self._files = {info.filename: info for info in _walk(self.fp)}
            if not self._files:
                raise zipfile.BadZipFile("it ends before its first file does")
            self.lost_end = self.fp.read(4) != _DIRECTORY
        except BaseException:
            self.fp.close()
            raise

    def __enter__(self) -> _Torn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def infolist(self) -> list[zipfile.ZipInfo]:
        """The files, of which the last may be cut off."""
        return list(self._files.values())

    def open(self, member: str) -> zipfile.ZipExtFile:
        """The plain bytes of a file."""
        assert self.fp is not None
        info = self._files[member]
        if info.flag_bits & _ENCRYPTED:
            raise RuntimeError(f"File {member!r} is encrypted")
        self.fp.seek(info.header_offset)
        return zipfile.ZipExtFile(self.fp, "r", info)

    def close(self) -> None:
        """Let go of the file."""
        if self.fp is not None:
            self.fp.close()


def _open_archive(path: Path) -> zipfile.ZipFile | _Torn:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        return _Torn(path)


def _walk(file: BinaryIO) -> Iterator[zipfile.ZipInfo]:
    """The files one after the other, `header_offset` being where their bytes begin; `file` then is behind the last."""
    while len(head := file.read(_HEADER.size)) == _HEADER.size and head.startswith(_FILE):
        _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _HEADER.unpack(head)
        name, extra = file.read(name_size), file.read(extra_size)
        if len(name) < name_size or len(extra) < extra_size:
            return
        info = zipfile.ZipInfo(name.decode("utf-8" if flags & _IN_UTF8 else "cp437", errors="replace"))
        info.flag_bits, info.compress_type, info.header_offset = flags, method, file.tell()
        if flags & _SIZE_BEHIND:
            info.compress_size = info.file_size = 2**62
            yield info
            if method != zipfile.ZIP_DEFLATED or not _pass_over(file):
                return
            continue
        if _IN_EXTRA in (packed, size):
            size, packed = _large_sizes(extra)
        info.CRC, info.compress_size, info.file_size = crc, packed, size
        yield info
        file.seek(info.header_offset + packed)
    file.seek(-len(head), 1)


def _large_sizes(extra: bytes) -> tuple[int, int]:
    """Plain and packed size of a file beyond 4 GiB."""
    at = 0
    while at + 20 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64:
            size, packed = struct.unpack_from("<QQ", extra, at + 4)
            return size, packed
        at += 4 + length
    raise zipfile.BadZipFile("a file in it has no size")


def _pass_over(file: BinaryIO) -> bool:
    """Go behind a file whose size stands behind it; False where it goes on to the end of the archive."""
    unpack = zlib.decompressobj(-15)
    while not unpack.eof:
        block = unpack.unconsumed_tail or file.read(STEP_BYTES)
        if not block:
            return False
        try:
            unpack.decompress(block, STEP_BYTES)
        except zlib.error:  # said again to whoever reads it
            return False
    file.seek(-len(unpack.unused_data), 1)
    behind = file.read(28)  # with or without a signature, with sizes of 4 or 8 bytes
    following = [at for at in (behind.find(_FILE), behind.find(_DIRECTORY)) if at >= 0]
    file.seek((min(following) if following else len(behind)) - len(behind), 1)
    return bool(following)


def _members(archive: zipfile.ZipFile | _Torn) -> tuple[str, ...]:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return tuple(
        name for name in names if not name.startswith("__MACOSX/") and Path(name).name not in _LITTER
    )


class ZipMember:
    """One member of a zip archive as a stream.

    Args:
        member: Its name in the archive; None for the only one.

    Raises:
        SourceError: None or several members, none of that name, a password, or damage.
    """

    def __init__(self, path: Path, name: str, member: str | None = None) -> None:
        self._name = name
        self._member = member
        self._given = 0
        self._archive: zipfile.ZipFile | _Torn
        with ExitStack() as stack:
            try:
                self._archive = _open_archive(path)
                stack.callback(self._archive.close)
                self._is_torn = isinstance(self._archive, _Torn) and self._archive.lost_end
                opened = self._archive.open(self._single())
            except (
                zipfile.BadZipFile,
                RuntimeError,
                NotImplementedError,
            ) as exc:  # a password is a RuntimeError
                raise SourceError(f"{name!r} is a zip archive that cannot be read: {exc}") from exc
            assert isinstance(opened, zipfile.ZipExtFile)
            self._file = opened
            stack.pop_all()

    def _single(self) -> str:
        members = _members(self._archive)
        if "[Content_Types].xml" in members:
            raise SourceError(
                f"{self._name!r} is an Office document, which is none of the formats that can be read",
                hint="Save the sheet as CSV and load that",
            )
        names = ", ".join(map(repr, members[:5])) or "none"
        if self._member in members:
            return self._member
        if self._member is not None:
            raise SourceError(f"There is no file {self._name!r}", hint=f"The archive holds {names}")
        if len(members) == 1:
            return members[0]
        raise SourceError(
            f"{self._name!r} is a zip archive with {len(members)} files ({names}) where one is wanted",
            hint=f"Name one, as in {self._name}/{members[0]}" if members else None,
        )

    @property
    def position(self) -> int:
        """Compressed bytes consumed, about."""
        handle = self._archive.fp
        return handle.tell() if handle is not None else 0

    def read(self, n: int) -> bytes:
        """At most `n` bytes; b'' at the end."""
        try:
            text = self._file.read1(n)
        except EOFError as exc:
            raise broken_off(self._name, "ends before its archive does", self._given) from exc
        except (zipfile.BadZipFile, *DAMAGE) as exc:
            raise SourceError(f"{self._name!r} is a damaged zip archive: {exc}") from exc
        if not text and self._is_torn and self._archive.infolist()[-1].filename == self._file.name:
            raise broken_off(self._name, "is the last file of an archive without its end", self._given)
        self._given += len(text)
        check_bomb(self._name, max(self.position, 1), self._given)
        return text

    def close(self) -> None:
        """Close the archive."""
        self._file.close()
        self._archive.close()
