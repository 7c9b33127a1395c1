"""A source as a stream of decompressed UTF-8 bytes, whatever it is stored as."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from heal_cli.errors import SourceError
from heal_cli.model import Finding
from heal_cli.read.compression import Decompressed, tell_compression
from heal_cli.read.encoding import UTF8, Encoding, Transcoded, encode_back, stored_length, tell_encoding
from heal_cli.read.zip_files import ZipMember

_WINDOW_BYTES: Final = 2**16
"""In which the last line end of a stretch is looked for before it is read."""

HEAD_BYTES: Final = 2**20
"""How far ahead anything may look before it decides (issue 4: at most 1 MiB)."""

STDIN: Final = "-"


class _Layer(Protocol):
    def read(self, n: int, /) -> bytes: ...


class Peekable:
    """A layer whose first bytes can be looked at without being used up; errors wait for their turn too."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._head = b""
        self._error: SourceError | None = None
        self._ended = False

    def peek(self, n: int) -> bytes:
        """The next `n` bytes, fewer only if the layer ends or breaks before."""
        while len(self._head) < n and not (self._ended or self._error):
            try:
                block = self._read(n - len(self._head))
            except SourceError as exc:
                self._error = exc
                break
            self._ended = not block
            self._head += block
        return self._head[:n]

    def read(self, n: int) -> bytes:
        """At least one and at most `n` bytes; b'' at the end."""
        if self._head:
            block, self._head = self._head[:n], self._head[n:]
            return block
        if self._error:
            raise self._error
        try:
            return b"" if self._ended else self._read(n)
        except SourceError as exc:
            self._error = exc  # said again to whoever asks again
            raise

    @property
    def ahead(self) -> int:
        """Bytes that were peeked at and not given out."""
        return len(self._head)

    def put_back(self, data: bytes) -> None:
        """Give out `data` once more, next."""
        self._head = data + self._head

    def forget(self) -> None:
        """Begin anew: what it reads from has moved."""
        self._head, self._ended = b"", False

    def skip(self, n: int) -> None:
        """Drop `n` bytes that were peeked at."""
        self._head = self._head[n:]


class _File:
    """The bytes as stored, counted."""

    def __init__(self, handle: BinaryIO, name: str, *, owned: bool) -> None:
        self._handle = handle
        self._name = name
        self._owned = owned
        self.position = 0
        self.size: int | None = None
        """Bytes that there were; None: nobody can say."""
        self.is_cut_off = False

    def read(self, n: int) -> bytes:
        block = self._read(n)
        if not block and self.size is not None and self.position < self.size:
            self.is_cut_off = True
            raise SourceError(
                f"{self._name!r} has become shorter while it was read: of {self.size:,} bytes"
                f" {self.position:,} are left; the batches before have been read",
                hint="Get the bytes back and run the same command again; as it is now, that loads what is left",
            )
        return block

    def _read(self, n: int) -> bytes:
        try:
            block = self._handle.read(n) or b""
        except OSError as exc:
            raise SourceError(
                f"{self._name!r} cannot be read at byte {self.position:,}: {exc.strerror}"
            ) from exc
        self.position += len(block)
        return block

    def go_to(self, position: int) -> None:
        """Read from there next."""
        self._handle.seek(position)
        self.position = position

    def read_at(self, at: int, n: int) -> bytes:
        """`n` bytes from `at` on, fewer only where the file ends; the next `read` goes on behind them."""
        self.go_to(at)
        blocks = [self._read(n)]
        while blocks[-1] and self.position < at + n:
            blocks.append(self._read(at + n - self.position))
        return b"".join(blocks) if len(blocks) > 1 else blocks[0]

    def close(self) -> None:
        if self._owned:
            self._handle.close()


class ByteStream:
    """Decompressed UTF-8 bytes of a path or of standard input, read once from front to back.

    A byte-order mark is taken off. Bytes that are invalid in the source's encoding stay invalid here.

    Args:
        name: As the user wrote it; '-' for standard input, which then is `stdin`.
        encoding: What the user said; None finds out from the first `HEAD_BYTES`.

    Raises:
        SourceError: The file is missing, a directory, or cannot be opened or unpacked. From `read`: the
            archive is damaged; everything before the damage was given out by then.
    """

    def __init__(self, name: str, *, stdin: BinaryIO | None = None, encoding: str | None = None) -> None:
        self.name = name
        self._path: Path | None = None
        self._member: str | None = None
        if stdin is None:
            self._path, self._member = split_member(name)
            self._file = _File(_open(self._path, name), name, owned=True)
        else:
            self._file = _File(stdin, name, owned=False)
        self._zip: ZipMember | None = None
        status = None if self._path is None else self._path.stat()
        self.is_seekable = status is not None and stat.S_ISREG(status.st_mode)
        self.size = status.st_size if status is not None and self.is_seekable else None
        self._file.size = self.size
        self._kept: list[bytes] | None = None if self.is_seekable else []
        with ExitStack() as stack:
            stack.callback(self.close)
            self._stored = Peekable(self._file.read)
            self.compression = tell_compression(self._stored.peek(8))
            plain = Peekable(self._unpack().read)
            self.encoding: Encoding = tell_encoding(plain.peek(HEAD_BYTES), encoding, name=name)
            plain.skip(self.encoding.mark)
            self._text = (
                plain if self.is_utf8 else Peekable(Transcoded(plain.read, self.encoding.name, name).read)
            )
            stack.pop_all()

    def _unpack(self) -> _Layer:
        if self.compression is None:
            return self._stored
        if self.compression != "zip":
            return Decompressed(self._stored.read, self.compression, self.name)
        if self._path is None or not self.is_seekable:
            raise SourceError(
                f"{self.name!r} is a zip archive, which cannot be read from a stream",
                hint="Unpack it into the pipe with unzip -p, or name the file",
            )
        self._zip = ZipMember(self._path, self.name, self._member)
        member = Peekable(self._zip.read)
        inner = tell_compression(member.peek(8))
        if inner in {None, "zip"}:
            return member
        return Decompressed(member.read, inner, self.name)

    @property
    def is_cut_off(self) -> bool:
        """Bytes are gone that may come back: a batch that lacks them is none, or it would not be found again."""
        return self._file.is_cut_off

    @property
    def is_utf8(self) -> bool:
        """The bytes pass through as they are."""
        return self.encoding.name == UTF8

    @property
    def position(self) -> int:
        """Bytes of the stored file consumed so far (compressed)."""
        return self._zip.position if self._zip else self._file.position

    @property
    def origin(self) -> int:
        """Decompressed bytes before the first one given: the byte-order mark."""
        return self.encoding.mark

    def peek(self, n: int = HEAD_BYTES) -> bytes:
        """The next `n` bytes without using them up."""
        return self._text.peek(n)

    def read(self, n: int) -> bytes:
        """At least one and about `n` bytes at most (a transcoded text may be longer); b'' at the end."""
        block = self._text.read(n)
        if self._kept is not None:
            self._kept.append(block)
        return block

    def read_lines(self, given: int, wanted: int, terminator: bytes, *, beyond: int) -> bytes | None:
        """The whole lines within `wanted` bytes, in one piece: joining blocks would copy a batch once more.

        Args:
            given: Bytes given out last with which they begin.
            beyond: Bytes that must follow.

        Returns:
            None, and the next `read` goes on as if nobody had asked, unless the file is stored as it is read
            and they are there.

        Raises:
            SourceError: It cannot be read.
        """
        if self.size is None or self.compression or not self.is_utf8:
            return None
        start = self._file.position - self._text.ahead - self._stored.ahead - given
        end = start + wanted
        if end + beyond > self.size:
            return None
        window = min(_WINDOW_BYTES, wanted)
        place = self._file.position
        last = self._file.read_at(end - window, window)
        line_end = last.rfind(terminator)
        if line_end < 0 or len(last) < window:  # it may have become shorter meanwhile
            self._file.go_to(place)
            return None
        for layer in (self._text, self._stored):
            layer.forget()
        size = end - window + line_end + len(terminator) - start
        data = self._file.read_at(start, size)
        if len(data) < size:
            self._file.go_to(start + given)
            return None
        return data

    def rewind(self) -> None:
        """Read from the first byte again; a stream can as long as `let_go` was not called."""
        assert self._kept is not None
        self._text.put_back(b"".join(self._kept))
        self._kept.clear()

    def let_go(self) -> None:
        """Keep no more of what a stream gives out: nobody will want its beginning again."""
        self._kept = None

    def findings(self) -> tuple[Finding, ...]:
        """How the bytes are stored, for people."""
        found = (Finding("encoding", self.encoding.name, "--encoding", self.encoding.evidence),)
        return (*found, Finding("compression", self.compression)) if self.compression else found

    def original(self, data: bytes) -> bytes:
        """The decompressed source bytes that `data`, whole characters as given by `read`, was made from."""
        return data if self.is_utf8 else encode_back(data, self.encoding.name)

    def measure(self, data: bytes) -> int:
        """How many decompressed source bytes `data` was made from."""
        return len(data) if self.is_utf8 else stored_length(data, self.encoding.name)

    def reopen(self) -> ByteStream:
        """The same source from its first byte, for a second look.

        Raises:
            SourceError: It is a stream, which cannot be read twice.
        """
        if not self.is_seekable:
            raise SourceError(
                f"{self.name!r} is a stream and cannot be read a second time",
                hint="Save it to a file and load that",
            )
        return ByteStream(self.name, encoding=self.encoding.name)

    def close(self) -> None:
        """Close the file; standard input is left open."""
        if self._zip:
            self._zip.close()
        self._file.close()


def split_member(name: str) -> tuple[Path, str | None]:
    """The file, and the member of the zip archive that it is where the rest of the name says so."""
    path = Path(name)
    if is_there(path):
        return path, None
    for slash in (at for at, sign in enumerate(name) if sign == "/"):
        archive = Path(name[:slash])
        if is_zip(archive):
            return archive, name[
                slash + 1 :
            ]  # as the archive has it: `/etc/a.csv` and `x//a.csv` are no paths
    return path, None


def is_there(path: Path) -> bool:
    """There is such a file or folder; one that cannot be looked for is told when it is opened."""
    try:
        return path.exists()
    except PermissionError:
        return True
    except OSError:  # an address may be longer than any name
        return False


def is_zip(path: Path) -> bool:
    """It is a file that begins as a zip archive does."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return tell_compression(file.read(8)) == "zip"
    except OSError:
        return False


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except IsADirectoryError as exc:
        raise SourceError(
            f"{name!r} is a directory", hint=f"Name its files, for example {str(path / '*.csv')!r}"
        ) from exc
    except OSError as exc:
        raise SourceError(f"{name!r} cannot be opened: {exc.strerror}") from exc


@contextmanager
def open_stored(name: str) -> Iterator[Callable[[int], bytes]]:
    """Reads a source as it is stored; a member of a zip archive as it is in there."""
    path, member = split_member(name)
    with closing(ZipMember(path, name, member) if member else path.open("rb")) as stored:
        yield stored.read
