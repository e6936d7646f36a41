"""The care team's question, cleaned."""

from typing import Any

from django import forms

from community.members.models import Member
from community.members.words import WordsField
from mentorship.models import MentorProfile


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
