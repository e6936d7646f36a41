"""Signing up without an account, cleaned; with two quiet guards against machines."""

import calendar
import time
from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core import signing

from community.members.words import WordsField, clean_text
from events import needs
from events.actions import Wish
from events.finding import Looking
from events.models import Occurrence, Topic, Way

SALT = "events.form"
LEAST_S = 2
MOST_S = 6 * 3600


AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian")
ZONES = sorted(z for z in available_timezones() if z.partition("/")[0] in (*AREAS, "Pacific"))


def stamp() -> str:
    """When the form was shown, signed."""
    return signing.dumps(int(time.time()), salt=SALT)


class FindForm(forms.Form):
    """What somebody looks for in the list, all in the address: no cookie, and a link to pass on."""

    topic = forms.ChoiceField(label="About", required=False)
    way = forms.ChoiceField(label="Where", required=False)
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    free = forms.BooleanField(label="Only with free seats", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        topics, ways = self.fields["topic"], self.fields["way"]
        topics.choices = [("", "Anything"), *Topic.choices]  # type: ignore[attr-defined]
        ways.choices = [("", "Anywhere"), (Way.HERE, "In person"), (Way.ONLINE, "Online")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one. Please choose a later day.")
        return data

    def looking(self) -> Looking:
        """What could be understood of it."""
        if not self.is_bound:
            return Looking()
        self.is_valid()
        data = self.cleaned_data
        return Looking(
            topic=data.get("topic", ""),
            way=data.get("way", ""),
            since=data.get("since"),
            until=data.get("until"),
            free=data.get("free", False),
        )


def month_asked(text: str, today: date) -> date:
    """The first day of the month that '2026-11' names; this month for anything else."""
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(text) <= 7):
        return today.replace(day=1)
    known = 2000 <= int(year) <= 2999 and 1 <= int(month) <= 12
    return date(int(year), int(month), 1) if known else today.replace(day=1)


def months_beside(first: date) -> tuple[date, date]:
    """The first days of the month before and the month after."""
    days = calendar.monthrange(first.year, first.month)[1]
    return (first - timedelta(days=1)).replace(day=1), first + timedelta(days=days)


class PlaceForm(forms.Form):
    """What somebody may change later too: who they are, who comes along, what they need."""

    name = WordsField(
        most=80,
        lines=False,
        label="Your name",
        help_text="As we may call you on the day. A first name is enough.",
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    companions = forms.TypedChoiceField(label="I come", coerce=int, required=False, empty_value="")
    kinds = forms.MultipleChoiceField(
        label="Is there anything you need to be able to come?",
        choices=list(needs.KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label="In your own words",
        required=False,
        help_text="Kept sealed. Only who runs this date can read it, from a week before until a "
        "week after. Then it is erased.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    named = forms.BooleanField(
        label="Name the workshop in my letters and my calendar",
        required=False,
    )
    time_zone = forms.ChoiceField(
        label="My time zone",
        required=False,
        widget=forms.Select(attrs={"data-zone": ""}),
    )

    def __init__(self, *args: Any, occurrence: Occurrence, **options: Any) -> None:
        super().__init__(*args, **options)
        most = occurrence.event.companions
        labels = ["alone"] + [f"with {n} more" for n in range(1, most + 1)]
        if most:
            self.fields["companions"].choices = list(enumerate(labels))  # type: ignore[attr-defined]
        else:
            del self.fields["companions"]
        event = occurrence.event
        if event.neutral_title:
            hint = f"Otherwise they say “{event.neutral_title}”: others may see a calendar."
            self.fields["named"].help_text = hint
        else:
            del self.fields["named"]
        if event.is_online:
            own = ("", f"Of the place ({event.time_zone})")
            zones = [own, *((zone, zone.replace("_", " ")) for zone in ZONES)]
            self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        else:
            del self.fields["time_zone"]

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"]
        return clean_text(words, 500) if words.strip() else ""

    def needs(self) -> dict[str, object]:
        """In the shape of events.needs."""
        return {"kinds": self.cleaned_data["kinds"], "words": self.cleaned_data["words"]}


class SignUpForm(PlaceForm):
    """Also the address. `website` is for machines: people neither see nor reach it."""

    email = forms.EmailField(
        label="Your e-mail address",
        help_text="We send a link to confirm, and news about this date. Nothing else.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    accessible = forms.BooleanField(
        label="I need an accessible place",
        required=False,
        help_text="Kept for wheelchairs and walking aids. Who helps you comes free.",
    )
    online = forms.ChoiceField(
        label="How do you want to take part?",
        choices=[("", "I come in person"), ("1", "I take part online")],
        required=False,
        widget=forms.RadioSelect,
    )
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False, initial=stamp)

    def looks_like_a_machine(self) -> bool:
        """The hidden field is filled, or the form came back sooner than anybody can type."""
        if self.cleaned_data.get("website"):
            return True
        try:
            shown = signing.loads(self.cleaned_data.get("shown") or "", salt=SALT)
        except signing.BadSignature:
            return True
        return not (isinstance(shown, int) and LEAST_S <= time.time() - shown <= MOST_S)

    def next_stamp(self) -> str:
        """For the form shown again: the stamp it came with while it is good, else a new one."""
        if not self.is_bound or self.looks_like_a_machine():
            return stamp()
        return str(self.cleaned_data["shown"])

    def wish(self) -> Wish:
        """What was asked for, once the form is valid."""
        data = self.cleaned_data
        return Wish(
            name=data["name"],
            email=data["email"],
            companions=data.get("companions") or 0,
            accessible=data.get("accessible", False),
            online=data.get("online") == "1",
            time_zone=data.get("time_zone", ""),
            named=data.get("named", False),
            needs=self.needs(),
        )

    def __init__(self, *args: Any, occurrence: Occurrence, **options: Any) -> None:
        super().__init__(*args, occurrence=occurrence, **options)
        if not occurrence.access_capacity:
            del self.fields["accessible"]
        if occurrence.event.way != Way.HYBRID:
            del self.fields["online"]
