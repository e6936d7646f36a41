"""More of one's own place: going to the online meeting, reminders, a new link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from events import actions, joining, reminders, whole
from events.access import place_for


@require_POST
@login_not_required
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Go to the online meeting. The address stands nowhere but in this redirect."""
    try:
        address = joining.enter(place_for(token))
    except joining.NotNow:
        return render(request, "events/not_now.html", {"token": token}, status=409)
    response = HttpResponse(status=303)
    response["Location"] = address
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def quiet(request: HttpRequest, token: str) -> HttpResponse:
    """No reminders any more. Looking changes nothing; POST stops them, the place stays.

    Mail programmes send the POST themselves (RFC 8058), without a cookie or a token of ours: the
    signed link says whose place it is, and all it can do is stop a letter.
    """
    registration = place_for(token)
    if request.method == "POST":
        reminders.stop(registration)
    context = {"token": token, "done": request.method == "POST"}
    return render(request, "events/quiet.html", context)


@require_POST
@login_not_required
def renew_link(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new link; the ones in earlier letters stop working."""
    registration = place_for(token)
    whole.each(actions.renew_link, registration)
    return render(request, "events/new_link.html", {"occurrence": registration.occurrence})
