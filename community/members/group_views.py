"""Pages for those who look after groups: making them, their days, who belongs to them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from community.members import batches, belonging
from community.members import groups as grouping
from community.members.access import SignedIn, group_of_clinic, membership_for, needs
from community.members.group_forms import AddForm, GroupForm, UntilForm
from community.members.models import Group, Invitation, Membership
from community.members.paging import page_of

NAME_TAKEN = "Another group here has this name. Please choose a different one."


@needs("manages_groups")
def groups(request: SignedIn) -> HttpResponse:
    """All groups of the clinic and how many people are in them; POST makes a new one."""
    clinic = request.user.clinic
    form = GroupForm(clinic, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = grouping.make(request.user, **form.values)
        except grouping.NameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, "The group is there. Let people in, or invite them.")
            return redirect("members:group", made.id)
    page = page_of(request, grouping.of_clinic(clinic), "-created_at", 25)
    context = {"form": form, "page": page, "now": timezone.now()}
    return render(request, "members/groups.html", context, status=422 if form.errors else 200)


@needs("manages_groups")
def group(request: SignedIn, group_id: int) -> HttpResponse:
    """One group: its days, its people, how far its invitations came. POST changes the first."""
    here = group_of_clinic(request.user, group_id)
    sent = request.POST if request.method == "POST" else None
    form = GroupForm(request.user.clinic, sent, group=here)
    if request.method == "POST" and form.is_valid():
        try:
            grouping.change(here, request.user, **form.values)
        except grouping.NameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, "Saved.")
            return redirect("members:group", group_id)
    status = 422 if form.errors else 200
    return _group_page(request, here, form, AddForm(request.user.clinic), status)


def _group_page(
    request: SignedIn, here: Group, form: GroupForm, adding: AddForm, status: int = 200
) -> HttpResponse:
    rows = Membership.objects.filter(group=here).select_related("member", "group__clinic")
    page = page_of(request, rows, "-started_at", 50)
    now = timezone.now()
    for row in page.items:
        row.now = _state(row, now)
        row.form = UntilForm(row, auto_id=f"id_{row.id}_%s") if row.ended_at is None else None
    context = {
        "group": here,
        "form": form,
        "adding": adding,
        "page": page,
        "funnel": batches.funnel(Invitation.objects.filter(groups=here)),
        "shelves": reverse("forums:shelves", args=[here.id]),
    }
    return render(request, "members/group.html", context, status=status)


def _state(row: Membership, now: object) -> str:
    """'over', 'later' or 'now'."""
    if row.ended_at is not None or (row.valid_until is not None and row.valid_until <= now):  # type: ignore[operator]
        return "over"
    return "later" if row.started_at > now else "now"  # type: ignore[operator]


@needs("manages_groups")
@require_POST
def add_to_group(request: SignedIn, group_id: int) -> HttpResponse:
    """Let somebody with an account belong to the group."""
    here = group_of_clinic(request.user, group_id)
    adding = AddForm(request.user.clinic, request.POST)
    if not adding.is_valid():
        form = GroupForm(request.user.clinic, group=here)
        return _group_page(request, here, form, adding, status=422)
    person = adding.cleaned_data["person"]
    grouping.add(here, person, request.user, starts_at=adding.starts_at, until=adding.until)
    messages.success(request, f"{person.name} belongs to “{here.name}”.")
    return redirect("members:group", group_id)


@needs("manages_groups")
def membership(request: SignedIn, membership_id: int) -> HttpResponse:
    """Agree on another last day for somebody in a group."""
    row = membership_for(request.user, membership_id)
    form = UntilForm(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        belonging.set_until(row, form.until, request.user)
        messages.success(request, "Saved.")
        return redirect("members:group", row.group_id)
    context = {"row": row, "form": form}
    return render(request, "members/membership.html", context, status=422 if form.errors else 200)


@needs("manages_groups")
@require_POST
def end_membership(request: SignedIn, membership_id: int) -> HttpResponse:
    """End a membership now. Doing it twice does no harm."""
    row = membership_for(request.user, membership_id)
    if belonging.leave(row, request.user):
        messages.success(request, f"{row.member.name} does not belong to the group any more.")
    return redirect("members:group", row.group_id)


@needs("manages_groups")
def close_group(request: SignedIn, group_id: int) -> HttpResponse:
    """Close a group for good, after asking once."""
    here = group_of_clinic(request.user, group_id)
    if request.method != "POST":
        people = Membership.objects.current().filter(group=here).count()
        return render(request, "members/close_group.html", {"group": here, "people": people})
    grouping.close(here, request.user)
    messages.success(request, f"“{here.name}” is closed.")
    return redirect("members:groups")
