"""What people write into forums, cleaned."""

import uuid

from django import forms
from django.core.exceptions import ValidationError

from community.members.words import WordsField

BODY_MOST = 20_000
TITLE_MOST = 120


class TitleField(WordsField):
    """A thread's title, on one line."""

    def __init__(self) -> None:
        super().__init__(most=TITLE_MOST, lines=False, label="Title")

    def clean(self, value: object) -> str:
        try:
            return super().clean(value)
        except ValidationError as problem:
            if problem.code != "empty":
                raise
            words = "A few words as a title help others to find it."
            raise ValidationError(words, code="empty") from None


class ReplyForm(forms.Form):
    """A post. The hidden key makes a double click or a resend harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = WordsField(
        most=BODY_MOST,
        label="Your text",
        help_text="You can use Markdown. Please leave out names, numbers and addresses.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ThreadForm(ReplyForm):
    """A new thread: a title and its first post."""

    title = TitleField()
    field_order = ("title", "body", "key")


class EditForm(forms.Form):
    """A new wording of one's own post. titled: it opens its thread."""

    title = TitleField()
    body = WordsField(most=BODY_MOST, label="Your text", widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *args: object, titled: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not titled:
            del self.fields["title"]
