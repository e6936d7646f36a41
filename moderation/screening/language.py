"""Whether the filter knows a text's language. What it does not know, a person reads.

English is known; of Spanish, French, German and Portuguese the rules know the words of danger.
"""

import re
import unicodedata

# The commonest short words: a few of them are in nearly every sentence.
_LISTS = (
    # English
    "the a an and or but of to in on at is it i you he she we they my me your this that was are be",
    "have has had do does did not no so if with for from as just what how when who why can could",
    "would will am been by all more im dont cant its there here their our up out about like get go",
    "got one some any too very really feel think know want ok okay yes hi hello thanks please lol",
    # Spanish and Portuguese
    "el la los las un una y o de que en es no me mi tu te se lo por con para como muy ya si esta eu",
    "os as um uma e do da em nao meu minha voce com mais mas foi isso este muito",
    # French
    "le les une et ou des du est je il elle nous vous ils pas ne qui mon ma mes ce cette dans sur",
    "avec pour plus tres suis ai au aux",
    # German
    "der die das ein eine und oder ich er sie es wir ihr nicht kein mit von zu ist bin bist sind war",
    "habe hat auf fur im den dem mich mir dich auch noch aber wie wenn schon nur sehr so",
)
_COMMON = frozenset(word for line in _LISTS for word in line.split())
_WORD = re.compile(r"[^\W\d_]+")
LEAST_WORDS = 8
LEAST_COMMON = 0.15
READ = 2_000


def known(text: str) -> bool:
    """True for anything short, for numbers and emoji, and for the five languages."""
    words = _WORD.findall(text[:READ])
    letters = "".join(words)
    if not letters:
        return True
    latin = sum(1 for letter in letters if letter.isascii() or _is_latin(letter))
    # A few letters of another script among many are a disguise, which the normaliser undoes.
    if len(words) >= 2 and latin * 2 < len(letters):
        return False
    if len(words) < LEAST_WORDS:
        return True
    common = sum(1 for word in words if _plain(word) in _COMMON)
    return common >= LEAST_COMMON * len(words)


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))
