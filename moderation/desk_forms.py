"""How somebody looks at the queue, passes a text on, and likes their desk: cleaned."""

from typing import Any

from django import forms

from community.members.models import Group, Member
from moderation import content
from moderation.cover import BY_NAME
from moderation.forms import Words
from moderation.models import Level, SkipReason
from moderation.queue import Looking, team_of

HELD = [
    ("", "Everything"),
    ("free", "Free to take"),
    ("mine", "Held by me"),
    ("others", "Held by others"),
    ("lead", "For a lead"),
    ("passed", "Passed on by me"),
    ("late", "Past its time"),
]
LEVELS = [("", "Any"), *((str(level.value), level.label) for level in reversed(Level))]
BUDDY_MOST = 500


class LookForm(forms.Form):
    """A way of looking at the queue. What it does not understand asks for nothing."""

    words = forms.CharField(
        label="Name, group or number", max_length=80, required=False, strip=True
    )
    level = forms.TypedChoiceField(
        label="Level", choices=LEVELS, coerce=int, empty_value=None, required=False
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    group = forms.TypedChoiceField(label="Group", coerce=int, empty_value=None, required=False)
    language = forms.ChoiceField(
        label="Language",
        choices=[("", "Any"), *BY_NAME],
        required=False,
    )
    held = forms.ChoiceField(label="Show", choices=HELD, required=False)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.name, kind.label) for kind in content.kinds() if not kind.to_team]
        groups = Group.objects.filter(clinic_id=member.clinic_id).order_by("name", "id")
        names = [(str(number), name) for number, name in groups.values_list("id", "name")]
        self.fields["kind"].choices = [("", "Any"), *kinds]  # type: ignore[attr-defined]
        self.fields["group"].choices = [("", "Any"), *names]  # type: ignore[attr-defined]

    @property
    def looking(self) -> Looking:
        """What was asked for. A field that was not understood is left out."""
        self.is_valid()
        data = self.cleaned_data
        return Looking(
            level=data.get("level"),
            kind=data.get("kind", ""),
            group=data.get("group"),
            language=data.get("language", ""),
            held=data.get("held", ""),
            words=data.get("words", ""),
        )


class ViewNameForm(forms.Form):
    """The name of a way of looking."""

    name = forms.CharField(
        label="Keep this view as",
        max_length=40,
        error_messages={"required": "Give the view a name first."},
    )


class SkipForm(forms.Form):
    """Why somebody passes a text on."""

    reason = forms.ChoiceField(
        label="Why would somebody else be better?",
        widget=forms.RadioSelect,
        choices=SkipReason.choices,
        error_messages={"required": "Choose a reason. None of them is held against you."},
    )


class HabitsForm(forms.Form):
    """How somebody likes their desk."""

    keys = forms.BooleanField(label="Single keys do things (j, k, a, h, m, r, e)", required=False)
    cover_from = forms.TypedChoiceField(
        label="Cover texts until I uncover them",
        coerce=int,
        choices=[
            ("0", "All texts"),
            ("1", "From “needs attention” on"),
            ("2", "From “at risk” on"),
            ("3", "Only danger now"),
            ("4", "None"),
        ],
    )
    heavy_most = forms.IntegerField(
        label="Propose a break after so many grave texts",
        min_value=1,
        max_value=20,
        error_messages={"required": "Give a number from 1 to 20."},
    )


class BuddyForm(forms.Form):
    """A few words for a colleague."""

    to = forms.TypedChoiceField(label="To", coerce=int)
    text = Words(
        label="A few kind words",
        most=BUDDY_MOST,
        rows=2,
        error_messages={"required": "Write a few words first."},
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.id), one.name) for one in team_of(member)]
        self.fields["to"].choices = names  # type: ignore[attr-defined]
