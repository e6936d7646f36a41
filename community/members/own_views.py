"""Pages on which somebody looks after themselves: whom they meet, how they are reached."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from community.members import blocks, digests
from community.members import preferences as wishing
from community.members.access import SignedIn, person_for
from community.members.forms import PreferencesForm
from community.members.models import Block
from community.members.paging import page_of


def _back_to(request: HttpRequest) -> str:
    """The page of this site that somebody came from, as the form says; '' for anything else."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if here and url.startswith("/") else ""


@require_safe
def blocked(request: SignedIn) -> HttpResponse:
    """Everybody the person has blocked, and the way back."""
    rows = Block.objects.filter(blocker=request.user).select_related("blocked")
    page = page_of(request, rows, "-created_at", 50)
    return render(request, "members/blocked.html", {"page": page})


def block(request: SignedIn, member_id: int) -> HttpResponse:
    """What a block does, and the button. POST blocks; the other is never told."""
    other = person_for(request.user, member_id)
    back = _back_to(request)
    context = {"other": other, "next": back}
    if request.method != "POST":
        return render(request, "members/block.html", context)
    try:
        blocks.block(request.user, other)
    except blocks.CannotBlock:
        return render(request, "members/block.html", {**context, "refused": True}, status=409)
    messages.success(request, f"You and {other.name} do not meet here any more. They are not told.")
    return redirect(back or "members:blocked")


@require_POST
def unblock(request: SignedIn, member_id: int) -> HttpResponse:
    """Take a block back. The same answer whether there was one or not."""
    blocks.unblock(request.user, member_id)
    messages.success(request, "Done. From your side you can meet again.")
    return redirect("members:blocked")


def preferences(request: SignedIn) -> HttpResponse:
    """Letters, quiet hours, hard topics: all on one page."""
    form = PreferencesForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wishing.keep(request.user, **form.wishes)
        messages.success(request, "Your settings are kept.")
        return redirect("members:preferences")
    status = 422 if form.errors else 200
    return render(request, "members/preferences.html", {"form": form}, status=status)


@csrf_exempt
@login_not_required
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """Where a digest's link leads. Looking changes nothing; POST stops them.

    Mail programmes send the POST themselves (RFC 8058), without a cookie or a token of ours: the
    signed link says who it is, and all it can do is stop a letter.
    """
    wishes = digests.wishes_of(token)
    if wishes is None:
        raise Http404
    if request.method == "POST":
        digests.stop(wishes)
    return render(request, "members/stop_digest.html", {"done": request.method == "POST"})
