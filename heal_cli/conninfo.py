"""libpq connection strings as heal treats them: masked for people, mended for libpq.

Nothing here connects or needs libpq: the strings that have to be masked are often the malformed ones.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from heal_cli.errors import UsageError

MASK: Final = "***"

_URI: Final = re.compile(r"^postgres(?:ql)?://", re.IGNORECASE)
# SQLAlchemy names its driver in the scheme, JDBC puts itself before it; libpq refuses both.
_DRIVER: Final = re.compile(r"^postgres(?:ql)?\+[a-z0-9_]+://", re.IGNORECASE)
_JDBC: Final = re.compile(r"^jdbc:postgresql:(?P<slashes>//)?", re.IGNORECASE)
_SCHEME: Final = re.compile(r"^\s*(?:jdbc:)?[\w+.-]+:(?://)?", re.IGNORECASE)
_QUERY: Final = re.compile(r"\?[\w%]+=[^?]*$")
_PAIR: Final = re.compile(r"(?P<key>\w+)\s*=\s*(?P<value>'(?:\\.|[^'\\])*'?|(?:\\.|[^\s\\])*)", re.DOTALL)
_SECRET_KEY: Final = re.compile(r"password|secret|scram_\w+_key", re.IGNORECASE)
# A fragment this short is as likely part of an ordinary word, and hiding it hides nothing.
_SHORTEST_FRAGMENT: Final = 3


def mask(conninfo: str) -> str:
    """The connection string with every secret as `***`, fit for terminals, errors and reports.

    What cannot be told from a secret is masked too: everything up to the last `@` of a URI, and
    each word of a key/value string that belongs to no key.
    """
    return _masked(conninfo)[0]


def mask_text(text: str, conninfo: str) -> str:
    """`text`, say libpq's own message, without the secrets of `conninfo` or pieces of them.

    libpq quotes what it could not parse: of `postgresql://u:p/ss@h` it reports the port 'p'.
    """
    _, secrets = _masked(conninfo)
    pieces = {piece for secret in secrets for raw in (secret, unquote(secret)) for piece in _pieces(raw)}
    for piece in sorted(pieces, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", MASK, text)
    return text


def normalize(conninfo: str) -> str:
    """The string as libpq takes it: without a driver name in the scheme, without `jdbc:`.

    Raises:
        UsageError: It is no PostgreSQL connection string at all.
    """
    text = conninfo.strip()
    text = _DRIVER.sub("postgresql://", text)
    text = _JDBC.sub(lambda found: "postgresql://" if found["slashes"] else "postgresql:///", text)
    if text and not _URI.match(text) and (_SCHEME.match(text) or "=" not in text):
        raise UsageError(
            f"{mask(text)!r} is not a PostgreSQL connection string",
            hint="Write it as 'postgresql://user@host:5432/database' or as 'host=... dbname=...'",
        )
    return text


def warnings(conninfo: str) -> tuple[str, ...]:
    """What the string most likely does not mean, in sentences."""
    scheme = _URI.match(conninfo)
    if not scheme:
        return ()
    address = _QUERY.sub("", conninfo[scheme.end() :])
    host, _, path = address.partition("/")
    if ":" in host and "@" not in host and "@" in path:
        return (
            f"{mask(conninfo)!r} has a '/' before its '@', so libpq takes the user for the host name; "
            "write a '/' inside a password as %2F",
        )
    if address.count("@") < 2:
        return ()
    return (
        f"{mask(conninfo)!r} has more than one '@', so libpq takes part of the password for the host name; "
        "write an '@' inside a password as %40",
    )


def _masked(conninfo: str) -> tuple[str, list[str]]:
    """The masked string and the secrets found in it."""
    scheme = _SCHEME.match(conninfo)
    return _mask_uri(scheme[0], conninfo[scheme.end() :]) if scheme else _mask_pairs(conninfo)


def _mask_uri(scheme: str, rest: str) -> tuple[str, list[str]]:
    secrets = []
    userinfo, at, tail = rest.rpartition("@")
    user, colon, password = userinfo.partition(":")
    if at and colon:
        secrets += [password] if password else []
        rest = f"{user}:{MASK}@{tail}" if password else rest
    head, question, query = rest.partition("?")
    parameters = []
    for parameter in query.split("&"):
        key, equals, value = parameter.partition("=")
        if equals and value and _SECRET_KEY.search(unquote(key)):
            secrets.append(value)
            value = MASK
        parameters.append(f"{key}{equals}{value}")
    return f"{scheme}{head}{question}{'&'.join(parameters)}", secrets


def _mask_pairs(conninfo: str) -> tuple[str, list[str]]:
    secrets: list[str] = []
    pieces = []
    end = 0
    for pair in _PAIR.finditer(conninfo):
        pieces.append(_mask_words(conninfo[end : pair.start()], secrets))
        value = pair["value"]
        if value and _SECRET_KEY.search(pair["key"]):
            secrets += [clear] if (clear := re.sub(r"\\(.)", r"\1", value.strip("'"))) else []
            value = MASK
        pieces.append(f"{pair['key']}={value}")
        end = pair.end()
    pieces.append(_mask_words(conninfo[end:], secrets))
    return "".join(pieces), secrets


def _mask_words(text: str, secrets: list[str]) -> str:
    """`text` with its words masked: an unquoted password with a blank leaves them behind."""
    secrets.extend(text.split())
    return re.sub(r"\S+", MASK, text)


def _pieces(secret: str) -> list[str]:
    fragments = [secret, *re.split(r"[\s@:/?#&=,]+", secret)]
    return [fragment for fragment in fragments if len(fragment) >= _SHORTEST_FRAGMENT or fragment == secret]
