"""What is typed when somebody judges how a person is, cleaned."""

from django import forms

from moderation.forms import NOTE_MOST, Words
from moderation.models import Criterion, Level, RiskState

WAYS = [
    (RiskState.PLAN.value, "We made a plan with them"),
    (RiskState.CLINICAL.value, "Their clinician takes over"),
    (RiskState.EMERGENCY.value, "Emergency help was called"),
    (RiskState.STOOD_DOWN.value, "No danger (after a crisis, a second person agrees)"),
]


class AssessForm(forms.Form):
    """How somebody is, by the written criteria, and what is done about it."""

    criteria = forms.MultipleChoiceField(
        label="What did you find?",
        choices=Criterion.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one sentence, so that others can follow."},
    )
    level = forms.TypedChoiceField(
        label="How much danger is there now?",
        widget=forms.RadioSelect,
        choices=[(str(level.value), level.label) for level in reversed(Level)],
        coerce=int,
        error_messages={"required": "Choose how much danger there is now."},
    )
    way = forms.ChoiceField(
        label="What is done?",
        widget=forms.RadioSelect,
        choices=WAYS,
        error_messages={"required": "Choose what is done."},
    )
    text = Words(
        label="In your own words",
        help_text="Who was reached, what was agreed, who goes on. The person does not see it.",
        most=NOTE_MOST,
        rows=4,
        error_messages={"required": "Say in a sentence or two what was found and agreed."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    heard = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class FollowUpForm(forms.Form):
    """How somebody is after a day, or after three."""

    text = Words(
        label="How are they now?",
        help_text="What they said, and what goes on. The person does not see it.",
        most=NOTE_MOST,
        rows=4,
        error_messages={"required": "Say in a sentence or two how they are."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    heard = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
