"""A message written without script, cleaned."""

import uuid

from django import forms

from community.chat.frames import BODY_MOST
from community.members.words import WordsField


class SayForm(forms.Form):
    """The composer. The hidden key is the message's cid."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = WordsField(
        most=BODY_MOST,
        label="Say something",
        widget=forms.Textarea(attrs={"rows": 1, "maxlength": BODY_MOST}),
    )

    def renamed(self) -> "SayForm":
        """The same text under a key of its own, so that it can be sent as another message."""
        form = SayForm({"body": self.data.get("body", ""), "key": str(uuid.uuid4())})
        form.full_clean()
        return form
