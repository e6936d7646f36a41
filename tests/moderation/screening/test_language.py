"""Which languages the filter knows; what it does not, a person reads."""

import pytest

from moderation.screening import language

KNOWN = [
    "", "😀😀", "12:30", "ok", "Good morning, did anybody sleep well last night at all?",
    "Me siento muy solo desde que se fue mi hermana, no sé qué hacer.",
    "Je ne sais plus quoi faire, tout est trop lourd en ce moment.",
    "Ich weiß nicht mehr weiter und bin den ganzen Tag nur müde.",
    "Não sei o que fazer, está tudo muito pesado para mim hoje.",
    "i wаnt to dіe",
]  # fmt: skip
UNKNOWN = [
    "Я больше не хочу жить и не знаю, что делать",
    "لا أريد أن أعيش بعد الآن",
    "我不想活了 真的 很累",
    "En ole nukkunut kunnolla viikkoihin enkä jaksa enää mitään tänään kotona",
]


@pytest.mark.parametrize("text", KNOWN)
def test_known(text: str) -> None:
    assert language.known(text)


@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown(text: str) -> None:
    assert not language.known(text)
