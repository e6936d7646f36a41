"""The conversation between a member and the care team, from both sides."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from community.members import audit
from community.members.access import SignedIn
from community.members.models import Member
from moderation import casefile, letters, visits
from moderation.access import (
    about_for,
    care_team_only,
    correspondent_for,
    my_about_for,
    open_risk_case_of,
)
from moderation.forms import AnswerForm, HeardForm, LetterForm
from moderation.models import Letter, Submission

# --- From the member's side ---------------------------------------------------------------------


def my_letters(request: SignedIn) -> HttpResponse:
    """What the care team wrote, what one wrote back, and a place to go on."""
    member, given = request.user, request.POST if request.method == "POST" else None
    about = my_about_for(member, (given or request.GET).get("about", ""))
    form = AnswerForm(given)
    help_needed = False
    if given is not None and form.is_valid():
        written = letters.answer(member, form.cleaned_data["letter"], about)
        if not written.help_needed:
            messages.success(request, "Sent. Somebody from the care team reads it.")
            return redirect("moderation:my_letters")
        # Help comes with the answer itself, not a page later.
        help_needed, form, about = True, AnswerForm(), None
    if request.method == "GET":
        letters.seen_by_member(member)
    context = {
        **_conversation(member, request.GET.get("before", "")),
        "form": form,
        "about": _named(about),
        "help_needed": help_needed,
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/my_letters.html", context, status=status)


def _conversation(member: Member, before: str) -> dict[str, Any]:
    """What the page of either side shows of a conversation."""
    at = int(before[:18]) if before.isdecimal() else None
    rows = letters.conversation_of(member, at)
    for letter in rows:
        letter.about_named = _named(letter.about)  # type: ignore[attr-defined]
    earlier = rows[0].id if len(rows) == letters.ROWS else None
    return {"letters": rows, "earlier": earlier, "heard": _heard(rows)}


def _heard(rows: list[Letter]) -> int:
    return max((letter.id for letter in rows if letter.to_team), default=0)


def _named(about: Submission | None) -> dict[str, Any] | None:
    """A text by its kind and day; its words unless an alias stands over them."""
    if about is None:
        return None
    words = "" if about.byline or about.latest is None else about.latest.judged_text
    label = casefile.kind_label(about.kind).lower()
    return {"id": about.id, "label": label, "at": about.created_at, "words": words}


# --- From the desk ------------------------------------------------------------------------------


@care_team_only
def letters_of(request: SignedIn, member_id: int) -> HttpResponse:
    """Somebody's conversation with the care team. Looking is written down; POST writes back."""
    person = correspondent_for(request.user, member_id)
    given = request.POST if request.method == "POST" else None
    about = about_for(person, (given or request.GET).get("about", ""))
    form = LetterForm(given)
    if given is not None and form.is_valid():
        data = form.cleaned_data
        letters.write(person, request.user, data["letter"], about=about, heard=data["heard"] or 0)
        messages.success(request, "Sent in the care team’s name.")
        return redirect("moderation:letters_of", member_id)
    if visits.begins(request, f"letters-{member_id}"):
        audit.record(request.user, "letters.read", about=person)
    context = {
        **_conversation(person, request.GET.get("before", "")),
        "person": person,
        "form": form,
        "about": _named(about),
        "risk_case": open_risk_case_of(person.id),
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/letters_of.html", context, status=status)


@care_team_only
@require_POST
def read_letters(request: SignedIn, member_id: int) -> HttpResponse:
    """'I have read them.'"""
    person, form = correspondent_for(request.user, member_id), HeardForm(request.POST)
    if form.is_valid() and letters.mark_read(person, request.user, form.cleaned_data["heard"]):
        messages.success(request, "Marked as read.")
    return redirect("moderation:queue")
