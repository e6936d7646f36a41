"""The care team's question, cleaned."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from community.members.models import Member
from community.members.words import WordsField
from mentorship import fit
from mentorship.models import EndKind, MentorProfile, Mode, Side, today_of
from moderation.forms import WorryForm as WorryForm


class MentorChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: MentorProfile) -> str:
        return f"{obj.member.name} ({obj.at_most - obj.load} free)"  # type: ignore[attr-defined]


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
        mentors = MentorProfile.objects.with_room(today_of(by.clinic)).select_related("member")
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


HOURS = [(f"{n}.{part}", f"{day}, {part}") for n, day in enumerate(fit.DAYS) for part in fit.PARTS]
PRIVATE = [
    ("topics", "What I know from my own life"),
    ("languages", "My languages"),
    ("style", "How I like to talk"),
    ("hours", "My times"),
]


def _many(label: str, choices: Any, *, required: bool = False, **extra: Any) -> Any:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=required,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
        **extra,
    )


class AnswersForm(forms.Form):
    """What the matching should know. Everything but language and times may be left empty."""

    languages = _many("Languages you like to talk in", fit.LANGUAGES.items(), required=True)
    hours = _many("When do you usually have time?", HOURS, required=True)
    topics = _many("What do you know from your own life?", fit.TOPICS.items())
    avoid = _many(
        "What would you rather not be asked about?",
        fit.TOPICS.items(),
        help_text="Nobody who lives with this is proposed to you. You need no reason.",
    )
    style = forms.ChoiceField(
        label="How do you like to talk?",
        choices=[("", "I don’t mind"), *fit.STYLES.items()],
        required=False,
    )
    gender = forms.ChoiceField(
        label="You are", choices=[("", "I’d rather not say"), *fit.GENDERS.items()], required=False
    )
    not_with = _many("Rather not with", fit.GENDERS.items())
    private = _many(
        "Keep these to the matching",
        PRIVATE,
        help_text="They count, and the other person is not told about them.",
    )

    def __init__(self, side: Side, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if side == Side.MENTEE:
            del self.fields["avoid"]
