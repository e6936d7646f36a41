"""What people write into forums, cleaned."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from community.forums.actions import Extras
from community.forums.drafts import Words
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


PLACE = r"^(?:reply|start|edit)\.[0-9]{1,15}\+{0,20}\Z"
DRAFT_MOST = 100_000


class KeptForm(forms.Form):
    """What a form must know of the draft that keeps its words while they are typed."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    place = forms.RegexField(PLACE, widget=forms.HiddenInput, required=False)
    revision = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=10**9, initial=0
    )

    def draft(self) -> dict[str, Any]:
        """Place and revision of the draft, as Extras takes them."""
        data = self.cleaned_data
        return {"place": data.get("place") or "", "revision": data.get("revision") or 0}


class ReplyForm(KeptForm):
    """A post. The hidden key makes a double click or a resend harmless."""

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
    later = forms.BooleanField(
        required=False,
        label="Let it wait until tomorrow morning",
        help_text="It stays with you until 8 o’clock, and you can take it back before.",
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
        return Extras(bool(data.get("alias")), sum(data["topics"]), quoted, **self.draft())


class ThreadForm(ReplyForm):
    """A new thread: a title and its first post."""

    title = TitleField()
    field_order = ("title", "body", "alias", "topics", "later")


class RevealForm(forms.Form):
    """Why somebody must know who stands behind an alias."""

    reason = WordsField(
        most=300,
        lines=False,
        label="Why do you need to know?",
        help_text="Your reason is kept, and the person is told that somebody looked.",
    )


class EditForm(KeptForm):
    """A new wording of one's own post. titled: it opens its thread."""

    title = TitleField()
    body = WordsField(most=BODY_MOST, label="Your text", widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *args: object, titled: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not titled:
            del self.fields["title"]

    field_order = ("title", "body")


class DraftForm(forms.Form):
    """What is being typed, however unfinished: kept as it is, judged when it is sent."""

    place = forms.RegexField(PLACE)
    key = forms.UUIDField()
    revision = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    title = forms.CharField(required=False, strip=False, max_length=1000)
    body = forms.CharField(required=False, strip=False, max_length=DRAFT_MOST)
    alias = forms.BooleanField(required=False)
    topics = forms.TypedMultipleChoiceField(
        required=False, coerce=int, choices=[(bit, bit) for bit in TOPICS]
    )
    quote = forms.IntegerField(required=False)

    def words(self) -> Words:
        """The words as they were typed, with line ends as everywhere."""
        data = self.cleaned_data
        title, body = (data[name].replace("\r\n", "\n") for name in ("title", "body"))
        return Words(title, body, data["alias"], list(data["topics"]), data["quote"])

    def save_arguments(self) -> dict[str, Any]:
        """For drafts.save."""
        data = self.cleaned_data
        return {
            "place": data["place"],
            "key": data["key"],
            "words": self.words(),
            "seen": data["revision"] or 0,
        }


class FollowUpForm(forms.Form):
    """When somebody should come back to a thread."""

    days = forms.TypedChoiceField(
        coerce=int,
        label="Come back",
        choices=[(0, "today"), (1, "tomorrow"), (3, "in three days"), (7, "in a week")],
    )


class SeenForm(forms.Form):
    """Whose a follow-up was when the page was made, and for whom it is meant now."""

    seen = forms.IntegerField(required=False)
    owner = forms.IntegerField(required=False)


class OutcomeForm(SeenForm):
    """What came of a follow-up."""

    outcome = WordsField(
        most=300, lines=False, label="What came of it?", widget=forms.TextInput(attrs={"size": 30})
    )
