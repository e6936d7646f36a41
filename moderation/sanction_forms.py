"""What is typed into reports, measures and appeals, cleaned."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from community.members.models import Group
from moderation.forms import NOTE_MOST, REASON_MOST, Words
from moderation.guidelines import GUIDELINES, unfilled
from moderation.models import AppealState, ReportReason, SanctionKind

DAYS = (1, 3, 7, 14, 30, 90)
LENGTHS = [(str(days), "1 day" if days == 1 else f"{days} days") for days in DAYS]
KINDS = [
    (SanctionKind.WARNING.value, "A word of warning. Nothing is limited."),
    (SanctionKind.SLOW.value, "Writing slowly: one text every ten minutes"),
    (SanctionKind.REST.value, "A rest from writing: they can read everything"),
    (SanctionKind.ROOM.value, "A pause from this room"),
    (SanctionKind.GROUP.value, "A pause from a group (needs a second person)"),
    (SanctionKind.SUSPENSION.value, "A pause from the community (needs a second person)"),
]


def whole(text: str) -> str:
    """The text; a kind error while a part in {braces} is not filled in."""
    if left := unfilled(text):
        raise ValidationError(f"Not sent yet: please fill in or take out {', '.join(left)}.")
    return text


class ReportForm(forms.Form):
    """Why somebody reports a text. The first reason is a worry about the person."""

    reason = forms.ChoiceField(
        label="What is it about?",
        widget=forms.RadioSelect,
        choices=ReportReason.choices,
        error_messages={"required": "Choose the sentence that is closest. A guess is fine."},
    )
    text = Words(
        label="Would you like to add something? (You may leave this empty.)",
        most=REASON_MOST,
        rows=3,
        required=False,
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)


class _Length(forms.TypedChoiceField):
    def __init__(self) -> None:
        super().__init__(
            label="For how long?",
            choices=LENGTHS,
            coerce=lambda days: timedelta(days=int(days)),
            initial="3",
        )


class SanctionForm(forms.Form):
    """Something to be set for a member. It binds nobody until somebody makes it active."""

    kind = forms.ChoiceField(
        label="What do you propose?",
        widget=forms.RadioSelect,
        choices=KINDS,
        error_messages={"required": "Choose what you propose."},
    )
    group = forms.ModelChoiceField(
        label="Which group, for a pause from one?",
        queryset=Group.objects.none(),
        required=False,
        empty_label="No group",
    )
    length = _Length()
    policy = forms.ChoiceField(
        label="Which rule is it about?",
        choices=[("", "Choose one")]
        + [(line.code, line.label) for line in GUIDELINES if line.code != "fine"],
        error_messages={"required": "Choose the rule this rests on."},
    )
    reason = Words(
        label="What the member is told",
        help_text="They see these words. Say plainly what happened and what would help.",
        most=REASON_MOST,
        rows=4,
        error_messages={"required": "Tell them why, in a sentence or two."},
    )
    note = Words(
        label="Note for the team",
        help_text="The member never sees it.",
        most=NOTE_MOST,
        rows=2,
        required=False,
    )

    def __init__(self, *args: Any, groups: Any, room: bool, **kwargs: Any) -> None:
        """groups: the member's groups. room: whether there is a live room to pause from."""
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        if not room:
            kept = [pair for pair in KINDS if pair[0] != SanctionKind.ROOM]
            self.fields["kind"].choices = kept  # type: ignore[attr-defined]

    def clean_reason(self) -> str:
        return whole(self.cleaned_data["reason"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == SanctionKind.GROUP and not data.get("group"):
            self.add_error("group", "Choose the group.")
        return data


class ActivateForm(forms.Form):
    """The last look before something begins: for how long, and what the member is told."""

    length = _Length()
    reason = Words(
        label="What the member is told",
        most=REASON_MOST,
        rows=4,
        error_messages={"required": "Tell them why, in a sentence or two."},
    )

    def clean_reason(self) -> str:
        return whole(self.cleaned_data["reason"])


class WhyForm(forms.Form):
    """Why something ends early, or does not begin."""

    why = Words(
        label="Why?",
        most=REASON_MOST,
        rows=2,
        error_messages={"required": "Say why, in a sentence."},
    )

    def clean_why(self) -> str:
        return whole(self.cleaned_data["why"])


class AppealForm(forms.Form):
    """Somebody asks for another look."""

    text = Words(
        label="What should we know? (You may leave this empty.)",
        most=REASON_MOST,
        rows=5,
        required=False,
    )


class AnswerForm(forms.Form):
    """The answer to an appeal. There is none without words."""

    outcome = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        choices=[
            (AppealState.OVERTURNED.value, "Take it back"),
            (AppealState.UPHELD.value, "It stays as it is"),
        ],
        error_messages={"required": "Choose an answer."},
    )
    answer = Words(
        label="What the member is told",
        help_text="They see these words. An appeal is never answered without a reason.",
        most=REASON_MOST,
        rows=5,
        error_messages={"required": "Tell them why, in a sentence or two."},
    )

    def clean_answer(self) -> str:
        return whole(self.cleaned_data["answer"])
