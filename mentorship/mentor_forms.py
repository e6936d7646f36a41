"""What is typed on the way to becoming a mentor and afterwards, cleaned."""

import uuid
from typing import Any

from django import forms

from community.members.models import Member
from community.members.words import WordsField
from mentorship.models import MentorProfile, MentorState, Partner, SupervisionKind, TrainingModule

LONG = forms.Textarea(attrs={"rows": 4})
DAY = forms.DateInput(attrs={"type": "date"})
DAY_ERRORS = {"required": "Choose the day.", "invalid": "Choose a day, such as 2026-05-31."}
LEVELS = [
    (5, "Very well"),
    (4, "Well"),
    (3, "So-so"),
    (2, "It is a lot"),
    (1, "It is far too much"),
]
QUESTIONS = {
    "known": "How do you know each other, and for how long?",
    "strengths": "What makes them somebody others can lean on?",
    "worries": "Is there anything we should take care of, for them or for others?",
}


class ApplyForm(forms.Form):
    """Why somebody would like to be a mentor."""

    why = WordsField(
        most=2000,
        label="Why would you like to be there for somebody?",
        help_text="The care team alone reads this.",
        widget=LONG,
    )
    hours_a_week = forms.TypedChoiceField(
        label="How much time could you give in a week?",
        choices=[(1, "About an hour"), (2, "About two hours"), (4, "Three or four hours")],
        coerce=int,
    )
    partner = forms.ModelChoiceField(
        label="Did an organisation send you?",
        queryset=Partner.objects.none(),
        required=False,
        empty_label="No, I came by myself",
    )

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Partner.objects.filter(clinic_id=member.clinic_id, closed_at__isnull=True)
        self.fields["partner"].queryset = partners.order_by("name")  # type: ignore[attr-defined]
        self.fields["partner"].label_from_instance = lambda row: row.name  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """Somebody's name and address."""

    name = WordsField(most=80, lines=False, label="Their name")
    email = forms.EmailField(
        label="Their e-mail address",
        error_messages={
            "required": "Write their e-mail address.",
            "invalid": "Write an address such as name@example.org.",
        },
    )


class NominateForm(PersonForm):
    """Somebody whom a partner knows."""

    why = WordsField(most=1000, label="Why would they be a good mentor?", widget=LONG)


class ReferForm(forms.Form):
    """What a referee says about the applicant."""

    known = WordsField(most=500, label=QUESTIONS["known"], widget=LONG)
    strengths = WordsField(most=1500, label=QUESTIONS["strengths"], widget=LONG)
    worries = forms.CharField(
        max_length=1500,
        required=False,
        label=QUESTIONS["worries"],
        help_text="You may leave this empty.",
        widget=LONG,
    )
    recommends = forms.TypedChoiceField(
        label="Would you entrust somebody who is unwell to them?",
        choices=[("yes", "Yes"), ("no", "I would rather not")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two."},
    )


class PartnerForm(forms.Form):
    """A local organisation."""

    name = WordsField(most=120, lines=False, label="What is the organisation called?")


class InterviewForm(forms.Form):
    """What came of the talk."""

    note = WordsField(most=2000, label="What did you talk about, and what was agreed?", widget=LONG)


class TeamChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Member) -> str:
        return obj.name


def _team(by: Member) -> Any:
    here = Member.objects.filter(clinic_id=by.clinic_id, is_active=True)
    return (here.filter(is_moderator=True) | here.filter(is_lead=True)).order_by("name")


class SupervisorForm(forms.Form):
    """Who supervises a mentor from the first day on."""

    supervisor = TeamChoice(
        label="Who supervises?", queryset=Member.objects.none(), empty_label="Choose somebody"
    )

    def __init__(self, by: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supervisor"].queryset = _team(by)  # type: ignore[attr-defined]


class ArrangeForm(SupervisorForm):
    """How many people a mentor may have, and who supervises."""

    max_pairs = forms.IntegerField(
        label="People at the same time, at most",
        min_value=0,
        max_value=6,
        error_messages={"required": "Write a number from 0 to 6."},
    )

    def __init__(self, by: Member, profile: MentorProfile, *args: Any, **kwargs: Any) -> None:
        initial = {"supervisor": profile.supervisor_id, "max_pairs": profile.max_pairs}
        super().__init__(by, *args, initial=initial, **kwargs)
        self.fields["supervisor"].required = False


class ModuleForm(forms.Form):
    """A training every mentor needs."""

    title = WordsField(most=120, lines=False, label="What is it called?")
    hours = forms.IntegerField(
        label="Hours",
        min_value=1,
        max_value=200,
        error_messages={"required": "Write the number of hours."},
    )
    valid_months = forms.TypedChoiceField(
        label="How long does it count?",
        choices=[(12, "A year"), (24, "Two years"), (36, "Three years"), (0, "For good")],
        coerce=int,
    )


class RecordForm(forms.Form):
    """Somebody completed a training."""

    module = forms.ModelChoiceField(
        label="Which training?",
        queryset=TrainingModule.objects.none(),
        empty_label="Choose a training",
    )
    done_on = forms.DateField(label="When?", widget=DAY, error_messages=DAY_ERRORS)

    def __init__(self, modules: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["module"].queryset = modules  # type: ignore[attr-defined]
        self.fields["module"].label_from_instance = lambda row: row.title  # type: ignore[attr-defined]


class SuperviseForm(forms.Form):
    """A talk about the work."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    on = forms.DateField(label="When?", widget=DAY, error_messages=DAY_ERRORS)
    kind = forms.ChoiceField(label="How?", choices=SupervisionKind.choices)
    note = forms.CharField(
        max_length=2000,
        required=False,
        label="Notes",
        help_text="Sealed; the care team alone reads them.",
        widget=LONG,
    )


class CheckInForm(forms.Form):
    """How the work goes."""

    level = forms.TypedChoiceField(
        label="How are you with this work at the moment?",
        choices=LEVELS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is closest."},
    )


class MoveForm(forms.Form):
    """Pause, go on or stop."""

    to = forms.ChoiceField(choices=MentorState.choices)
