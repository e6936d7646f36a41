"""What facilitators type about a course, cleaned."""

from typing import Any

from django import forms

from community.chat.models import Room
from community.members.models import Group
from community.members.words import WordsField
from events.course_rows import Course, Material, Opens, Session
from events.organising_forms import OptionalWords, rows


class CourseForm(forms.ModelForm):
    """How a course goes."""

    checklist = WordsField(
        most=3000,
        label="Checklist for facilitators",
        help_text="What makes a session one of this course, an item a line.",
        widget=rows(6),
    )

    class Meta:
        model = Course
        fields = ("group", "room", "needed", "certificate", "checklist")
        labels = {
            "group": "Who may join",
            "room": "Its live room",
            "needed": "Sessions needed to complete it",
            "certificate": "Who completed it may ask for a certificate",
        }
        help_texts = {"certificate": "For clinical groups only if people ask for one."}

    def __init__(self, *args: Any, clinic_id: int, **options: Any) -> None:
        super().__init__(*args, **options)
        groups = Group.objects.filter(clinic=clinic_id, closed_at=None).order_by("name")
        group, room = self.fields["group"], self.fields["room"]
        group.queryset, group.empty_label = groups, "everybody of the clinic"  # type: ignore[attr-defined]
        room.queryset = Room.objects.filter(group__in=groups).order_by("name")  # type: ignore[attr-defined]
        room.empty_label = "none"  # type: ignore[attr-defined]
        room.label_from_instance = lambda each: each.name  # type: ignore[attr-defined]


class SessionForm(forms.ModelForm):
    """What is planned for one session."""

    title = WordsField(most=120, lines=False, label="Title")
    learn = OptionalWords(most=2000, label="To learn (psychoeducation)", widget=rows(3))
    skill = OptionalWords(most=2000, label="To practise (skill)", widget=rows(3))
    talk = OptionalWords(most=2000, label="To talk about (discussion)", widget=rows(3))
    practice = OptionalWords(most=2000, label="For home (practice)", widget=rows(3))
    agenda = OptionalWords(
        most=1000,
        label="Agenda beside the live room",
        help_text="An item a line.",
        widget=rows(4),
    )

    class Meta:
        model = Session
        fields = ("title", "learn", "skill", "talk", "practice", "agenda", "makes_up")
        labels = {"makes_up": "It makes up for"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Session.objects.filter(course=self.instance.course_id, makes_up=None)
        others = others.exclude(id=self.instance.id).select_related("occurrence__event")
        field = self.fields["makes_up"]
        field.queryset = others.order_by("occurrence__starts_at")  # type: ignore[attr-defined]
        field.empty_label = "no other session"  # type: ignore[attr-defined]
        field.label_from_instance = name_of  # type: ignore[attr-defined]


def name_of(session: Session) -> str:
    """A session in a list: its day and title."""
    return f"{session.occurrence.local_start:%d %b} {session.title}".strip()


class MaterialForm(forms.ModelForm):
    """Something to read, and from when on."""

    title = WordsField(most=120, lines=False, label="Title")
    body = OptionalWords(most=10_000, label="Text", widget=rows(4))

    link = forms.URLField(
        label="Or a link",
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )

    class Meta:
        model = Material
        fields = ("title", "body", "link", "opens", "opens_on")
        labels = {"opens": "It opens", "opens_on": "The day, if by day"}
        widgets = {
            "opens_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens") == Opens.DAY and not data.get("opens_on"):
            self.add_error("opens_on", "Choose the day on which it opens.")
        if not self.errors and not data.get("body") and not data.get("link"):
            self.add_error("body", "Write something to read, or give a link.")
        return data


class FidelityForm(forms.Form):
    """What was held as planned."""

    ticks = forms.MultipleChoiceField(
        label="What we did", required=False, widget=forms.CheckboxSelectMultiple
    )
    notes = OptionalWords(
        most=2000, label="Notes for the team", help_text="No names, please.", widget=rows(2)
    )

    def __init__(self, *args: Any, items: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["ticks"].choices = [(item, item) for item in items]  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The code of a certificate."""

    code = forms.CharField(
        label="Code of the certificate",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
