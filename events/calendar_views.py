"""Workshops as a month, as calendars to subscribe to, and as the picture that other sites show."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events import pictures
from events.access import event_for, for_feeds
from events.calendar_files import feed_of
from events.finding import MOST_IN_A_FEED, month_of
from events.forms import FindForm, month_asked, months_beside
from events.models import Event, Occurrence
from events.views import cacheable


@require_safe
@login_not_required
def month(request: HttpRequest) -> HttpResponse:
    """A month on a page; on a phone, the days on which something is."""
    today = timezone.localdate()
    first = month_asked(request.GET.get("month", ""), today)
    before, after = months_beside(first)
    weeks = month_of(first, FindForm(request.GET).looking())
    context = {
        "first": first,
        "before": before,
        "after": after,
        "today": today,
        "weeks": weeks,
        "empty": not any(day.dates for week in weeks for day in week),
    }
    return cacheable(request, render(request, "events/month.html", context))


@require_safe
@login_not_required
def feed(request: HttpRequest) -> HttpResponse:
    """All public dates to come, or those of one topic, as a calendar to subscribe to."""
    rows = for_feeds()
    looking = FindForm(request.GET).looking()
    if looking.topic:
        rows = rows.filter(event__topic=looking.topic)
    return _calendar(list(rows[:MOST_IN_A_FEED]), f"{settings.SITE_NAME}: workshops")


@require_safe
@login_not_required
def event_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The dates of one workshop as a calendar to subscribe to."""
    event = event_for(slug)
    return _calendar(list(for_feeds().filter(event=event)[:MOST_IN_A_FEED]), event.title)


def _calendar(dates: list[Occurrence], name: str) -> HttpResponse:
    response = HttpResponse(
        feed_of(dates, name), content_type="text/calendar; charset=utf-8; method=PUBLISH"
    )
    response["Content-Disposition"] = 'inline; filename="workshops.ics"'
    # The same for everybody, whoever asks.
    response["Cache-Control"] = "public, max-age=900"
    return response


@require_safe
@login_not_required
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture that other sites show beside a link to this workshop. Drawn here."""
    event: Event = event_for(slug)
    response = HttpResponse(pictures.of(event), content_type="image/png")
    response["Cache-Control"] = "public, max-age=3600"
    return response
