"""What people type into the pages of this app, cleaned."""

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError

from community.members import batches, notices, preferences
from community.members.invitations import Newcomer, is_for
from community.members.models import Clinic, Group, Invitation, Member, Role, email_key
from community.members.naming import clean_name
from community.members.preferences import Digest, Topic, Warned
from community.members.words import WordsField

LIVES = [(1, "1 day"), (7, "7 days"), (30, "30 days")]
INVITED_ROLES = [(Role.PATIENT.value, "Member (patient)"), (Role.MENTOR.value, "Peer mentor")]


class InvitationForm(forms.Form):
    """An administrator invites somebody into groups of the clinic."""

    role = forms.ChoiceField(label="Who is it for?", choices=INVITED_ROLES)
    groups = forms.ModelMultipleChoiceField(
        label="Which groups may they read and write in?",
        queryset=Group.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one group, so that they find company."},
    )
    days = forms.TypedChoiceField(
        label="How long may the link be used?", choices=LIVES, coerce=int, initial=7
    )
    max_uses = forms.IntegerField(
        label="How many people may use it?",
        min_value=1,
        max_value=500,
        initial=1,
        required=False,
        help_text="1 for one person. More for a leaflet or a waiting room.",
    )
    email = forms.EmailField(
        label="For one address only",
        help_text="Nobody with another address can use the link then. Leave it empty for whoever "
        "holds the link.",
        required=False,
        max_length=254,
    )
    note = forms.CharField(
        label="A note for yourself",
        help_text="Only administrators see it. Please write no name here.",
        max_length=120,
        required=False,
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = Group.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
        self.fields["groups"].queryset = groups  # type: ignore[attr-defined]

    def clean_max_uses(self) -> int:
        return self.cleaned_data["max_uses"] or 1

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("email") and data.get("max_uses", 1) > 1:
            self.add_error("max_uses", "A link for one address can be used once. Please write 1.")
        return data

    @property
    def life(self) -> timedelta:
        """How long the invitation lasts."""
        return timedelta(days=self.cleaned_data["days"])


class BatchForm(forms.Form):
    """A table of people to invite."""

    key = WordsField(
        most=60,
        lines=False,
        label="A name for this table",
        help_text="For example “spring course 2027”. The same name again goes on with the same "
        "table, and nobody is invited twice.",
    )
    table = forms.FileField(
        label="The table",
        help_text="A CSV file with a first line that says email, reference or both. A reference is "
        "your own number for somebody without an address; please use no names.",
        error_messages={
            "required": "Choose the file with your table.",
            "empty": "This file is empty. Choose the one with your table.",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    role = forms.ChoiceField(label="Who is it for?", choices=INVITED_ROLES)
    groups = forms.ModelMultipleChoiceField(
        label="Which groups may they read and write in?",
        queryset=Group.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one group, so that they find company."},
    )
    days = forms.TypedChoiceField(
        label="How long may each link be used?", choices=LIVES, coerce=int, initial=30
    )
    mail = forms.BooleanField(
        label="Send a letter to each address in the table", required=False, initial=True
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = Group.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
        self.fields["groups"].queryset = groups  # type: ignore[attr-defined]

    def clean_table(self) -> list[tuple[int, str, str]]:
        try:
            return batches.read(self.cleaned_data["table"].read(batches.MOST_BYTES + 1))
        except batches.BadTable as problem:
            raise ValidationError(problem.words) from None

    @property
    def life(self) -> timedelta:
        """How long each invitation lasts."""
        return timedelta(days=self.cleaned_data["days"])


class PreferencesForm(forms.Form):
    """How somebody wants to be reached, and what they would rather not read unprepared."""

    digest = forms.ChoiceField(
        label="A letter when something is new", choices=Digest, widget=forms.RadioSelect
    )
    digest_hour = forms.TypedChoiceField(
        label="At what time?", choices=[(h, f"{h:02}:00") for h in range(24)], coerce=int
    )
    time_zone = forms.ChoiceField(label="Your time zone")
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    quiet_until = forms.TimeField(
        label="until", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )

    kinds = forms.MultipleChoiceField(
        label="Which notes would you like on this site?",
        choices=list(notices.OPTIONAL.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A word from the care team always reaches you.",
    )

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        wishes = preferences.of(member)
        warned = preferences.warnings_of(member)
        initial = {
            "digest": wishes.digest,
            "digest_hour": wishes.digest_hour,
            "time_zone": member.time_zone,
            "quiet_from": wishes.quiet_from,
            "quiet_until": wishes.quiet_until,
            "kinds": [kind for kind in notices.OPTIONAL if kind not in wishes.muted],
            **{f"topic_{topic}": action for topic, action in warned.items()},
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
        self.fields["time_zone"] = forms.ChoiceField(
            label="Your time zone",
            choices=[("", f"The clinic’s ({member.clinic.time_zone})"), *zones],
            required=False,
        )
        for topic in Topic:
            self.fields[f"topic_{topic.value}"] = forms.ChoiceField(
                label=topic.label, choices=Warned
            )

    @property
    def topics(self) -> list[forms.BoundField]:
        """The fields of the hard topics."""
        return [self[f"topic_{topic}"] for topic in Topic.values]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        ends = [data.get("quiet_from"), data.get("quiet_until")]
        if any(end is None for end in ends) and any(end is not None for end in ends):
            self.add_error("quiet_until", "Please write both ends of the quiet hours, or neither.")
        return data

    @property
    def wishes(self) -> dict[str, Any]:
        """The cleaned answers, as `preferences.keep` takes them."""
        data = self.cleaned_data
        start = data["quiet_from"]
        return {
            "time_zone": data["time_zone"],
            "digest": data["digest"],
            "digest_hour": data["digest_hour"],
            "quiet": None if start is None else (start, data["quiet_until"]),
            "warnings": {topic: data[f"topic_{topic}"] for topic in Topic.values},
            "muted": [kind for kind in notices.OPTIONAL if kind not in data["kinds"]],
        }


class LeaveForm(forms.Form):
    """Somebody leaves for good."""

    texts = forms.ChoiceField(
        label="What should become of what you wrote?",
        choices=[
            ("erase", "Erase it. Where it stood, others see that something is gone."),
            ("keep", "Leave it for the others, under “Former member”."),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one of the two."},
    )
    sure = forms.BooleanField(
        label="I want to leave for good",
        error_messages={"required": "Please tick the box if you are sure."},
    )


class JoinForm(forms.Form):
    """Somebody with an invitation makes an account: consent, name, address, a way to sign in."""

    name = WordsField(
        most=40,
        lines=False,
        label="The name others will see",
        help_text="Any name you like. Please not your real one.",
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="To sign in and to reach you. Nobody else here sees it.",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    way = forms.ChoiceField(
        label="How would you like to sign in?",
        choices=[
            ("passphrase", "With a passphrase"),
            ("passkey", "With a passkey (fingerprint, face or key)"),
        ],
        widget=forms.RadioSelect,
        initial="passphrase",
    )
    passphrase = forms.CharField(
        label="Your passphrase",
        help_text="15 characters or more. Four unrelated words are easy to remember.",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    agree = forms.BooleanField(
        label="I have read this and I agree",
        error_messages={"required": "Please read the text and tick the box when you agree."},
    )

    def __init__(self, invitation: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        # The database had no room at that moment, though everything typed was good.
        self.busy = False

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"], self.invitation.clinic_id)

    def clean_email(self) -> str:
        email = email_key(self.cleaned_data["email"])
        if not is_for(self.invitation, email):
            raise ValidationError(
                "Your invitation was made for another address. Please use the one your clinic "
                "knows, or ask them for a new link.",
                code="bound",
            )
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("way") == "passphrase":
            self._check_passphrase(data)
        return data

    def _check_passphrase(self, data: dict[str, Any]) -> None:
        someone = Member(email=data.get("email", ""), name=data.get("name", ""))
        try:
            get_adapter().clean_password(data.get("passphrase") or "", someone)
        except ValidationError as problem:
            self.add_error("passphrase", problem)

    def newcomer(self) -> Newcomer:
        """The cleaned answers."""
        data = self.cleaned_data
        with_phrase = data["way"] == "passphrase"
        return Newcomer(data["name"], data["email"], data["passphrase"] if with_phrase else None)
