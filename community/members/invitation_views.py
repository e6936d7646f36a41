"""Pages for administrators about many invitations: tables, cards, and who came by whom."""

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members import audit, batches
from community.members.access import SignedIn, batch_for, group_of_clinic, needs
from community.members.forms import BatchForm
from community.members.invitations import link_of
from community.members.models import Group, Invitation, InvitationUse, InviteBatch, Role
from community.members.paging import page_of

SHOWN = 200


@needs("is_administrator")
def invitation_batches(request: SignedIn) -> HttpResponse:
    """Tables of people to invite. POST reads one and shows what would happen; nothing does yet."""
    clinic = request.user.clinic
    sent = request.method == "POST"
    form = BatchForm(clinic, request.POST if sent else None, request.FILES if sent else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        batch = batches.plan(
            request.user,
            key=data["key"],
            rows=data["table"],
            groups=data["groups"],
            role=Role(data["role"]),
            life=form.life,
            mail=data["mail"],
        )
        return redirect("members:invitation_batch", batch.id)
    rows = InviteBatch.objects.filter(clinic=clinic).prefetch_related("groups")
    page = page_of(request, rows, "-created_at", 25)
    context = {"form": form, "page": page}
    return render(request, "members/batches.html", context, status=422 if form.errors else 200)


@needs("is_administrator")
@require_safe
def invitation_batch(request: SignedIn, batch_id: int) -> HttpResponse:
    """One batch: what its waiting table would do, and how far its invitations came."""
    batch = batch_for(request.user, batch_id)
    rows = batches.planned(batch)
    if "table" in request.GET:
        answer = HttpResponse("".join(batches.table_of(batch, rows)), content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="batch-{batch.id}.csv"'
        return answer
    context = {
        "batch": batch,
        "groups": list(batch.groups.all()),
        "counts": batches.counts(rows),
        "ready": sum(row.verdict in batches.GOOD for row in rows),
        "odd": [row for row in rows if row.verdict not in batches.GOOD][:SHOWN],
        "good": [row for row in rows if row.verdict in batches.GOOD][:SHOWN],
        "total": len(rows),
        "funnel": batches.funnel(Invitation.objects.filter(batch=batch)),
    }
    return render(request, "members/batch.html", context)


@needs("is_administrator")
@require_POST
def make_batch(request: SignedIn, batch_id: int) -> HttpResponse:
    """Make the invitations of the waiting table. Pressed twice, each is made once."""
    made = batches.make(batch_for(request.user, batch_id), request.user)
    messages.success(request, f"{made} invitations were made.")
    return redirect("members:invitation_batch", batch_id)


@needs("is_administrator")
@require_POST
def revoke_batch(request: SignedIn, batch_id: int) -> HttpResponse:
    """Close every open invitation of a batch."""
    count = batches.revoke_batch(batch_for(request.user, batch_id), request.user)
    messages.success(request, f"{count} links are closed. Nobody can use them any more.")
    return redirect("members:invitation_batch", batch_id)


@needs("is_administrator")
@require_POST
def revoke_group(request: SignedIn, group_id: int) -> HttpResponse:
    """Close every open invitation into a group."""
    group = group_of_clinic(request.user, group_id)
    count = batches.revoke_group(group, request.user)
    messages.success(request, f"{count} links into “{group.name}” are closed.")
    return redirect("members:who_invited_whom")


@needs("is_administrator")
@require_safe
def cards(request: SignedIn, batch_id: int) -> HttpResponse:
    """Cards to print, with a code for the camera, for open invitations that nobody used yet."""
    batch = batch_for(request.user, batch_id)
    usable = Invitation.objects.usable(timezone.now()).filter(batch=batch, uses=0).exclude(nonce="")
    page = page_of(request, usable, "created_at", batches.CARDS)
    made = [(row, link, _picture(link)) for row in page.items if (link := link_of(row))]
    audit.record(request.user, "invitations.cards", batch, count=len(made))
    return render(request, "members/cards.html", {"batch": batch, "cards": made, "page": page})


def _picture(link: str) -> str:
    return str(segno.make(link, error="m").svg_data_uri(scale=4, border=2, light="#fff"))


@needs("is_administrator")
@require_safe
def who_invited_whom(request: SignedIn) -> HttpResponse:
    """Who came in, by whose invitation, into which groups; and how far all invitations came."""
    clinic = request.user.clinic
    uses = (
        InvitationUse.objects.filter(invitation__clinic=clinic)
        .select_related("member", "invitation__created_by", "invitation__batch")
        .prefetch_related("invitation__groups")
    )
    context = {
        "page": page_of(request, uses, "-at", 50),
        "funnel": batches.funnel(Invitation.objects.filter(clinic=clinic)),
        "groups": list(
            Group.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
        ),
    }
    return render(request, "members/who_invited_whom.html", context)
