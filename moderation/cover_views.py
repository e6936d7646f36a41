"""A lead says who covers which groups and languages."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from community.members.access import SignedIn, needs
from community.members.models import Group
from moderation import cover as covering
from moderation.cover_forms import NeedsForm, RemitForm
from moderation.duty import team_of
from moderation.models import GroupNeeds, Remit

leads_only = needs("is_lead")


@leads_only
@require_safe
def cover(request: SignedIn) -> HttpResponse:
    """The team and what each reads; the groups and who reads each."""
    readers = covering.readers_of(request.user.clinic_id)
    groups = covering.groups_of(request.user.clinic_id, readers)
    return render(request, "moderation/cover.html", {"readers": readers, "groups": groups})


@leads_only
def cover_person(request: SignedIn, member_id: int) -> HttpResponse:
    """What one moderator reads."""
    clinic_id = request.user.clinic_id
    person = get_object_or_404(team_of(clinic_id), id=member_id, is_lead=False)
    remit = Remit.objects.filter(moderator=person).first()
    initial = {}
    if remit is not None:
        initial = {
            "groups": remit.groups.all(),
            "languages": remit.languages,
            "trained_for": remit.trained_for,
        }
    given = request.POST if request.method == "POST" else None
    form = RemitForm(given, clinic_id=clinic_id, initial=initial)
    if given is not None and form.is_valid():
        try:
            covering.set_remit(request.user, person, **form.cleaned_data)
        except covering.NotAModerator:
            raise Http404 from None
        messages.success(request, f"Saved. {person} is offered these texts from now on.")
        return redirect("moderation:cover")
    status = 422 if form.errors else 200
    context = {"form": form, "person": person}
    return render(request, "moderation/cover_person.html", context, status=status)


@leads_only
def cover_group(request: SignedIn, group_id: int) -> HttpResponse:
    """What one group asks of whoever reads it."""
    group = get_object_or_404(Group, id=group_id, clinic_id=request.user.clinic_id)
    row = GroupNeeds.objects.filter(group=group).first()
    initial = {} if row is None else {"language": row.language, "training": row.training}
    given = request.POST if request.method == "POST" else None
    form = NeedsForm(given, initial=initial)
    if given is not None and form.is_valid():
        covering.set_needs(request.user, group, **form.cleaned_data)
        messages.success(request, f"Saved for {group}.")
        return redirect("moderation:cover")
    status = 422 if form.errors else 200
    context = {"form": form, "group": group}
    return render(request, "moderation/cover_group.html", context, status=status)
