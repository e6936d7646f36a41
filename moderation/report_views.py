"""Pages for members: report a text, see what happened, ask for another look."""

import contextlib
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from community.members.access import SignedIn
from community.members.models import Member
from moderation import appeals, casefile, reports, unsent
from moderation.access import my_text_for
from moderation.appeals import AppealedAlready, NothingToAppeal
from moderation.models import (
    BEGAN,
    Appeal,
    Decision,
    Level,
    Report,
    ReportReason,
    Sanction,
    SanctionState,
    Submission,
)
from moderation.reports import AlreadyGone, TooMany
from moderation.sanction_forms import AppealForm, ReportForm
from moderation.screening.crisis import needs_help

# What is older helps nobody on this page.
ROWS = 30


# --- Reporting ----------------------------------------------------------------------------------


def report(request: SignedIn, submission_id: int) -> HttpResponse:
    """Say that a text is not right, or that one is worried about its author."""
    submission = reports.text_for(request.user, submission_id)
    if submission.shown is None and request.method != "POST":
        return _gone(request)
    given = request.POST if request.method == "POST" else None
    form = ReportForm(given, initial={"revision": submission.shown_id})
    if request.method == "POST" and form.is_valid():
        return _report(request, submission, form.cleaned_data)
    shown = submission.shown
    context = {
        "form": form,
        "submission": submission,
        "shown": shown,
        "kind_label": casefile.kind_label(submission.kind),
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/report.html", context, status=status)


def _report(request: SignedIn, submission: Submission, data: dict[str, Any]) -> HttpResponse:
    seen = reports.seen_by(submission, data["revision"])
    if seen is None:
        return redirect("moderation:report", submission.id)
    reason = ReportReason(data["reason"])
    try:
        made = reports.report(request.user, submission, seen, reason, data["text"])
    except AlreadyGone:
        return _gone(request)
    except TooMany:
        return render(request, "moderation/report_later.html", status=429)
    needed = needs_help(data["text"]) >= Level.RED
    context = {"report": made, "name": submission.shown_name, "help_needed": needed}
    return render(request, "moderation/report_done.html", context)


def _gone(request: SignedIn) -> HttpResponse:
    return render(request, "moderation/report_gone.html", status=409)


# --- What happened ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """A text of one's own that is not shown as it was written, and whether one may appeal."""

    submission: Submission
    kind_label: str
    decision: Decision | None
    appeal: Appeal | None


@require_safe
def what_happened(request: SignedIn) -> HttpResponse:
    """What was decided about me and my texts, why, until when, and what I can do about it."""
    member, now = request.user, timezone.now()
    rows = _sanctions(member)
    context = {
        "active": [row for row in rows if _holds(row, now)],
        "earlier": [row for row in rows if not _holds(row, now)],
        "texts": _texts(member),
        "reports": list(
            Report.objects.filter(reporter=member)
            .select_related("submission")
            .order_by("-id")[:ROWS]
        ),
    }
    return render(request, "moderation/what_happened.html", context)


def _holds(row: Sanction, now: Any) -> bool:
    return row.state == SanctionState.ACTIVE and row.ends_at is not None and row.ends_at > now


def _sanctions(member: Member) -> list[Sanction]:
    """Those that a person began, newest first. A proposal is nobody's business yet."""
    rows = Sanction.objects.filter(member=member, state__in=BEGAN)
    return list(rows.select_related("group", "appeal").order_by("-starts_at", "-id")[:ROWS])


def _texts(member: Member) -> list[Judged]:
    """One's texts that a person decided about and did not leave as they were, newest first."""
    rows = (
        Decision.objects.filter(
            submission__author=member, by__isnull=False, outcome__in=appeals.APPEALABLE
        )
        .select_related("submission", "appeal")
        .order_by("-id")[:ROWS]
    )
    seen: set[int] = set()
    texts = []
    for row in rows:
        if row.submission_id in seen:
            continue
        seen.add(row.submission_id)
        label = casefile.kind_label(row.submission.kind)
        texts.append(Judged(row.submission, label, row, getattr(row, "appeal", None)))
    return texts


# --- Appeals ------------------------------------------------------------------------------------


def appeal_text(request: SignedIn, submission_id: int) -> HttpResponse:
    """Ask for another look at what was decided about one's text."""
    submission = my_text_for(request.user, submission_id)
    decision = appeals.decision_about(submission)
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with contextlib.suppress(AppealedAlready, NothingToAppeal):
            appeals.appeal_text(submission, request.user, form.cleaned_data["text"])
        return _asked(request, form)
    if decision is None or hasattr(decision, "appeal"):
        return redirect("moderation:what_happened")
    context = {
        "form": form,
        "submission": submission,
        "kind_label": casefile.kind_label(submission.kind),
        "reason": decision.reason,
    }
    return _appeal_page(request, context)


def appeal_sanction(request: SignedIn, sanction_id: int) -> HttpResponse:
    """Ask for another look at what was set for oneself."""
    sanction = appeals.own_sanction_for(request.user, sanction_id)
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with contextlib.suppress(AppealedAlready, NothingToAppeal):
            appeals.appeal_sanction(sanction, request.user, form.cleaned_data["text"])
        return _asked(request, form)
    if hasattr(sanction, "appeal"):
        return redirect("moderation:what_happened")
    context = {"form": form, "sanction": sanction, "reason": sanction.reason}
    return _appeal_page(request, context)


def _asked(request: SignedIn, form: AppealForm) -> HttpResponse:
    """On to what happened; or, when the words speak of danger, help in this very answer.

    An appeal may wait for days, and no screener reads it.
    """
    if unsent.heard(request.user, form.cleaned_data["text"], unsent.APPEAL):
        return render(request, "moderation/appeal_help.html")
    return redirect("moderation:what_happened")


def _appeal_page(request: SignedIn, context: dict[str, Any]) -> HttpResponse:
    form: AppealForm = context["form"]
    hours = int(appeals.ANSWER_WITHIN.total_seconds() // 3600)
    status = 422 if form.errors else 200
    return render(
        request, "moderation/appeal_form.html", {**context, "hours": hours}, status=status
    )
