"""One of everything, so that each address of the access table leads to something real."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from community.chat import actions as chat
from community.chat.models import Hand
from community.forums import actions as forums
from community.members import digests, invitations
from community.members.models import Group, Member, Preferences
from events import courses, tickets
from events.tokens import new_token, token_of
from mentorship import actions as mentorship
from mentorship.models import MentorProfile
from moderation import appeals, disclosure, duty, queue, risk
from moderation.models import Basis, Level, ReviewCase, RiskSource
from moderation.screening import runner
from tests import (
    make_batches,
    make_events,
    make_forums,
    make_mentorship,
    make_quality,
    make_sanctions,
)
from tests.make import member as make_member

_BY_LETTER = (
    "place",
    "confirm",
    "accept",
    "pass_on",
    "change_place",
    "cancel",
    "calendar_file",
    "ticket_picture",
    "here",
    "why",
    "join",
    "quiet",
    "renew_link",
)
STEPS = ("assess", "follow_up", "second_person")


@dataclass(frozen=True)
class Things:
    """What stands in the addresses, by the name it has there."""

    ids: dict[str, Any]

    def args(self, name: str, pattern: str) -> dict[str, Any]:
        """The arguments of one address. name: "app:view", for views with things of their own."""
        own = {
            key.removeprefix(f"{name} "): value
            for key, value in self.ids.items()
            if key.startswith(f"{name} ")
        }
        return {key: self.ids[key] for key in self.ids if f":{key}>" in pattern} | own


@pytest.fixture
def things(group: Group, ana: Member, mia: Member, moss: Member, ada: Member) -> Things:
    """Ana wrote a post, a message and something doubtful, and may be at risk; mia is asked about
    pia and goes with tess; there is an invitation into the group and a workshop with one place."""
    made = invitations.invite(ada, groups=[group], life=timedelta(days=1))
    batch = make_batches.waiting(ada, group)
    post = make_forums.published(make_forums.board(group), ana, "A clean text.")
    room = chat.open_room(group, "Evening room")
    said = chat.say(ana, room.id, "Hello all", str(uuid.uuid4())).message
    doubted = forums.reply(post.thread, ana, "You are a pathetic idiot.", uuid.uuid4()).post
    while runner.run_once():
        pass
    case = ReviewCase.objects.get(submission=doubted.submission)
    danger = risk.raise_risk(ana, Level.RED, RiskSource.MODERATOR)
    asking = disclosure.ask(moss, ana, Basis.CARE, "To send a letter.", ["name"])
    measure = make_sanctions.active(moss, ana)
    appeal = appeals.appeal_sanction(measure, ana, "Please look again.")
    MentorProfile.objects.create(member=mia, max_pairs=3)
    pia = make_member(group.clinic, "Pia", groups=(group,))
    tess = make_member(group.clinic, "Tess", groups=(group,))
    first = mentorship.propose(moss, mia, tess, "Likes mornings.")
    mentorship.mentor_says_yes(first, mia)
    pair = mentorship.mentee_says_yes(first, tess)
    asked = mentorship.propose(moss, mia, pia, "Likes evenings.")
    edge = make_mentorship.edge(moss, ana, mia)
    look = make_quality.for_reader(moss, ana)
    here = duty.begin_now(moss, 8)
    occurrence = make_events.workshop(ada, sign_up_for="both")
    place = make_events.place(occurrence)
    course = courses.make_course(occurrence.event)
    return Things(
        {
            "token": made.token,
            "invitation_id": made.invitation.id,
            "batch_id": batch.id,
            "members:stop_digest token": digests.token_of(Preferences.objects.create(member=ana)),
            "group_id": group.id,
            "board_id": post.thread.board_id,
            "thread_id": post.thread_id,
            "post_id": post.id,
            "room_id": room.id,
            "message_id": said.id,
            "block_id": 999_999,
            "hand_id": Hand.objects.create(room=room, member=ana).id,
            "hours_id": 999_999,
            "case_id": case.id,
            "member_id": ana.id,
            "request_id": asking.id,
            "look_id": look.id,
            "golden_id": 999_999,
            "set_id": make_quality.proposal(moss.clinic).id,
            "shift_id": here.id,
            "sanction_id": measure.id,
            "appeal_id": appeal.id,
            "submission_id": post.submission_id,
            "proposal_id": asked.id,
            "pair_id": pair.id,
            "view_id": queue.keep_view(moss, "Mine", queue.Looking(held="mine")).id,
            "side": "mentee",
            "run_id": edge.run_id,
            "edge_id": edge.id,
            "occurrence_id": occurrence.id,
            "event_id": occurrence.event_id,
            "host_id": 999_999,
            "course_id": course.id,
            "session_id": course.sessions.get().id,
            "material_id": 999_999,
            "code": tickets.code_of(place),
            "events:feedback token": new_token(occurrence),
            "slug": occurrence.event.slug,
            "mfa_edit_webauthn pk": 999_999,
            "mfa_remove_webauthn pk": 999_999,
            **{f"events:{view} token": token_of(place) for view in _BY_LETTER},
            **{
                f"moderation:{view} case_id": danger.id
                for view in ("risk", "acknowledge", "add_note", "write", *STEPS)
            },
        }
    )
