"""Folding of spellings that only look different. What comes out is read by rules, never stored.

The result keeps, for each of its characters, the place in the original text it came from, so that a
rule's finding points at what the person wrote. Everything here takes linear time.
"""

import re
import unicodedata
from dataclasses import dataclass

VERSION = "1"

# Letters of other scripts, and symbols, that read as Latin letters.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁԛԝһҽѵɡıɩⅼοαεικνρτυχβвкмнтгпзчь",
    "aeopcyxijsdqwhevgiiloaeikvptuxbbkmhtrn34b",
)
_FILLERS = frozenset("\u3164\u115f\u1160\u2800\u034f\u17b4\u17b5")
_QUOTES = str.maketrans("’‘‛`´“”«»–—", "'''''\"\"\"\"--")
_EMOJI = {
    "🔪": "knife", "🗡": "knife", "💊": "pills", "🔫": "gun", "🌉": "bridge", "💀": "dead",
    "☠": "dead", "⚰": "coffin", "🪦": "grave", "🩸": "blood", "👼": "angel", "🖕": "fuck you",
    "🐷": "pig", "🐖": "pig", "💩": "shit", "🪢": "rope", "🚂": "train", "🚆": "train",
    "😂": "lol", "🤣": "lol",
}  # fmt: skip
_LEET = str.maketrans("013457@$!|€8", "oieastasilEb".lower())
_KEEP = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|mg|kg|ml|km|h|m|s|x|k|g|min|yo|yrs?)?|[a-z]\d{1,3}|\d+/\d+"
)
# Short ones that look like a number of something but are not.
_ALWAYS = frozenset({"d13", "t0", "k1ll", "d34d", "3nd", "p1g"})
_GRAVE = frozenset(
    [
        "suicide",
        "suicidal",
        "tablets",
        "tablet",
        "overdose",
        "pathetic",
        "idiot",
        "loser",
        "bitch",
        "stupid",
        "die",
        "kill",
        "hate",
        "ass",
        "pills",
        "noose",
        "rope",
        "knife",
        "cut",
        "hang",
        "dead",
        "death",
        "harm",
        "hurt",
        "kys",
        "kms",
        "ass",
        "slut",
        "whore",
        "pedo",
        "rapist",
    ]
)
_LEET_WORD = re.compile(r"(?<![\w@$!|€])(?=[\w@$!|€]*[a-z])[a-z0-9@$!|€]{2,40}(?![\w@$|€])")
_SPACED = re.compile(r"(?<![a-z0-9'])[a-z0-9@$!](?:[ .\-_*~/]{1,2}[a-z0-9@$!](?![a-z0-9'])){2,60}")
_STARRED = re.compile(r"[a-z]{1,12}[*#_]{1,3}[a-z]{1,12}|\bki[1l][1l](?:ing|in|ed)?\b")
_STARS = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"su[*#_]{1,2}c?i?d", "suicid"), (r"s[*#_]{1,3}cid", "suicid"), (r"suic[*#_]d", "suicid"),
        (r"ki[1l][1l]", "kill"),
        (r"k[*#_]ll", "kill"), (r"ki[*#_]l", "kill"), (r"d[*#_]e\b", "die"),
        (r"f[*#_]{1,2}c?k", "fuck"), (r"sh[*#_]t", "shit"), (r"b[*#_]tch", "bitch"),
        (r"c[*#_]nt", "cunt"), (r"r[*#_]pe", "rape"), (r"h[*#_]rm", "harm"), (r"f[*#_]gg?ot", "faggot"),
    )
]  # fmt: skip
_REPEATS = re.compile(r"[a-z]?([a-z])\1{2,}")
_BLANKS = re.compile(r"[^\S\n]{2,}")


@dataclass(frozen=True)
class Normalised:
    """text: the folded text. origin[i]: where in the original its character i comes from."""

    text: str
    origin: tuple[int, ...]
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that the folded part [start, end) came from, end exclusive."""
        if start >= end or not self.origin:
            return (0, 0)
        return (self.origin[start], self.origin[end - 1] + 1)


def plain(text: str) -> Normalised:
    """Fold single signs only: lower case, no accents or invisible signs, look-alikes."""
    folded, origin = _fold_characters(text)
    return Normalised(folded, tuple(origin), len(text))


def normalise(text: str, start: Normalised | None = None) -> Normalised:
    """Fold a text wholly: what `plain` does (or did, as `start`), then leet, spacing, repeats."""
    begun = start or plain(text)
    folded, origin = begun.text, list(begun.origin)
    for pattern, change in _STEPS:
        folded, origin = _replace(pattern, change, folded, origin)
    return Normalised(folded, tuple(origin), len(text))


def _fold_characters(text: str) -> tuple[str, list[int]]:
    out: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        for piece in _fold_one(char):
            out.append(piece)
            origin.append(at)
    return "".join(out), origin


def _fold_one(char: str) -> str:
    if char.isascii():
        return char.lower() if char == "\n" or char.isprintable() or char == "\t" else " "
    if char in _EMOJI:
        return f" {_EMOJI[char]} "
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # flags' letters
        return chr(ord("a") + ord(char) - 0x1F1E6)
    if char in _FILLERS:
        return ""
    kept = [
        piece
        for piece in unicodedata.normalize("NFKD", char)
        if unicodedata.category(piece) not in ("Mn", "Me", "Cf", "Cs", "Cc", "Co")
    ]
    return "".join(kept).lower().translate(_LOOKALIKES).translate(_QUOTES)


def _replace(
    pattern: "re.Pattern[str]", change: object, text: str, origin: list[int]
) -> tuple[str, list[int]]:
    """re.sub that keeps the origin of each character. change(match text) -> new text."""
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        new = change(match.group(0))  # type: ignore[operator]
        start, end = match.span()
        if new == match.group(0):
            continue
        parts += [text[at:start], new]
        places += origin[at:start]
        span = end - start
        # Spread the new characters over the old ones, first on first and last on last.
        places += [
            origin[start + min(span - 1, i * span // max(1, len(new)))] for i in range(len(new))
        ]
        if new:
            places[-1] = origin[end - 1]
        at = end
    if not parts:
        return text, origin
    parts.append(text[at:])
    places += origin[at:]
    return "".join(parts), places


def _unspace(run: str) -> str:
    letters = re.sub(r"[ .\-_*~/]", "", run)
    return letters if sum(ch.isalpha() for ch in letters) >= 3 else run


def _unleet(word: str) -> str:
    core = word.rstrip("!")
    if (_KEEP.fullmatch(core) and core not in _ALWAYS) or not re.search(r"[0-9@$!|€]", core):
        return word
    if sum(ch.isdigit() for ch in core) * 2 > len(core) and core not in _ALWAYS:
        # More digits than letters is a code or an amount, unless it spells one of these.
        return core.translate(_LEET) if core.translate(_LEET) in _GRAVE else word
    return core.translate(_LEET) + word[len(core) :]


def _unstar(word: str) -> str:
    for pattern, plain in _STARS:
        word = pattern.sub(plain, word)
    return word


def _unrepeat(run: str) -> str:
    """ "killlll" is "kill", "myselffff" is "myself": two are kept where English doubles."""
    letter = run[-1]
    before = "" if run[0] == letter else run[0]
    doubles = letter in "lsfm" and before in "aeiou"
    return before + letter * (2 if doubles else 1)


_SPELLING = re.compile(r"\bsuicidall\b")
# What was spelled out letter by letter has lost its blanks.
_TOGETHER = re.compile(r"\b(?:kill|hurt|cut|hang|harm)(?:t?ing)?(?:my|your)self\b")

_STEPS = [
    (_STARRED, _unstar),
    (_SPACED, _unspace),
    (_LEET_WORD, _unleet),
    (_REPEATS, _unrepeat),
    (_SPELLING, lambda _: "suicidal"),
    (_TOGETHER, lambda word: word.replace("myself", " myself").replace("yourself", " yourself")),
    (_BLANKS, lambda run: " "),
]
