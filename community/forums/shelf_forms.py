"""What is typed about boards and grants, cleaned."""

from typing import Any

from django import forms

from community.forums.shelves import RIGHTS
from community.members.models import Clinic, Group, Role
from community.members.words import WordsField

MODES = [
    ("hybrid", "The filter reads first; what it doubts waits for a person"),
    ("pre", "A person reads every text before others do"),
    ("post", "Texts appear at once unless the filter finds something"),
]
ROLES = [
    ("", "Everybody in the group"),
    (Role.PATIENT.value, "Its members (patients)"),
    (Role.MENTOR.value, "Its peer mentors"),
]


class BoardForm(forms.Form):
    """A board's name, purpose, how its texts are read, and whether it is the care team's alone."""

    name = WordsField(most=80, lines=False, label="What is it called?")
    purpose = forms.CharField(label="What is it for?", max_length=200, required=False)
    mode = forms.ChoiceField(label="How are texts read?", choices=MODES, widget=forms.RadioSelect)
    staff_only = forms.BooleanField(
        label="For the care team alone",
        required=False,
        help_text="Nobody else sees that it exists, whatever is allowed below.",
    )


class GrantForm(forms.Form):
    """Who may do what on a board."""

    group = forms.ModelChoiceField(
        label="Which group?", queryset=Group.objects.none(), empty_label=None
    )
    role = forms.ChoiceField(label="Who of it?", choices=ROLES, required=False)
    right = forms.ChoiceField(
        label="What may they do?",
        choices=[(name, words) for name, (words, *_) in RIGHTS.items()],
        widget=forms.RadioSelect,
        initial="start",
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        groups = Group.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]
