"""What organisers type, cleaned: a workshop, its dates, its people, what they tell."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from community.members.models import Member
from community.members.words import WordsField, clean_text
from events import recurrence
from events.models import Event, Occurrence, SignUpFor, Topic, Way
from events.organising import Draft, Seats

MOST_SEATS = 5000


class OptionalWords(forms.CharField):
    """Words that may be missing: cleaned like all others when there are some."""

    def __init__(self, *, most: int, lines: bool = True, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)
        self.most, self.lines = most, lines

    def clean(self, value: Any) -> str:
        text = value or ""
        return clean_text(text, self.most, lines=self.lines) if text.strip() else ""


def rows(number: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": number})


def _day(**attrs: str) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **attrs})


def _clock() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class EventForm(forms.Form):
    """A workshop as people read about it."""

    title = WordsField(most=120, lines=False, label="Title")
    about = WordsField(
        most=3000,
        label="What happens there",
        help_text="Say what people do, whether they may just listen, and how it ends.",
        widget=rows(5),
    )
    topic = forms.ChoiceField(label="About", choices=Topic, initial=Topic.OTHER)
    way = forms.ChoiceField(label="People meet", choices=Way, initial=Way.HERE)
    place = OptionalWords(most=200, lines=False, label="Where")
    travel = OptionalWords(
        most=1000,
        label="How to get there",
        help_text="Buses, parking, steps, which door. On a block of its own.",
        widget=rows(3),
    )
    costs = OptionalWords(
        most=1000,
        label="Costs and insurance",
        help_text="Who pays, whether a referral is needed, whether an insurer helps.",
        widget=rows(3),
    )
    sign_up_for = forms.ChoiceField(
        label="People sign up for", choices=SignUpFor, initial=SignUpFor.DATES
    )
    companions = forms.TypedChoiceField(
        label="Somebody may bring along",
        coerce=int,
        choices=[(0, "nobody"), (1, "one person"), (2, "two people"), (3, "three people")],
        initial=1,
    )
    by_offer = forms.TypedChoiceField(
        label="When a seat becomes free",
        coerce=lambda value: value == "offer",
        choices=[
            ("offer", "ask the next person whether they still want it"),
            ("give", "give it to the next person at once"),
        ],
        initial="offer",
    )
    keep_days = forms.TypedChoiceField(
        label="Names and addresses are erased",
        coerce=int,
        choices=[(n, f"{n} days after each date") for n in (7, 14, 30, 60, 90)],
        initial=30,
    )

    def draft(self, time_zone: str) -> Draft:
        """What was typed, once it is valid."""
        return Draft(time_zone=time_zone, **self.cleaned_data)


def event_form(event: Event) -> dict[str, Any]:
    """What EventForm shows of a workshop that is there."""
    names = (
        "title",
        "about",
        "place",
        "topic",
        "way",
        "sign_up_for",
        "travel",
        "costs",
        "companions",
        "keep_days",
    )
    by_offer = "offer" if event.by_offer else "give"
    return {name: getattr(event, name) for name in names} | {"by_offer": by_offer}


class TimesForm(forms.Form):
    """A day and two times on the wall clock of the place."""

    day = forms.DateField(label="Day", widget=_day())
    starts = forms.TimeField(label="Begins at", widget=_clock(), initial=time(18))
    ends = forms.TimeField(label="Ends at", widget=_clock(), initial=time(20))

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, starts, ends = data.get("day"), data.get("starts"), data.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", "The end must come after the beginning.")
        if day and starts:
            if recurrence.moment(day, starts, self.zone) <= timezone.now():
                self.add_error("day", "This is over already. Choose a time to come.")
            if not recurrence.exists(day, starts, self.zone):
                self.add_error(
                    "starts",
                    "The clocks jump over this time in that night. Choose one before or after.",
                )
        return data

    def span(self) -> tuple[datetime, datetime]:
        """Start and end in UTC, once the form is valid."""
        data = self.cleaned_data
        return recurrence.spans([data["day"]], data["starts"], data["ends"], self.zone)[0]


def times_of(occurrence: Occurrence) -> dict[str, Any]:
    """What TimesForm shows of a date that is there."""
    starts, ends = occurrence.local_start, occurrence.local_end
    return {"day": starts.date(), "starts": starts.time(), "ends": ends.time()}


class SeatsForm(forms.Form):
    """How many seats a date has."""

    seats = forms.IntegerField(label="Seats", min_value=0, max_value=MOST_SEATS, initial=12)
    accessible = forms.IntegerField(
        label="Accessible places beside these",
        min_value=0,
        max_value=MOST_SEATS,
        initial=0,
        help_text="For wheelchairs and walking aids; who helps comes free.",
    )
    online = forms.IntegerField(
        label="Places online beside these",
        min_value=0,
        max_value=MOST_SEATS,
        initial=0,
        help_text="Where people meet in person or online. All online: use seats.",
    )

    def room(self) -> Seats:
        """What was typed, once it is valid."""
        data = self.cleaned_data
        return Seats(data["seats"], data["accessible"], data["online"])


class DatesForm(TimesForm, SeatsForm):
    """One date or a series."""

    every = forms.ChoiceField(
        label="Again",
        choices=[
            (recurrence.ONCE, "no, once"),
            (recurrence.WEEKLY, "every week"),
            (recurrence.FORTNIGHTLY, "every two weeks"),
            (recurrence.MONTHLY, "every month, on the same weekday"),
        ],
        initial=recurrence.ONCE,
    )
    count = forms.IntegerField(
        label="How many times in all", min_value=1, max_value=recurrence.MOST, initial=6
    )
    without = forms.CharField(
        label="Leave out these days",
        required=False,
        help_text="Holidays, for example 2026-12-24, 2026-12-31.",
    )
    field_order = (
        "day",
        "starts",
        "ends",
        "every",
        "count",
        "without",
        "seats",
        "accessible",
        "online",
    )

    def clean_without(self) -> set[date]:
        words = self.cleaned_data["without"].replace(",", " ").replace(";", " ").split()
        try:
            return {date.fromisoformat(word) for word in words}
        except ValueError:
            raise ValidationError("Write each day as year-month-day, like 2026-12-24.") from None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and not self._days(data):
            self.add_error("without", "Every day would be left out. Keep at least one.")
        return data

    def _days(self, data: dict[str, Any]) -> list[date]:
        return recurrence.days(data["day"], data["every"], data["count"], data["without"])

    def spans(self) -> list[tuple[datetime, datetime]]:
        """(start, end) in UTC of each date, once the form is valid."""
        data = self.cleaned_data
        return recurrence.spans(self._days(data), data["starts"], data["ends"], self.zone)


def first_day(zone: ZoneInfo) -> date:
    """What the day's field shows at first: in two weeks."""
    return timezone.localdate(timezone=zone) + timedelta(days=14)


class HostForm(forms.Form):
    """Somebody who runs it, as visitors meet them."""

    member = forms.ModelChoiceField(
        queryset=Member.objects.none(),
        required=False,
        label="From our house",
        empty_label="somebody without an account here",
        help_text="They can then organise this workshop too.",
    )
    name = WordsField(most=80, lines=False, label="Name for visitors")
    work = OptionalWords(
        most=120,
        lines=False,
        label="What they do",
        help_text="Occupational therapist, for example.",
    )
    about = OptionalWords(
        most=600,
        label="A few warm words",
        help_text="What they like about this evening, how they run it. "
        "Without words they are not shown to visitors.",
        widget=rows(3),
    )

    def __init__(self, *args: Any, clinic_id: int, **options: Any) -> None:
        super().__init__(*args, **options)
        works_here = Q(is_moderator=True) | Q(is_lead=True) | Q(is_administrator=True)
        people = Member.objects.filter(works_here, clinic=clinic_id, is_active=True)
        self.fields["member"].queryset = people.order_by("name")  # type: ignore[attr-defined]


class JoinLinkForm(forms.Form):
    """Where people meet online."""

    url = forms.URLField(
        label="Address of the online meeting",
        required=False,
        assume_scheme="https",
        max_length=500,
        help_text="Kept sealed. Who has a seat gets there by a button on the page of their place, "
        "from half an hour before; it stands in no letter and no calendar.",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


class NewsForm(forms.Form):
    """Something for everybody with a seat."""

    body = WordsField(
        most=2000,
        label="What they should know",
        help_text="They get a letter that there is news, and read it on the page of their place. "
        "Nobody sees anybody’s address.",
        widget=rows(5),
    )


class CallOffForm(forms.Form):
    """A word to those who hoped to come."""

    words = OptionalWords(
        most=1000,
        label="A word to them",
        help_text="Why, and what they can do instead. They read it on the page of their place.",
        widget=rows(3),
    )
