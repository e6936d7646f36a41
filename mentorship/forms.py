"""The care team's question, cleaned."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from community.members.models import Member
from community.members.words import WordsField
from mentorship.models import EndKind, MentorProfile, Mode
from moderation.forms import WorryForm as WorryForm


class MentorChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: MentorProfile) -> str:
        return f"{obj.member.name} ({obj.max_pairs - obj.load} free)"  # type: ignore[attr-defined]


class MenteeChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Member) -> str:
        return obj.name


class ProposalForm(forms.Form):
    """Who could go with whom, and what the mentor may know beforehand."""

    mentor = MentorChoice(
        label="Mentor",
        queryset=MentorProfile.objects.none(),
        empty_label="Choose a mentor with a free place",
    )
    mentee = MenteeChoice(
        label="Member", queryset=Member.objects.none(), empty_label="Choose a member"
    )
    summary = WordsField(
        most=300,
        label="What the mentor may know before saying yes",
        help_text="No name, nothing that tells who. Such as: would like company in the mornings.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, by: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mentors = MentorProfile.objects.with_room().select_related("member")
        here = mentors.filter(member__clinic_id=by.clinic_id)
        self.fields["mentor"].queryset = here  # type: ignore[attr-defined]
        self.fields["mentee"].queryset = Member.objects.filter(  # type: ignore[attr-defined]
            clinic_id=by.clinic_id, is_patient=True, is_active=True
        ).order_by("name")


MOODS = [(1, "very low"), (2, "low"), (3, "so-so"), (4, "good"), (5, "very good")]


class EndForm(forms.Form):
    """How a pair ends. Only the care team may say that it is to keep somebody safe."""

    kind = forms.ChoiceField(
        label="What is it like?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the sentence that is closest."},
    )

    def __init__(self, by: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [k for k in EndKind if by.on_care_team or k != EndKind.SAFEGUARDING]
        self.fields["kind"].choices = [(k.value, k.label) for k in kinds]  # type: ignore[attr-defined]


class SessionForm(forms.Form):
    """A meeting, as one of the two remembers it."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    on = forms.DateField(
        label="When?",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "Choose the day.",
            "invalid": "Choose a day, such as 2026-05-31.",
        },
    )
    minutes = forms.IntegerField(
        label="How long, in minutes?",
        min_value=1,
        max_value=600,
        error_messages={
            "required": "Write how many minutes. A guess is fine.",
            "invalid": "Write a number, such as 30.",
        },
    )
    mode = forms.ChoiceField(label="Where?", choices=Mode.choices)
    mood_before = forms.TypedChoiceField(
        label="How did you feel before?", choices=MOODS, coerce=int, initial=3
    )
    mood_after = forms.TypedChoiceField(label="And after?", choices=MOODS, coerce=int, initial=3)

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        # Somebody further east may have tomorrow already.
        if day > timezone.localdate() + timedelta(days=1):
            raise forms.ValidationError("This day is still to come. Write it down afterwards.")
        return day
