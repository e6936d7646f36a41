"""What is not there and what is not yours get the same answer, over the whole access table."""

from typing import Any

import pytest
from django.urls import reverse

from tests.access_things import Things
from tests.test_access import PAGES, PATTERNS, PEOPLE, browser_of, rows

NOWHERE = {"slug": "no-such-workshop", "token": "no-such-token"}


def elsewhere(args: dict[str, Any]) -> dict[str, Any]:
    """The same address with numbers and words that nothing has."""
    return {
        key: 987_654_321 if isinstance(value, int) else NOWHERE.get(key, value)
        for key, value in args.items()
    }


def seen(answer: Any) -> tuple[Any, ...]:
    """All that somebody outside learns from an answer, but for the second it was given in."""
    headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
    return answer.status_code, headers, answer.content, dict(answer.cookies)


@pytest.mark.slow
@pytest.mark.parametrize("person", ["ana", "cleo", "dora", "ada"])
def test_not_yours_answers_like_not_there(
    person: str, things: Things, request: pytest.FixtureRequest
) -> None:
    client = browser_of(person, request)
    client.get(reverse("members:house_rules"))  # the first page of a session sets its cookie
    place = PEOPLE.index(person)
    compared = 0
    for method, name, wanted in rows(PAGES):
        args = things.args(name, PATTERNS[name])
        # Of interest is what somebody else finds there.
        if not args or wanted[place] != "404" or set(wanted) <= {"404", "login", "mfa"}:
            continue
        send = client.post if method == "POST" else client.get
        theirs = seen(send(reverse(name, kwargs=args)))
        nobodys = seen(send(reverse(name, kwargs=elsewhere(args))))
        assert theirs[0] == 404, name
        assert theirs == nobodys, name
        compared += 1
    assert compared >= 15
