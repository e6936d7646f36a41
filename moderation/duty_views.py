"""The roster: who is on duty when, and 'I am here now'."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from community.members.access import SignedIn
from moderation import duty
from moderation.access import care_team_only
from moderation.duty import NotYourDuty, OddTimes
from moderation.duty_forms import DutyForm, HereForm
from moderation.models import DutyShift


@care_team_only
def roster(request: SignedIn) -> HttpResponse:
    """Who is there now, what is planned, where nobody is. POST plans a time."""
    member = request.user
    given = request.POST if request.method == "POST" else None
    form = DutyForm(given, member=member)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = duty.plan(
                member,
                data["who"],
                data["on"],
                data["start"],
                data["end"],
                backup=data["backup"],
                weeks=data["weeks"],
            )
        except OddTimes:
            form.add_error("end", "This time is over already. Choose a later day or hour.")
        else:
            messages.success(request, f"Planned: {len(made)} time{'s' * (len(made) > 1)}.")
            return redirect("moderation:roster")
    now = timezone.now()
    current = duty.now_of(member.clinic_id, now)
    context = {
        "form": form,
        "here_form": HereForm(),
        "duty": current,
        "zone": member.clinic.time_zone,
        "on_myself": any(person.id == member.id for person in current.on),
        "shifts": duty.roster_of(member.clinic_id, now),
        "gaps": duty.gaps_of(member.clinic_id, now),
    }
    return render(request, "moderation/roster.html", context, status=422 if form.errors else 200)


@care_team_only
@require_POST
def begin_duty(request: SignedIn) -> HttpResponse:
    """'I am here now.'"""
    form = HereForm(request.POST)
    if form.is_valid():
        made = duty.begin_now(request.user, form.cleaned_data["hours"])
        until = timezone.localtime(made.ends_at)
        messages.success(request, f"You are on duty until {until:%H:%M}.")
    return redirect("moderation:roster")


@care_team_only
@require_POST
def end_duty(request: SignedIn) -> HttpResponse:
    """'I am leaving.'"""
    if duty.end_now(request.user):
        messages.success(request, "You are off duty. Thank you, and rest well.")
    return redirect("moderation:roster")


@care_team_only
@require_POST
def drop_duty(request: SignedIn, shift_id: int) -> HttpResponse:
    """Take a time off the roster."""
    shift = get_object_or_404(DutyShift, id=shift_id, clinic_id=request.user.clinic_id)
    try:
        duty.drop(request.user, shift)
    except NotYourDuty:
        messages.warning(request, "A lead changes other people's times.")
    else:
        messages.success(request, "That time is off the roster.")
    return redirect("moderation:roster")
