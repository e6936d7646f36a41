"""What is typed into the roster, cleaned."""

from typing import Any

from django import forms

from community.members.models import Member
from moderation.duty import WEEKS_MOST, team_of


class DutyForm(forms.Form):
    """A time on duty. Moderators plan their own; leads plan everybody's."""

    who = forms.ModelChoiceField(queryset=Member.objects.none(), label="Who", empty_label=None)
    on = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day.", "invalid": "Write the day as 2026-12-31."},
    )
    start = forms.TimeField(
        label="From",
        widget=forms.TimeInput(attrs={"type": "time"}),
        error_messages={"required": "Say when it starts.", "invalid": "Write the time as 08:00."},
    )
    end = forms.TimeField(
        label="To",
        help_text="A time before the start means the next morning.",
        widget=forms.TimeInput(attrs={"type": "time"}),
        error_messages={"required": "Say when it ends.", "invalid": "Write the time as 18:00."},
    )
    weeks = forms.IntegerField(
        label="For how many weeks, on the same day",
        min_value=1,
        max_value=WEEKS_MOST,
        initial=1,
        error_messages={"min_value": "At least 1 week.", "max_value": f"At most {WEEKS_MOST}."},
    )
    backup = forms.BooleanField(
        label="As backup: called when whoever is on duty does not answer", required=False
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = team_of(member.clinic_id)
        mine = team if member.is_lead else team.filter(id=member.id)
        self.fields["who"].queryset = mine  # type: ignore[attr-defined]
        self.fields["who"].initial = member.id


class HereForm(forms.Form):
    """'I am here for so many hours.'"""

    hours = forms.TypedChoiceField(
        label="I am here for the next",
        coerce=int,
        choices=[(str(count), f"{count} hours") for count in (2, 4, 8, 12)],
        initial="8",
    )
