"""Who on the team reads which groups, languages and subjects. A lead says so; remit enforces it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Group, Member
from moderation import review
from moderation.duty import team_of
from moderation.models import GroupNeeds, Remit, ReviewCase, ReviewState, Training
from moderation.remit import may_judge

# Languages a group may be held in, by their codes.
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "tr": "Turkish",
    "uk": "Ukrainian",
}


BY_NAME = sorted(LANGUAGES.items(), key=lambda item: item[1])


class NotAModerator(Exception):
    """Only a moderator of the clinic has a remit; leads read everything."""


@dataclass(frozen=True)
class Reader:
    """Somebody on the team and what they read. Empty groups or languages mean all."""

    member: Member
    groups: tuple[Group, ...]
    languages: tuple[str, ...]
    trained_for: tuple[str, ...]


@dataclass(frozen=True)
class Covered:
    """A group, what it asks for, and who reads it. No moderator: the leads alone do."""

    group: Group
    language: str
    training: str
    readers: tuple[Member, ...]


def readers_of(clinic_id: int) -> list[Reader]:
    """The team of a clinic, by name. Three queries."""
    remits = {
        row.moderator_id: row
        for row in Remit.objects.filter(moderator__clinic_id=clinic_id).prefetch_related("groups")
    }
    return [_reader(member, remits.get(member.id)) for member in team_of(clinic_id)]


def _reader(member: Member, remit: Remit | None) -> Reader:
    if remit is None or member.is_lead:
        return Reader(member, (), (), ())
    groups = sorted(remit.groups.all(), key=lambda group: group.name)
    names = tuple(LANGUAGES.get(code, code) for code in remit.languages)
    trained = tuple(Training(code).label for code in remit.trained_for)
    return Reader(member, tuple(groups), names, trained)


def groups_of(clinic_id: int, readers: Sequence[Reader]) -> list[Covered]:
    """The groups of a clinic, by name, with the moderators who read each. Two queries."""
    needs = {row.group_id: row for row in GroupNeeds.objects.filter(group__clinic_id=clinic_id)}
    return [
        _covered(group, needs.get(group.id), readers)
        for group in Group.objects.filter(clinic_id=clinic_id).order_by("name", "id")
    ]


def _covered(group: Group, needs: GroupNeeds | None, readers: Sequence[Reader]) -> Covered:
    code = needs.language if needs is not None else ""
    language = LANGUAGES.get(code, code)
    training = Training(needs.training).label if needs is not None and needs.training else ""
    able = [
        reader.member
        for reader in readers
        if not reader.member.is_lead
        and (not reader.groups or group in reader.groups)
        and (not language or not reader.languages or language in reader.languages)
        and (not training or training in reader.trained_for)
    ]
    return Covered(group, language, training, tuple(able))


@transaction.atomic
def set_remit(
    lead: Member,
    moderator: Member,
    groups: Collection[Group],
    languages: Sequence[str],
    trained_for: Sequence[str],
) -> Remit:
    """Say what a moderator reads. Empty groups or languages: all. Raises NotAModerator.

    What they hold and may no longer judge goes back to the others at once.
    """
    if moderator.clinic_id != lead.clinic_id or not moderator.is_moderator or moderator.is_lead:
        raise NotAModerator
    remit, _ = Remit.objects.update_or_create(
        moderator=moderator,
        defaults={"languages": sorted(languages), "trained_for": sorted(trained_for)},
    )
    remit.groups.set(groups)
    audit.record(
        lead,
        "remit.set",
        about=moderator,
        groups=sorted(group.id for group in groups),
        languages=sorted(languages),
        trained_for=sorted(trained_for),
    )
    _give_back_what_is_outside(moderator)
    publish_on_commit(desk_topic(lead.clinic_id), {"t": "case"})
    return remit


def _give_back_what_is_outside(moderator: Member) -> None:
    held = ReviewCase.objects.filter(claimed_by=moderator, state=ReviewState.CLAIMED)
    for case in held.select_related("submission").order_by("id"):
        if not may_judge(moderator, case.id):
            review.release(case, moderator)


@transaction.atomic
def set_needs(lead: Member, group: Group, *, language: str, training: str) -> None:
    """Say what a group asks of whoever reads it; both empty: nothing."""
    if language or training:
        GroupNeeds.objects.update_or_create(
            group=group, defaults={"language": language, "training": training}
        )
    else:
        GroupNeeds.objects.filter(group=group).delete()
    audit.record(lead, "group.needs", group, language=language, training=training)
    for moderator in team_of(group.clinic_id):
        _give_back_what_is_outside(moderator)
    publish_on_commit(desk_topic(group.clinic_id), {"t": "case"})
