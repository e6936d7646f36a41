"""What only the surroundings show."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.members.models import Group, Member
from moderation.models import RiskCase, Screening, Submission
from moderation.screening import context, runner
from tests import make_chat, make_moderation

pytestmark = pytest.mark.django_db


def last(author: Member) -> Screening:
    return Screening.objects.filter(revision__submission__author=author).latest("id")


def test_three_messages_that_say_it_together(ana: Member, group: Group) -> None:
    room = make_chat.room(group)
    for body in ("I want", "to", "die"):
        make_chat.said(room, ana, body)
        make_chat.screened()
    assert "context.split" in last(ana).reasons
    assert RiskCase.objects.filter(member=ana).exists()


def test_messages_of_two_people_are_not_read_as_one(ana: Member, ben: Member, group: Group) -> None:
    room = make_chat.room(group)
    make_chat.said(room, ana, "I want")
    make_chat.said(room, ben, "to die")
    make_chat.screened()
    assert "context.split" not in last(ben).reasons


def test_hours_apart_is_not_one_message(ana: Member, group: Group) -> None:
    room = make_chat.room(group)
    make_chat.said(room, ana, "I want to")
    make_chat.screened()
    Submission.objects.get().revisions.update(created_at=timezone.now() - timedelta(hours=2))
    make_chat.said(room, ana, "die")
    make_chat.screened()
    assert "context.split" not in last(ana).reasons


@pytest.mark.parametrize(
    ("question", "answer", "grave"),
    [
        ("Are you thinking of killing yourself?", "yes", True),
        ("Are you safe right now?", "not really", True),
        ("Are you safe?", "yes I am", False),
        ("Are you suicidal?", "no, just tired", False),
        ("Are you coming on Thursday?", "yes", False),
    ],
)
def test_a_short_answer_is_read_with_its_question(
    ana: Member, ben: Member, group: Group, question: str, answer: str, grave: bool
) -> None:
    room = make_chat.room(group)
    make_chat.published(room, ben, question)
    make_chat.said(room, ana, answer)
    make_chat.screened()
    assert RiskCase.objects.filter(member=ana).exists() is grave


def test_concern_fades(ana: Member) -> None:
    now = timezone.now()
    for level in (2, 2, 3):
        case = make_moderation.letter(ana)
        assert case.latest
        Screening.objects.create(
            revision=case.latest, outcome="noted", level=level, ruleset="1", thresholds="1",
            normaliser="1", latency_ms=1,
        )  # fmt: skip
    assert context.concern(ana.id, now) == pytest.approx(7, abs=0.1)
    assert context.concern(ana.id, now + timedelta(days=4)) == pytest.approx(7 / 4, abs=0.1)
    assert context.concern(ana.id, now + timedelta(days=20)) == 0


def test_surroundings_that_break_never_stop_a_verdict(
    ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(context, "hits", broken)
    monkeypatch.setattr(context, "concern", broken)
    letter = make_moderation.letter(ana, "Good morning all, how was your week?")
    runner.run_once()
    letter.refresh_from_db()
    assert letter.is_public
