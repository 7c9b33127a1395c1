"""Words that European languages share but for their endings and spelling: `frecuencia`, `Frequenz`, `frequency`."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, TypeAlias

_Rules: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]

_SHORTEST: Final = 4  # letters of a root that is one word's only
_ENDINGS: Final = (
    ("izacion|izacao|izzazione|isierung|isation|isatie|ization|isering", "iz"),
    ("izado|izada|izzato|izzata|isiert|iseerd|ise|ized|ised", "iz"),
    ("acion|acao|azione|ation|atie|ierung|ering", "at"),
    ("cion|ciones|coes|cao|zione|zioni|sione|sion|tion|tie|ties|xion|ssion|ssione|sao|saggio", "t"),
    ("idad|idade|ita|itat|itaet|ite|iteit|ity|dad|dade|teit|tat|taet|ty", "t"),
    ("encia|encias|enza|enze|entie|enz|ence|ency|ancia|anza|antie|anz|ance|ancy", "n"),
    ("amento|imento|amiento|imiento|ement|iment|ment|mento|mente", "m"),
    ("adores|ador|atore|ateur|ator|or|eur|ore|er", "r"),
    ("arios|ario|aria|aire|aires|ary|ar|ar|aris|ariat", "ar"),
    ("icos|icas|ico|ica|ique|iques|isch|ische|ic|ical|ics|ik|iek", "ic"),
    ("ivos|ivo|iva|if|ive|iv|ief", "iv"),
    ("logia|logie|logy|logo|logue", "log"),
    ("ados|adas|ado|ada|ato|ata|ate|at|iert|eert", "at"),
    ("ables|able|abile|avel|abel|aar", "abl"),
    ("osos|oso|osa|eux|euse|ous|os|oes", "os"),
    ("ias|ia|ie|ies|y|ien|io|ios|ium|eo", ""),
    ("es|as|os|en|e|a|o|i|s|us|um", ""),
)
"""What words end in, in six languages, and what is left of it; the first that fits counts."""

_SPELLINGS: Final = (
    ("ph", "f"),
    ("th", "t"),
    ("ck|qu|ch|k|q", "c"),
    ("[yj]", "i"),
    ("z", "s"),
    ("c(?=[ei])", "s"),
    ("w", "v"),
    ("x", "s"),
    ("h", ""),
    (r"(.)\1+", r"\1"),
)


@lru_cache(maxsize=8192)
def cognate(word: str) -> str:
    """What a word has in common with its cognates; empty for words too short to tell."""
    rules, spellings = _expressions()
    for pattern, kept in rules:
        root = pattern.sub(kept, word)
        if root != word:
            break
    else:
        root = word
    for pattern, plain in spellings:
        root = pattern.sub(plain, root)
    return root if len(root) >= _SHORTEST else ""


@cache
def _expressions() -> tuple[_Rules, _Rules]:
    """Endings and spellings with what becomes of them, built when the first unknown word is met: most files have none."""
    endings = tuple((re.compile(f"(?:{endings})$"), kept) for endings, kept in _ENDINGS)
    return endings, tuple((re.compile(spelling), plain) for spelling, plain in _SPELLINGS)
