"""What people say of a text on second look, golden texts, and proposed cut-offs, cleaned."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from moderation import threshold_sets
from moderation.forms import NOTE_MOST, REASON_MOST, Words
from moderation.guidelines import GUIDELINES, unfilled
from moderation.models import Level
from moderation.quality import Answer

BODY_MOST = 5000
NOTE_LINE_MOST = 300


class AnswerForm(forms.Form):
    """The two questions, asked anew: may others see it, and is somebody in danger?"""

    shown = forms.TypedChoiceField(
        label="May others see this text?",
        widget=forms.RadioSelect,
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        error_messages={"required": "Choose whether others may see it."},
    )
    policy = forms.ChoiceField(
        label="Which rule is it about?",
        choices=[("", "Choose one"), *((line.code, line.label) for line in GUIDELINES)],
        error_messages={"required": "Choose the rule this rests on; there is one for 'no rule'."},
    )
    risk = forms.TypedChoiceField(
        label="How is the person who wrote it?",
        help_text="This never decides whether others may see the text.",
        widget=forms.RadioSelect,
        choices=[
            (str(Level.GREEN.value), "No sign of danger"),
            (str(Level.AMBER.value), "Having a hard time"),
            (str(Level.RED.value), "At risk, or I am not sure"),
            (str(Level.CRISIS.value), "In danger right now"),
        ],
        coerce=int,
        error_messages={"required": "Choose the sentence that is closest."},
    )

    @property
    def answer(self) -> Answer:
        """What a valid form says."""
        data = self.cleaned_data
        return Answer(data["shown"], data["policy"], data["risk"])


class SecondLookForm(AnswerForm):
    """A second reader's answer."""

    note = Words(
        label="Note for the lead",
        help_text="Only needed when you hesitated.",
        most=NOTE_MOST,
        rows=2,
        required=False,
    )


class ResolveForm(AnswerForm):
    """A lead's answer where two people differ."""

    reason = Words(
        label="What the author is told, if the text is now shown or hidden",
        help_text="They see these words. Leave it empty when nothing changes for them.",
        most=REASON_MOST,
        rows=4,
        required=False,
    )

    def clean_reason(self) -> str:
        text: str = self.cleaned_data["reason"]
        if left := unfilled(text):
            raise ValidationError(f"Not sent yet: please fill in {', '.join(left)}.")
        return text


class GoldenForm(AnswerForm):
    """An invented text and its known answer."""

    body = Words(
        label="The text",
        help_text="Make it up. Never copy the words of a member.",
        most=BODY_MOST,
        rows=5,
        error_messages={"required": "Write the text first."},
    )
    field_order = ("body", "shown", "policy", "risk")


THRESHOLD_LABELS = {
    "toxic_hold": "Hold a text for a person from this number on",
    "amber": "Somebody needs attention from this number on",
    "red": "Somebody is at risk from this number on",
    "crisis": "Somebody is in danger from this number on",
    "red_short": "A text under 15 words: somebody is at risk from this number on",
    "crisis_short": "A text under 15 words: somebody is in danger from this number on",
    "hold_newcomers": "Hold the first texts of everybody who is new",
}


class ThresholdForm(forms.Form):
    """A new version of the cut-offs; it starts from the ones in use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, usual in threshold_sets.built_in().items():
            label = THRESHOLD_LABELS.get(name, name.replace("_", " ").capitalize())
            if isinstance(usual, bool):
                self.fields[name] = forms.BooleanField(label=label, required=False)
            else:
                self.fields[name] = forms.FloatField(
                    label=label,
                    min_value=0.001,
                    max_value=1.0,
                    widget=forms.NumberInput(attrs={"step": "any"}),
                    error_messages={"required": "Give a number between 0.001 and 1."},
                )
        self.fields["note"] = Words(
            label="Why",
            help_text="For the person who agrees or not.",
            most=NOTE_LINE_MOST,
            rows=2,
            error_messages={"required": "Say in a sentence why."},
        )

    @property
    def values(self) -> dict[str, Any]:
        """The cut-offs of a valid form."""
        return {name: self.cleaned_data[name] for name in threshold_sets.names()}
