"""What is typed about groups and who belongs to them, cleaned."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone

from community.members.groups import end_of, last_day, person_called, start_of
from community.members.models import Clinic, Group, Membership, email_key
from community.members.words import WordsField

DAY = {"type": "date"}
UNTIL_EARLY = "The last day lies before the first one. Please change one of the two."


def _day(label: str, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=False,
        widget=forms.DateInput(DAY, "%Y-%m-%d"),
        error_messages={"invalid": "Please choose a day, such as 2027-04-30."},
    )


class GroupForm(forms.Form):
    """A group's name, what it is for, and its days if it is a cohort."""

    name = WordsField(
        most=120,
        lines=False,
        label="What is it called?",
        help_text="Only its members and those who look after it see the name.",
    )
    purpose = forms.CharField(
        label="What is it for?", max_length=300, required=False, widget=forms.TextInput
    )
    opens_on = _day("First day", "For a cohort. Empty: at once.")
    last_on = _day("Last day", "From the next day on its members cannot read there any more.")

    def __init__(self, clinic: Clinic, *args: Any, group: Group | None = None, **kwargs: Any):
        self.clinic = clinic
        if group is not None:
            opens = group.opens_at
            kwargs["initial"] = {
                "name": group.name,
                "purpose": group.purpose,
                "opens_on": opens and timezone.localtime(opens, _zone(clinic)).date(),
                "last_on": last_day(group.open_until, clinic),
            }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        _in_order(self, "opens_on", "last_on")
        return data

    @property
    def values(self) -> dict[str, Any]:
        """As `groups.make` and `groups.change` take it."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "purpose": data["purpose"],
            "opens_at": start_of(data["opens_on"], self.clinic),
            "open_until": end_of(data["last_on"], self.clinic),
        }


class AddForm(forms.Form):
    """Somebody with an account comes into a group."""

    person = forms.CharField(
        label="Who?",
        max_length=254,
        help_text="Their chosen name or their e-mail address.",
        error_messages={"required": "Please write a chosen name or an address."},
    )
    starts_on = _day("From", "Empty: from now on.")
    last_on = _day("Last day", "Empty: until somebody ends it.")

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.clinic = clinic

    def clean_person(self) -> Any:
        word = self.cleaned_data["person"].strip()
        person = person_called(self.clinic, email_key(word) if "@" in word else word)
        if person is None:
            raise forms.ValidationError(
                "Nobody here has this name or address. Look at the spelling, or send them an "
                "invitation into this group."
            )
        return person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        _in_order(self, "starts_on", "last_on")
        _not_over(self, "last_on", self.clinic)
        return data

    @property
    def starts_at(self) -> datetime | None:
        """The first moment; None for now."""
        start = start_of(self.cleaned_data["starts_on"], self.clinic)
        return start if start is not None and start > timezone.now() else None

    @property
    def until(self) -> datetime | None:
        """The moment it ends; None when no end is agreed."""
        return end_of(self.cleaned_data["last_on"], self.clinic)


class UntilForm(forms.Form):
    """The agreed last day of a membership."""

    last_on = _day("Last day", "Empty: until somebody ends it.")

    def __init__(self, membership: Membership, *args: Any, **kwargs: Any):
        self.membership, self.clinic = membership, membership.group.clinic
        kwargs.setdefault("initial", {"last_on": last_day(membership.valid_until, self.clinic)})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        until = end_of(data.get("last_on"), self.clinic)
        if until is not None and until <= self.membership.started_at:
            self.add_error("last_on", "This day lies before they come. Please choose a later one.")
        else:
            _not_over(self, "last_on", self.clinic)
        return data

    @property
    def until(self) -> datetime | None:
        """The moment it ends; None when no end is agreed."""
        return end_of(self.cleaned_data["last_on"], self.clinic)


def _zone(clinic: Clinic) -> Any:
    start = start_of(date(2027, 1, 1), clinic)
    return start.tzinfo if start else None


def _in_order(form: forms.Form, first: str, last: str) -> None:
    begins, ends = form.cleaned_data.get(first), form.cleaned_data.get(last)
    if begins and ends and ends < begins:
        form.add_error(last, UNTIL_EARLY)


def _not_over(form: forms.Form, last: str, clinic: Clinic) -> None:
    until = end_of(form.cleaned_data.get(last), clinic)
    if until is not None and until <= timezone.now():
        form.add_error(last, "This day is over. Choose a later one, or end the membership now.")
