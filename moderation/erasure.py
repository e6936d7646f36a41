"""Blanking the texts of a person who is erased. Open cases stay, and can still be decided."""

import logging

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from django.utils import timezone

from community.members.models import Member
from moderation.content import content_of, kind_of
from moderation.disclosure import needs_its_words
from moderation.models import (
    Appeal,
    Decision,
    DisclosureRequest,
    Letter,
    PendingDecision,
    Report,
    ReviewCase,
    Revision,
    RevisionState,
    RiskCase,
    RiskEvent,
    RiskState,
    Sanction,
    SavedView,
    SecondLook,
    State,
    Submission,
)

log = logging.getLogger(__name__)

ERASED = "(erased)"


def blank_texts(member: Member) -> int:
    """Empty every wording of a person and hide it from everybody. Returns how many submissions.

    Digests, decisions and levels stay. Call inside a transaction.
    """
    rows = Submission.objects.select_for_update(no_key=True).filter(author=member)
    submissions = list(rows.exclude(state=State.PURGED).order_by("id"))
    for submission in submissions:
        _blank(submission)
    return len(submissions)


def _blank(submission: Submission) -> None:
    Revision.objects.filter(submission=submission).update(title="", body="", masks=[])
    # What nobody has read needs no reading any more; what waits for a person goes on waiting.
    Revision.objects.filter(submission=submission, state=RevisionState.SCREENING).update(
        state=RevisionState.SUPERSEDED
    )
    looks = SecondLook.objects.filter(revision__in=Revision.objects.filter(submission=submission))
    looks.exclude(note="").update(note="")
    submission.state, submission.shown = State.PURGED, None
    submission.save(update_fields=["state", "shown"])
    try:
        kind_of(submission.kind).removed(content_of(submission))
    except (KeyError, ObjectDoesNotExist):
        log.warning("submission %s has no content to hide", submission.id)


def blank_care(member: Member) -> int:
    """Empty what the care team wrote about a person, and what the person said about others.

    Levels, kinds, outcomes, people and moments stay, so what is open is answered and decided as
    before. Two things keep their words while they are needed, and lose them with that: a worry
    about somebody whose risk case is open, and the grounds of an identity request that nobody has
    answered or reviewed. Returns how many texts were emptied.
    """
    cases, texts = RiskCase.objects.filter(member=member), Submission.objects.filter(author=member)
    closed = RiskCase.objects.filter(state=RiskState.CLOSED)
    words = RiskEvent.objects.exclude(text="")
    emptied = words.filter(case__in=cases).update(text="")
    emptied += words.filter(by=member, kind="signal", case__in=closed).update(text="")
    cases.exclude(outcome="").update(outcome="")
    Decision.objects.filter(submission__in=texts).update(reason="", note="")
    waiting = ReviewCase.objects.filter(submission__in=texts)
    PendingDecision.objects.filter(case__in=waiting).update(reason="", note="")
    done = DisclosureRequest.objects.filter(member=member)
    done.exclude(needs_its_words(timezone.now())).update(reason="", review_note="")
    # Somebody's way of looking at the queue may have been this very name.
    SavedView.objects.filter(
        moderator__clinic_id=member.clinic_id, query__words__iexact=member.name
    ).delete()
    return emptied


def blank_reports(member: Member) -> int:
    """Empty what a person wrote in reports and appeals, and what others wrote there about them.

    Who decided what, and when, stays. Returns how many texts were emptied.
    """
    theirs = Submission.objects.filter(author=member)
    reports = Report.objects.filter(Q(reporter=member) | Q(submission__in=theirs))
    emptied = reports.exclude(text="").update(text="")
    emptied += Appeal.objects.filter(member=member).exclude(text="").update(text="")
    Appeal.objects.filter(member=member).exclude(answer="").update(answer=ERASED)
    Sanction.objects.filter(member=member).update(reason="", note="")
    Sanction.objects.filter(member=member).exclude(end_reason="").update(end_reason=ERASED)
    return emptied


def blank_letters(member: Member) -> int:
    """Empty what the care team wrote to a person. What they wrote themselves is a text like any."""
    mine = Letter.objects.filter(member=member)
    events = RiskEvent.objects.filter(id__in=mine.filter(event__isnull=False).values("event"))
    emptied = events.exclude(text="").update(text="")
    return emptied + mine.exclude(text="").update(text="")
