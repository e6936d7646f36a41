"""What comes in at the door, and from those who tell how it was."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from community.members.words import WordsField
from events.day_rows import Again, Came, Why
from events.organising_forms import OptionalWords, rows

NONCE = r"^[A-Za-z0-9-]{8,40}$"


class ScanForm(forms.Form):
    """A scan or a tap on the list: `who` or `code`, its own name, and when it was."""

    who = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    code = forms.CharField(required=False, max_length=200, label="Code of a ticket")
    nonce = forms.RegexField(NONCE)
    at = forms.CharField(required=False, max_length=40)

    def clean_code(self) -> str:
        """The code alone, also when the whole address of a ticket was scanned."""
        code: str = self.cleaned_data["code"]
        return code.strip().rstrip("/").rsplit("/", 1)[-1]

    def clean_at(self) -> datetime | None:
        try:
            at = parse_datetime(self.cleaned_data["at"])
        except ValueError:
            at = None
        return at if at is None or timezone.is_aware(at) else None

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not data.get("who") and not data.get("code"):
            raise ValidationError("Scan a ticket, type its code, or take somebody from the list.")
        return data


class WalkInForm(forms.Form):
    """Somebody who has not signed up."""

    name = WordsField(most=80, lines=False, label="Their name")
    nonce = forms.RegexField(NONCE, widget=forms.HiddenInput)
    beyond = forms.BooleanField(label="Also when every seat is taken", required=False)


class WhoForm(forms.Form):
    who = forms.IntegerField(min_value=1, max_value=2**62)


class MarkForm(WhoForm):
    """Set right by hand."""

    state = forms.ChoiceField(choices=Came)


class SelfForm(forms.Form):
    """What hangs at the door."""

    code = forms.CharField(
        label="The code that hangs at the door",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


def _one_to_five(label: str) -> forms.TypedChoiceField:
    words = ("not at all", "a little", "somewhat", "quite", "very")
    return forms.TypedChoiceField(
        label=label,
        coerce=int,
        choices=[(number, word) for number, word in enumerate(words, 1)],
        widget=forms.RadioSelect,
    )


class FeedbackForm(forms.Form):
    """How it was. Nobody learns who answered."""

    helpful = _one_to_five("Was it helpful for you?")
    safe = _one_to_five("Did you feel safe there?")
    again = forms.ChoiceField(
        label="Would you come again?", choices=Again, widget=forms.RadioSelect
    )
    words = OptionalWords(
        most=1500,
        label="Anything else?",
        help_text="Please name nobody. Only who runs the date reads it, and only once five people "
        "have answered.",
        widget=rows(3),
    )


class WhyForm(forms.Form):
    """Why somebody could not come."""

    why = forms.ChoiceField(label="What kept you?", choices=Why, widget=forms.RadioSelect)
