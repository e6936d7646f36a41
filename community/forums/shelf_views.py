"""Pages about boards for those who look after groups. They show no thread and no word of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from community.forums import shelves as shelving
from community.forums.models import Board, Grant
from community.forums.shelf_forms import BoardForm, GrantForm
from community.members.access import SignedIn, group_of_clinic, needs
from community.members.models import Role

NAME_TAKEN = "Another board of this group has this name. Please choose a different one."


@needs("manages_groups")
def shelves(request: SignedIn, group_id: int) -> HttpResponse:
    """The boards of a group. POST makes a new one."""
    here = group_of_clinic(request.user, group_id)
    form = BoardForm(request.POST if request.method == "POST" else None, initial={"mode": "hybrid"})
    if request.method == "POST" and form.is_valid():
        try:
            board = shelving.make(here, request.user, **form.cleaned_data)
        except shelving.NameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, "The board is there.")
            return redirect("forums:shelf", board.id)
    boards = list(Board.objects.filter(group=here).prefetch_related("grants").order_by("id"))
    context = {"group": here, "boards": boards, "form": form}
    return render(request, "forums/shelves.html", context, status=422 if form.errors else 200)


@needs("manages_groups")
def shelf(request: SignedIn, board_id: int) -> HttpResponse:
    """One board: what it is and who may do what. POST changes what it is."""
    board = shelving.shelf_for(request.user, board_id)
    names = ("name", "purpose", "mode", "staff_only")
    initial = {name: getattr(board, name) for name in names}
    form = BoardForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            shelving.change(board, request.user, **form.cleaned_data)
        except shelving.NameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, "Saved.")
            return redirect("forums:shelf", board_id)
    granting = GrantForm(request.user.clinic, initial={"group": board.group_id})
    return _shelf_page(request, board, form, granting, 422 if form.errors else 200)


def _shelf_page(
    request: SignedIn, board: Board, form: BoardForm, granting: GrantForm, status: int
) -> HttpResponse:
    rows = Grant.objects.filter(board=board).select_related("group").order_by("group__name", "role")
    grants = [(row, _who(row), _words(row)) for row in rows]
    context = {"board": board, "form": form, "granting": granting, "grants": grants}
    return render(request, "forums/shelf.html", context, status=status)


def _who(row: Grant) -> str:
    return f"{Role(row.role).label}s" if row.role else "Everybody"


def _words(row: Grant) -> str:
    has = (row.can_read, row.can_post, row.can_start)
    return next((words for words, *rights in shelving.RIGHTS.values() if tuple(rights) == has), "")


@needs("manages_groups")
@require_POST
def allow(request: SignedIn, board_id: int) -> HttpResponse:
    """Let a group do something on a board."""
    board = shelving.shelf_for(request.user, board_id)
    granting = GrantForm(request.user.clinic, request.POST)
    if not granting.is_valid():
        names = ("name", "purpose", "mode", "staff_only")
        form = BoardForm(initial={name: getattr(board, name) for name in names})
        return _shelf_page(request, board, form, granting, 422)
    shelving.allow(board, request.user, **granting.cleaned_data)
    messages.success(request, "Saved.")
    return redirect("forums:shelf", board_id)


@needs("manages_groups")
@require_POST
def disallow(request: SignedIn, grant_id: int) -> HttpResponse:
    """Take back what a group may do on a board."""
    grant = shelving.grant_for(request.user, grant_id)
    shelving.disallow(grant, request.user)
    messages.success(request, "Taken back.")
    return redirect("forums:shelf", grant.board_id)
