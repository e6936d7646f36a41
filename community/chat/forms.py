"""A message written without script, cleaned."""

import uuid

from django import forms

from community.chat.frames import BODY_MOST
from community.members.words import clean_text


class SayForm(forms.Form):
    """The composer. The hidden key is the message's cid."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = forms.CharField(
        label="Say something",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 1, "maxlength": BODY_MOST}),
    )

    def clean_body(self) -> str:
        return clean_text(self.cleaned_data["body"], BODY_MOST)
