"""What those who hold a room fill in, cleaned."""

from typing import Any, cast

from django import forms

from community.chat.floor_rows import Weekday
from community.chat.hosting import QUIET_MINUTES, SLOW_MOST_S, Manner
from community.chat.models import Posting, Room, Round
from community.members.access import reachable_groups
from community.members.models import Group, Member, Membership
from community.members.words import WordsField, clean_text


class MannerForm(forms.Form):
    """How people write in the room."""

    posting = forms.ChoiceField(label="Who may write", choices=Posting)
    slow_s = forms.IntegerField(
        label="Seconds between two messages of one person",
        min_value=0,
        max_value=SLOW_MOST_S,
        help_text="0 for no wait. It never slows a call for help, nor those who hold the room.",
    )
    takes_turns = forms.BooleanField(
        label="People speak in turn: they raise a hand and are called", required=False
    )
    needs_host = forms.BooleanField(
        label="Open only while somebody who holds the room is there", required=False
    )
    asks_rules = forms.BooleanField(
        label="Ask for a yes to the house rules before the first message", required=False
    )

    @classmethod
    def of(cls, room: Room) -> "MannerForm":
        """The form as the room is now."""
        names = ("posting", "slow_s", "takes_turns", "needs_host", "asks_rules")
        return cls(initial={name: getattr(room, name) for name in names})

    @property
    def manner(self) -> Manner:
        """What was chosen. The form must be valid."""
        data = self.cleaned_data
        return Manner(
            Posting(data["posting"]),
            data["slow_s"],
            data["takes_turns"],
            data["needs_host"],
            data["asks_rules"],
        )


class AgendaForm(forms.Form):
    """An item a line; empty for none."""

    agenda = forms.CharField(
        label="Agenda, an item a line",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_agenda(self) -> str:
        text: str = self.cleaned_data["agenda"]
        return clean_text(text, 2000) if text.strip() else ""


class HoursForm(forms.Form):
    """Times of one weekday by the clinic's clock."""

    weekday = forms.TypedChoiceField(label="Day", choices=Weekday, coerce=int)
    opens = forms.TimeField(label="Opens", widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(
        label="Closes",
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text="Earlier than it opens means the next morning.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens") is not None and data.get("opens") == data.get("closes"):
            self.add_error("closes", "Please choose a time that differs from when it opens.")
        return data


class NoteForm(forms.Form):
    """A note for the others who hold the room."""

    text = WordsField(
        most=1000,
        label="Note for those who hold this room",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class QuietForm(forms.Form):
    minutes = forms.TypedChoiceField(choices=[(m, m) for m in QUIET_MINUTES], coerce=int)


class RoundForm(forms.Form):
    round = forms.ChoiceField(choices=Round, required=False)


class FacilitatorsForm(forms.Form):
    """Which mentors of the group hold the room beside the care team."""

    people = forms.ModelMultipleChoiceField(
        label="Mentors who hold this room too",
        queryset=Member.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, room: Room, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        inside = Membership.objects.current().filter(group=room.group).values("member")
        field = cast(forms.ModelMultipleChoiceField, self.fields["people"])
        field.queryset = Member.objects.filter(
            id__in=inside, is_mentor=True, is_active=True
        ).order_by("name")
        self.initial["people"] = room.facilitators.values_list("member_id", flat=True)


class OpenRoomForm(forms.Form):
    """A new room for a group."""

    group = forms.ModelChoiceField(label="For the group", queryset=Group.objects.none())
    name = WordsField(most=80, lines=False, label="Name of the room")
    purpose = forms.CharField(label="What it is for", required=False, max_length=200)

    def __init__(self, member: Member, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast(forms.ModelChoiceField, self.fields["group"])
        field.queryset = reachable_groups(member)


class EditForm(forms.Form):
    """A new wording of one's own message."""

    body = WordsField(most=2000, label="Your words", widget=forms.Textarea(attrs={"rows": 3}))
