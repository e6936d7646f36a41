"""What people write into forums, cleaned."""

import uuid

from django import forms
from django.core.exceptions import ValidationError

from community.forums.actions import Extras
from community.forums.topics import TOPICS
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
    alias = forms.BooleanField(
        required=False,
        label="Write under another name",
        help_text="A name for this thread alone. It stays yours here, and leads nobody to you.",
    )
    topics = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label="It is about",
        help_text="Others then decide for themselves whether they read it.",
        choices=[(bit, topic.label) for bit, topic in TOPICS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    quote = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, named: bool = False, **kwargs: object) -> None:
        """named: the name in this thread is settled, or the person writes as the care team."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if named:
            del self.fields["alias"]

    def extras(self) -> Extras:
        """What goes with the cleaned text."""
        data = self.cleaned_data
        quoted = (data["quote"],) if data.get("quote") else ()
        return Extras(bool(data.get("alias")), sum(data["topics"]), quoted)


class ThreadForm(ReplyForm):
    """A new thread: a title and its first post."""

    title = TitleField()
    field_order = ("title", "body", "alias", "topics", "key")


class RevealForm(forms.Form):
    """Why somebody must know who stands behind an alias."""

    reason = WordsField(
        most=300,
        lines=False,
        label="Why do you need to know?",
        help_text="Your reason is kept, and the person is told that somebody looked.",
    )


class EditForm(forms.Form):
    """A new wording of one's own post. titled: it opens its thread."""

    title = TitleField()
    body = WordsField(most=BODY_MOST, label="Your text", widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *args: object, titled: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not titled:
            del self.fields["title"]
