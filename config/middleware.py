"""What holds for every request: session ends, second factors, private pages."""

import time
from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers

Answer = Callable[[HttpRequest], HttpResponse]


def session_limits(answer: Answer) -> Answer:
    """End a session that was idle or open too long: sooner for staff, who see others' words."""

    def middleware(request: HttpRequest) -> HttpResponse:
        member = request.user
        if member.is_authenticated:
            kind = "staff" if member.is_staff_role else "member"
            idle_s, whole_s = settings.SESSION_LIMITS_S[kind]
            now = int(time.time())
            began = request.session.setdefault("began", now)
            seen = request.session.get("seen", now)
            if now - seen > idle_s or now - began > whole_s:
                logout(request)
                return redirect_to_login(request.path)
            if now - seen >= 60 or "seen" not in request.session:
                request.session["seen"] = now
        return answer(request)

    return middleware


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with a second factor (or, in the demo, by its own door)."""
    return any(
        record.get("method") == "mfa"
        for record in get_authentication_records(request, request.user)
    )


def second_factor(answer: Answer) -> Answer:
    """Staff without a second factor in this session reach only the pages that let them add one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return answer(request)

    def process_view(
        request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        member = request.user
        if not member.is_authenticated or not member.is_staff_role:
            return None
        if not getattr(view, "login_required", True) or _opens_the_way(request):
            return None
        return None if has_second_factor(request) else redirect("members:second_factor")

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def _opens_the_way(request: HttpRequest) -> bool:
    """Pages a person needs before the second factor: account pages, help, leaving."""
    match = request.resolver_match
    if match is None:
        return False
    if match.app_name == "members":
        return match.url_name in {"second_factor", "leave_now", "crisis_help"}
    name = match.url_name or ""
    return name.startswith(("account_", "mfa_", "usersessions_")) or name in {
        "healthz",
        "readyz",
    }


def private_pages(answer: Answer) -> Answer:
    """Pages of a signed-in person are kept by no cache and no shared computer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            add_never_cache_headers(response)
            response["Cache-Control"] = "no-store, private"
        return response

    return middleware
