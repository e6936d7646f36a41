"""What the care team and members type at the desk, cleaned."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from community.members.words import clean_text
from moderation import sanctions
from moderation import spans as parts
from moderation.guidelines import GUIDELINES, TEMPLATES, unfilled
from moderation.models import Level, State

REASON_MOST = 2000
NOTE_MOST = 4000

OUTCOMES = {
    State.VISIBLE: "Publish",
    State.NOTED: "Publish, folded under a note",
    State.MASKED: "Publish with a part hidden",
    State.REMOVED: "Do not publish",
}


# How much danger a moderator reads in a text, about its author.
URGENCIES_OF = [
    (str(Level.AMBER.value), "They are having a hard time"),
    (str(Level.RED.value), "They do not seem safe"),
    (str(Level.CRISIS.value), "They may be in danger right now"),
]


class Words(forms.CharField):
    """A text of several lines, cleaned; control characters get a kind error and stay in the box."""

    def __init__(self, *, most: int, rows: int = 4, **kwargs: Any) -> None:
        self.most = most
        super().__init__(strip=False, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value: Any) -> str:
        text = value or ""
        if not text.strip() and not self.required:
            return ""
        if not text.strip():
            raise ValidationError(self.error_messages["required"], code="required")
        return clean_text(text, self.most)


class DecisionForm(forms.Form):
    """What becomes of a text, which rule that rests on, and what its author is told."""

    outcome = forms.ChoiceField(
        label="What happens to the text?",
        widget=forms.RadioSelect,
        choices=[(state.value, label) for state, label in OUTCOMES.items()],
        error_messages={"required": "Choose what happens to the text."},
    )
    spans = forms.MultipleChoiceField(
        label="Hide these parts",
        help_text="Only when you publish with a part hidden. Untick what may stay.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "A part lies outside the text. Choose the parts again."},
        required=False,
    )
    hide = Words(
        label="Hide other words as well",
        help_text="One part a line, as it stands in the text; it is hidden wherever it stands.",
        most=REASON_MOST,
        rows=2,
        required=False,
    )
    policy = forms.ChoiceField(
        label="Which rule is it about?",
        choices=[("", "Choose one"), *((line.code, line.label) for line in GUIDELINES)],
        error_messages={"required": "Choose the rule this rests on; there is one for 'no rule'."},
    )
    template = forms.ChoiceField(
        label="Start from",
        widget=forms.RadioSelect,
        choices=[(line.name, line.label) for line in TEMPLATES],
        required=False,
    )
    reason = Words(
        label="What the author is told",
        help_text="They see these words. Fill in what stands in {braces}.",
        most=REASON_MOST,
        rows=5,
        required=False,
    )
    author_step = forms.ChoiceField(
        label="And the author?",
        help_text="A proposal binds nobody until a person makes it active.",
        choices=[
            ("", "Nothing is held against them"),
            *((kind.value, kind.label) for kind in dict(sanctions.LADDER.values())),
        ],
        required=False,
    )
    risk_level = forms.TypedChoiceField(
        label="Is the author in danger?",
        help_text="This calls for help at once. It never takes anything away from them.",
        choices=[("0", "I see no sign of it"), *URGENCIES_OF],
        coerce=int,
        empty_value="",
        required=False,
    )
    note = Words(
        label="Note for the team",
        help_text="The author never sees it.",
        most=NOTE_MOST,
        rows=2,
        required=False,
    )
    token = forms.IntegerField(widget=forms.HiddenInput)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, text: str, found: Sequence[parts.Span] = (), **kwargs: Any
    ) -> None:
        """text: what is judged. found: the parts that the filter would hide; ticked at first."""
        super().__init__(*args, **kwargs)
        self.text = text
        self.initial.setdefault("spans", [parts.value_of(one) for one in found])
        # What the moderator marked stays a choice, so that nothing chosen is lost.
        marked = [parts.read(str(value), text) for value in self["spans"].value() or ()]
        there = sorted({*found, *(one for one in marked if one is not None)})
        self.fields["spans"].choices = [  # type: ignore[attr-defined]
            (parts.value_of(one), parts.label_of(one, text)) for one in there
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self._clean_masks(data)
        if "reason" not in data:
            return data
        # Without script the box stays empty when a template is chosen: then the template is meant.
        chosen = next((t.text for t in TEMPLATES if t.name == data.get("template")), "")
        data["reason"] = data["reason"] or chosen
        if not data["reason"]:
            self.add_error("reason", "Tell the author why, in a sentence or two.")
        elif left := unfilled(data["reason"]):
            text = f"Not sent yet: please fill in or take out {', '.join(left)}."
            # The template stands in the box, so that its part can be filled in.
            again = self.data.copy()  # type: ignore[attr-defined]
            again["reason"] = data["reason"]
            self.data = again
            self.add_error("reason", text)
        return data

    def _clean_masks(self, data: dict[str, Any]) -> None:
        """`masks`: the parts to hide, in order; none unless that was chosen."""
        data["masks"] = ()
        if data.get("outcome") != State.MASKED or "spans" not in data or "hide" not in data:
            return
        chosen = [parts.read(value, self.text) for value in data["spans"]]
        written, missing = parts.wherever(data["hide"].splitlines(), self.text)
        data["masks"] = parts.together([*(one for one in chosen if one is not None), *written])
        if missing:
            lines = "; ".join(f"“{line}”" for line in missing)
            self.add_error("hide", f"This does not stand in the text: {lines}. Copy it from there.")
        elif not data["masks"]:
            self.add_error("spans", "Choose a part to hide, or write its words below.")


class NoteForm(forms.Form):
    """A note in a person's case, for the care team."""

    note = Words(
        label="Note for the team",
        help_text="What you saw or did. The person does not see it.",
        most=NOTE_MOST,
        rows=3,
        error_messages={"required": "Write a note first, then save it."},
    )


class LetterForm(forms.Form):
    """Words from the care team to a person."""

    letter = Words(
        label="Write to them",
        help_text="They find it on their home page, from “Care team”, and can write back.",
        most=REASON_MOST,
        rows=4,
        error_messages={"required": "Write a few words first, then send them."},
    )
    # Their last letter on the page: up to it, they count as read.
    heard = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def clean_letter(self) -> str:
        text: str = self.cleaned_data["letter"]
        if left := unfilled(text):
            raise ValidationError(f"Not sent yet: please fill in {', '.join(left)}.")
        return text


class HeardForm(forms.Form):
    """'I have read their letters, up to this one.'"""

    heard = forms.IntegerField(min_value=0)


class AnswerForm(forms.Form):
    """A member's letter to the care team."""

    letter = Words(
        label="Your words",
        most=NOTE_MOST,
        rows=5,
        error_messages={"required": "Write a few words first, then send them."},
    )


URGENCIES = [
    (str(Level.CRISIS.value), "They may be in danger right now"),
    (str(Level.RED.value), "They do not seem safe, or I am not sure"),
    (str(Level.AMBER.value), "They are having a hard time"),
]


class WorryForm(forms.Form):
    """Somebody tells the care team that they are worried about somebody else."""

    level = forms.TypedChoiceField(
        label="How worried are you?",
        widget=forms.RadioSelect,
        choices=URGENCIES,
        coerce=int,
        initial=str(Level.RED.value),
        error_messages={"required": "Choose the sentence that is closest. A guess is fine."},
    )
    text = Words(
        label="What did you notice? (You may leave this empty.)",
        most=REASON_MOST,
        rows=4,
        required=False,
    )
