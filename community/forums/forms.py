"""What people write into forums, cleaned."""

import uuid

from django import forms
from django.core.exceptions import ValidationError

from community.members.words import clean_text

BODY_MOST = 20_000
TITLE_MOST = 120


class ReplyForm(forms.Form):
    """A post. The hidden key makes a double click or a resend harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = forms.CharField(
        label="Your text",
        required=False,
        strip=False,
        help_text="You can use Markdown. Please leave out names, numbers and addresses.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_body(self) -> str:
        return clean_text(self.cleaned_data["body"], BODY_MOST)


class ThreadForm(ReplyForm):
    """A new thread: a title and its first post."""

    title = forms.CharField(label="Title", required=False, strip=False)
    field_order = ("title", "body", "key")

    def clean_title(self) -> str:
        try:
            return clean_text(self.cleaned_data["title"], TITLE_MOST, lines=False)
        except ValidationError as problem:
            if problem.code == "empty":
                raise ValidationError(
                    "A few words as a title help others to find it.", code="empty"
                ) from None
            raise


class EditForm(forms.Form):
    """A new wording of one's own post."""

    title = forms.CharField(label="Title", required=False, strip=False)
    body = forms.CharField(
        label="Your text", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8})
    )

    def __init__(self, *args: object, titled: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not titled:
            del self.fields["title"]

    def clean_title(self) -> str:
        return clean_text(self.cleaned_data["title"], TITLE_MOST, lines=False)

    def clean_body(self) -> str:
        return clean_text(self.cleaned_data["body"], BODY_MOST)
