"""Becoming a mentor: application, two references, a talk, training, and a first person.

Nobody but the care team reads what was written on the way; it is sealed, and goes with the person.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members import audit, notices, vault
from community.members.invitations import fresh_nonce, token_of, token_sha256
from community.members.models import Member
from mentorship import training
from mentorship.models import (
    UNDER_WAY,
    Application,
    ApplicationState,
    MentorProfile,
    MentorState,
    Nomination,
    Partner,
    Reference,
    ReferenceState,
    today_of,
)

REFERENCES = 2
REFERENCE_LIFE = timedelta(days=30)
RAMP = timedelta(days=60)


class AlreadyUnderWay(Exception):
    """The person has applied before and is waiting, or is a mentor already."""


class NotNow(Exception):
    """The step does not follow from where the application stands; says why, for the care team."""


class LinkSpent(Exception):
    """The link is unknown, was used, or ran out. Which one is not told."""


@transaction.atomic
def apply(member: Member, why: str, hours_a_week: int, partner: Partner | None) -> Application:
    """Ask to become a mentor. Raises AlreadyUnderWay."""
    if MentorProfile.objects.filter(member=member).exclude(state=MentorState.RETIRED).exists():
        raise AlreadyUnderWay
    try:
        with transaction.atomic():
            return Application.objects.create(
                clinic_id=member.clinic_id,
                member=member,
                partner=partner,
                why_sealed=vault.seal(why),
                hours_a_week=hours_a_week,
            )
    except IntegrityError:
        raise AlreadyUnderWay from None


@transaction.atomic
def withdraw(application: Application) -> bool:
    """The applicant no longer wants to. Open links end. False when it was over before."""
    return _end(application, application.member, ApplicationState.WITHDRAWN)


@transaction.atomic
def decline(application: Application, by: Member) -> bool:
    """Not this time. The applicant is told kindly, without a reason."""
    if not _end(application, by, ApplicationState.DECLINED):
        return False
    notices.tell(application.member, "application", reverse("mentorship:become"))
    audit.record(by, "mentor.declined", application, about=application.member_id)
    return True


def _end(application: Application, by: Member, to: ApplicationState) -> bool:
    rows = Application.objects.filter(id=application.id, state__in=UNDER_WAY)
    if rows.update(state=to, ended_by=by, ended_at=timezone.now()) != 1:
        return False
    Reference.objects.filter(application=application, state=ReferenceState.ASKED).update(
        state=ReferenceState.VOID
    )
    return True


# --- References ---------------------------------------------------------------------------------


def _token_of(nonce: str) -> str:
    return token_of(nonce, salt="mentorship.becoming")


@transaction.atomic
def ask_referee(application: Application, name: str, email: str) -> Reference:
    """Ask somebody who knows the applicant, by a link that works once.

    Raises NotNow when two were asked, or this address was.
    """
    # The row is locked, so that two forms sent at once do not ask a third person.
    Application.objects.select_for_update(of=("self",)).get(id=application.id)
    asked = Reference.objects.filter(application=application).exclude(state=ReferenceState.VOID)
    if asked.count() >= REFERENCES:
        raise NotNow("Two people are asked already. Take one back first.")
    email = email.strip().casefold()
    if email == application.member.email.casefold():
        raise NotNow("Please name somebody else: this is your own address.")
    nonce = fresh_nonce()
    try:
        with transaction.atomic():
            reference = Reference.objects.create(
                application=application,
                name_sealed=vault.seal(name),
                email_sealed=vault.seal(email),
                email_digest=token_sha256(f"{application.id} {email}"),
                nonce=nonce,
                token_sha256=token_sha256(_token_of(nonce)),
                expires_at=timezone.now() + REFERENCE_LIFE,
            )
    except IntegrityError:
        raise NotNow("This person is asked already.") from None
    transaction.on_commit(lambda: send_reference.enqueue(reference.id))
    return reference


@transaction.atomic
def drop_referee(reference: Reference) -> bool:
    """Take back a question nobody has answered; its link ends. False when it was answered."""
    return (
        Reference.objects.filter(id=reference.id, state=ReferenceState.ASKED).update(
            state=ReferenceState.VOID, name_sealed="", email_sealed=""
        )
        == 1
    )


@task(queue_name="mail")
def send_reference(reference_id: int) -> None:
    """Write to one referee, once, while the question stands."""
    reference = (
        Reference.objects.select_related("application__member")
        .filter(id=reference_id, state=ReferenceState.ASKED, sent_at__isnull=True)
        .first()
    )
    if reference is None:
        return
    letter(reference).send()
    Reference.objects.filter(id=reference.id).update(sent_at=timezone.now())


def letter(reference: Reference) -> EmailMessage:
    """The finished letter. It names the applicant as they are called here, and no condition."""
    link = reverse("mentorship:refer", args=[_token_of(reference.nonce)])
    context = {
        "name": vault.unseal(reference.name_sealed),
        "applicant": reference.application.member.name,
        "site_name": settings.SITE_NAME,
        "link": settings.SITE_URL + link,
        "until": reference.expires_at,
    }
    return EmailMessage(
        subject=f"{settings.SITE_NAME}: A few words about somebody you know",
        body=loader.render_to_string("mentorship/mail/reference.txt", context),
        to=[vault.unseal(reference.email_sealed)],
        headers={"Auto-Submitted": "auto-generated"},
    )


def reference_of(token: str) -> Reference:
    """Whose link it is, while it can be used. Raises LinkSpent."""
    reference = (
        Reference.objects.select_related("application__member")
        .filter(
            token_sha256=token_sha256(token),
            state=ReferenceState.ASKED,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if reference is None:
        raise LinkSpent
    return reference


@transaction.atomic
def refer(reference: Reference, recommends: bool, answers: Mapping[str, str]) -> None:
    """Keep what a referee says, once. With the second answer the care team is told.

    Raises LinkSpent when it was answered a moment ago.
    """
    moved = Reference.objects.filter(
        id=reference.id, state=ReferenceState.ASKED, expires_at__gt=timezone.now()
    ).update(
        state=ReferenceState.ANSWERED,
        recommends=recommends,
        answers_sealed=vault.seal(json.dumps(dict(answers))),
        answered_at=timezone.now(),
    )
    if moved != 1:
        raise LinkSpent


def answers_of(reference: Reference) -> dict[str, str]:
    """What the referee wrote, by question; {} before, and after the person was erased."""
    if not reference.answers_sealed:
        return {}
    found: dict[str, str] = json.loads(vault.unseal(reference.answers_sealed))
    return found


# --- Steps of the care team ----------------------------------------------------------------------


@transaction.atomic
def to_interview(application: Application, by: Member) -> None:
    """Both references are there: a talk can be arranged. Raises NotNow."""
    found = Reference.objects.filter(application=application, state=ReferenceState.ANSWERED)
    if found.count() < REFERENCES:
        raise NotNow("Two references are needed before the talk.")
    _step(application, by, ApplicationState.APPLIED, ApplicationState.INTERVIEW)


@transaction.atomic
def to_training(application: Application, by: Member, note: str) -> None:
    """The talk went well: the training begins. note: what was said, sealed. Raises NotNow."""
    _step(
        application,
        by,
        ApplicationState.INTERVIEW,
        ApplicationState.TRAINING,
        interviewed_by=by,
        interviewed_at=timezone.now(),
        interview_sealed=vault.seal(note),
    )


@transaction.atomic
def to_trial(application: Application, by: Member, supervisor: Member) -> MentorProfile:
    """Every training is done: the person is a mentor, with one person at first. Raises NotNow."""
    member = application.member
    today = today_of(application.clinic)
    missing = training.missing(member, today)
    if missing:
        raise NotNow("Still to do: " + ", ".join(module.title for module in missing) + ".")
    _step(application, by, ApplicationState.TRAINING, ApplicationState.TRIAL)
    profile, _ = MentorProfile.objects.update_or_create(
        member=member,
        defaults={
            "state": MentorState.TRIAL,
            "max_pairs": 1,
            "supervisor": supervisor,
            "began_on": today,
            "ramp_until": today + RAMP,
            "supervision_due_on": today + training.OFTEN,
            "much": False,
        },
    )
    training.recount(member)
    Member.objects.filter(id=member.id).update(is_mentor=True)
    return profile


def _step(
    application: Application,
    by: Member,
    seen: ApplicationState,
    to: ApplicationState,
    **fields: object,
) -> None:
    moved = Application.objects.filter(id=application.id, state=seen).update(state=to, **fields)
    if moved != 1:
        raise NotNow("Somebody took a step in the meantime. This is where it stands now.")
    notices.tell(application.member, "application", reverse("mentorship:become"))
    audit.record(by, "mentor.step", application, about=application.member_id, to=str(to))


# --- Partners -----------------------------------------------------------------------------------


@transaction.atomic
def add_partner(by: Member, name: str) -> Partner:
    """A local organisation with a link of its own. Raises NotNow when the name is taken."""
    nonce = fresh_nonce()
    try:
        with transaction.atomic():
            partner = Partner.objects.create(
                clinic_id=by.clinic_id,
                name=name,
                nonce=nonce,
                token_sha256=token_sha256(_token_of(nonce)),
                created_by=by,
            )
    except IntegrityError:
        raise NotNow("There is a partner of this name already.") from None
    audit.record(by, "partner.added", partner)
    return partner


def link_of(partner: Partner) -> str:
    """The whole address of a partner's link, to be given to them."""
    return settings.SITE_URL + reverse("mentorship:nominate", args=[_token_of(partner.nonce)])


def partner_of(token: str) -> Partner:
    """Whose link it is. Raises LinkSpent."""
    open_ones = Partner.objects.filter(closed_at__isnull=True).select_related("clinic")
    partner = open_ones.filter(token_sha256=token_sha256(token)).first()
    if partner is None:
        raise LinkSpent
    return partner


@transaction.atomic
def close_partner(partner: Partner, by: Member) -> bool:
    """The partner's link ends. False when it had before."""
    rows = Partner.objects.filter(id=partner.id, closed_at__isnull=True)
    if rows.update(closed_at=timezone.now()) != 1:
        return False
    audit.record(by, "partner.closed", partner)
    return True


@transaction.atomic
def nominate(partner: Partner, name: str, email: str, why: str) -> Nomination:
    """A partner names somebody. Nobody is written to until the care team decides."""
    return Nomination.objects.create(
        partner=partner,
        name_sealed=vault.seal(name),
        email_sealed=vault.seal(email.strip()),
        why_sealed=vault.seal(why),
    )


@transaction.atomic
def answer_nomination(nomination: Nomination, by: Member, invited: bool) -> bool:
    """Keep whether the person was invited, and forget what was sealed. False when it was before."""
    rows = Nomination.objects.filter(id=nomination.id, answered_at__isnull=True)
    done = rows.update(
        answered_by=by,
        answered_at=timezone.now(),
        invited=invited,
        name_sealed="",
        email_sealed="",
        why_sealed="",
    )
    return done == 1


def erase(member: Member) -> int:
    """Blank what was written on the way and since; steps and days stay. Returns how many texts."""
    rows = Application.objects.filter(member=member)
    blanked = rows.exclude(why_sealed="").update(why_sealed="", interview_sealed="")
    blanked += Reference.objects.filter(application__in=rows).update(
        name_sealed="", email_sealed="", answers_sealed="", state=ReferenceState.VOID
    )
    return blanked + training.erase(member)
