"""Chosen names: short, visible, not somebody else's, and checked like every other text."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from community.members.models import Clinic, Member
from community.members.words import clean_text


def clean_name(value: str, clinic: Clinic | int) -> str:
    """A usable chosen name. Raises ValidationError with a kind sentence on what to change."""
    name = clean_text(value, 40, lines=False)
    if len(name) < 2:
        raise ValidationError("Please choose a name of two letters or more.", code="short")
    for path in settings.CHOSEN_NAME_CHECKS:
        problem = import_string(path)(name)
        if problem:
            raise ValidationError(problem, code="refused")
    if Member.objects.filter(clinic=clinic, name__iexact=name).exists():
        raise ValidationError(
            "Somebody here already uses this name. Please choose another one.", code="taken"
        )
    return name
