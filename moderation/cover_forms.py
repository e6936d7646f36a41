"""Who reads what, as a lead says it, cleaned."""

from typing import Any

from django import forms

from community.members.models import Group
from moderation.cover import BY_NAME
from moderation.models import Training


class RemitForm(forms.Form):
    """What a moderator reads."""

    groups = forms.ModelMultipleChoiceField(
        label="Groups",
        help_text="None ticked means every group.",
        queryset=Group.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    languages = forms.MultipleChoiceField(
        label="Languages they read well",
        help_text="None ticked means every language.",
        choices=BY_NAME,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    trained_for = forms.MultipleChoiceField(
        label="What they are trained for",
        help_text="Groups that ask for a training are read by those who have it, and by leads.",
        choices=Training.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, clinic_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = Group.objects.filter(clinic_id=clinic_id).order_by("name", "id")
        self.fields["groups"].queryset = groups  # type: ignore[attr-defined]


class NeedsForm(forms.Form):
    """What a group asks of whoever reads its texts."""

    language = forms.ChoiceField(
        label="Language its people write in",
        choices=[("", "Whatever the team reads"), *BY_NAME],
        required=False,
    )
    training = forms.ChoiceField(
        label="Training it asks for",
        choices=[("", "None"), *Training.choices],
        required=False,
    )
