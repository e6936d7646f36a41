"""Signing up without an account, cleaned; with two quiet guards against machines."""

import time
from typing import Any

from django import forms
from django.core import signing

from community.members.words import WordsField

SALT = "events.form"
LEAST_S = 2
MOST_S = 6 * 3600


def stamp() -> str:
    """When the form was shown, signed."""
    return signing.dumps(int(time.time()), salt=SALT)


class SignUpForm(forms.Form):
    """Name and address. `website` is for machines: people neither see nor reach it."""

    name = WordsField(
        most=80,
        lines=False,
        label="Your name",
        help_text="As we may call you on the day. A first name is enough.",
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="We send a link to confirm, and news about this date. Nothing else.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
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

    def people(self) -> dict[str, Any]:
        """The fields that people fill in, for the template."""
        return {name: self[name] for name in ("name", "email")}
