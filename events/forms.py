"""Signing up without an account, cleaned; with two quiet guards against machines."""

import time
from typing import Any

from django import forms
from django.core import signing

from community.members.words import WordsField, clean_text
from events import needs
from events.actions import Wish
from events.models import Occurrence

SALT = "events.form"
LEAST_S = 2
MOST_S = 6 * 3600


def stamp() -> str:
    """When the form was shown, signed."""
    return signing.dumps(int(time.time()), salt=SALT)


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

    def __init__(self, *args: Any, occurrence: Occurrence, **options: Any) -> None:
        super().__init__(*args, **options)
        most = occurrence.event.companions
        labels = ["alone"] + [f"with {n} more" for n in range(1, most + 1)]
        if most:
            self.fields["companions"].choices = list(enumerate(labels))  # type: ignore[attr-defined]
        else:
            del self.fields["companions"]

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
        return not LEAST_S <= time.time() - shown <= MOST_S

    def wish(self) -> Wish:
        """What was asked for, once the form is valid."""
        data = self.cleaned_data
        return Wish(
            name=data["name"],
            email=data["email"],
            companions=data.get("companions") or 0,
            accessible=data.get("accessible", False),
            needs=self.needs(),
        )

    def __init__(self, *args: Any, occurrence: Occurrence, **options: Any) -> None:
        super().__init__(*args, occurrence=occurrence, **options)
        if not occurrence.access_capacity:
            del self.fields["accessible"]
