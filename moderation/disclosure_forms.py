"""What is typed around identity disclosure and on "my data", cleaned."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from community.members.identity import FIELDS, LABELS, OWN_LABELS
from community.members.words import clean_text
from moderation.disclosure_rows import Basis
from moderation.forms import NOTE_MOST, Words

DECLARATION = "in danger now"
BASES = [
    (Basis.DANGER.value, "Danger to life, theirs or somebody else's"),
    (Basis.CARE.value, "Arranging care with them"),
    (Basis.SAFEGUARDING.value, "Protecting a child or a vulnerable adult"),
    (Basis.LEGAL.value, "A duty under the law"),
]
TELL_AFTER = [
    ("0", "At once"),
    ("30", "After 30 days, since telling them now would put somebody at risk"),
    ("90", "After 90 days, since telling them earlier would put somebody at risk"),
]


class AskForm(forms.Form):
    """Why somebody's identity is needed, and which parts of it."""

    basis = forms.ChoiceField(
        label="What is it for?",
        help_text="They are told this sentence, and not who asked.",
        choices=BASES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is for."},
    )
    reason = Words(
        label="Why it cannot be done without",
        help_text="For whoever agrees, and for later. They do not see it.",
        most=NOTE_MOST,
        rows=4,
        error_messages={"required": "Say in a sentence or two why it is needed."},
    )
    fields_wanted = forms.MultipleChoiceField(
        label="What do you need to know?",
        help_text="As little as will do.",
        choices=list(LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )


class EmergencyForm(forms.Form):
    """The declaration of somebody who opens an identity alone."""

    reason = Words(
        label="What is happening",
        help_text="Another lead reads this within a day.",
        most=NOTE_MOST,
        rows=3,
        error_messages={"required": "Say in a few words what is happening."},
    )
    fields_wanted = forms.MultipleChoiceField(
        label="What do you need to know?",
        choices=list(LABELS.items()),
        initial=["name", "phone", "address"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    declaration = forms.CharField(
        label=f"Type “{DECLARATION}”",
        help_text="You open it alone, on your word. It is recorded and reviewed.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"Type “{DECLARATION}” to confirm."},
    )

    def clean_declaration(self) -> str:
        typed: str = self.cleaned_data["declaration"]
        if " ".join(typed.lower().split()).strip("“”\"'.") != DECLARATION:
            raise ValidationError(f"Type “{DECLARATION}” to confirm.")
        return DECLARATION


class TellAfterForm(forms.Form):
    """When the person learns that somebody looked."""

    tell_after = forms.TypedChoiceField(
        label="When are they told?",
        choices=TELL_AFTER,
        coerce=lambda days: timedelta(days=int(days)),
        initial="0",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when they are told."},
    )


class ReviewForm(TellAfterForm):
    """Whether an emergency was one."""

    justified = forms.TypedChoiceField(
        label="Was it right to open it alone?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no."},
    )
    note = Words(
        label="In a sentence or two",
        most=NOTE_MOST,
        rows=3,
        error_messages={"required": "Say in a sentence or two how you see it."},
    )
    field_order = ["justified", "note", "tell_after"]


class IdentityForm(forms.Form):
    """What a person writes about themselves, for the day somebody needs to reach them."""

    HINTS = {
        "name": "The name in your papers.",
        "contact": "A name and a number; please ask them first.",
    }
    TOKENS = {"name": "name", "phone": "tel", "address": "street-address", "contact": "off"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            lines = name == "address"
            attrs = {"autocomplete": self.TOKENS[name], **({"rows": 3} if lines else {})}
            self.fields[name] = forms.CharField(
                label=OWN_LABELS[name],
                help_text=self.HINTS.get(name, ""),
                required=False,
                strip=False,
                widget=forms.Textarea(attrs) if lines else forms.TextInput(attrs),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in FIELDS:
            if (data.get(name) or "").strip():
                try:
                    data[name] = clean_text(data[name], 300, lines=name == "address")
                except ValidationError as problem:
                    self.add_error(name, problem)
            else:
                data[name] = ""
        return data
