"""A kind of content for these tests alone."""

from collections.abc import Iterator

import pytest

from moderation import content
from tests import make_moderation


@pytest.fixture(autouse=True)
def letters() -> Iterator[make_moderation.Letters]:
    """The kind tests.letter, with an empty memory."""
    kind = make_moderation.letters
    kind.told, kind.lines = [], ()
    content.register(kind)
    yield kind
    content._kinds.pop(kind.name)
