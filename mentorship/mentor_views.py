"""Pages of becoming a mentor, and of the care team's work with mentors."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from community.members import vault
from community.members.access import SignedIn, needs
from mentorship import becoming, training
from mentorship.access import (
    application_for,
    applications_of,
    mentor_for,
    mentors_of,
    module_for,
    modules_of,
    nomination_for,
    nominations_of,
    own_application,
    own_profile,
    own_reference_for,
    partner_for,
    partners_of,
)
from mentorship.becoming import AlreadyUnderWay, LinkSpent, NotNow
from mentorship.mentor_forms import (
    QUESTIONS,
    ApplyForm,
    ArrangeForm,
    CheckInForm,
    InterviewForm,
    ModuleForm,
    MoveForm,
    NominateForm,
    PartnerForm,
    PersonForm,
    RecordForm,
    ReferForm,
    SuperviseForm,
    SupervisorForm,
)
from mentorship.models import (
    NOT_NOW,
    UNDER_WAY,
    Application,
    ApplicationState,
    MentorProfile,
    MentorState,
    ReferenceState,
    Supervision,
    SupervisionKind,
    today_of,
)

MONTHS_SHOWN = 40


# --- For whoever would like to be a mentor -------------------------------------------------------


def become(request: SignedIn) -> HttpResponse:
    """Ask to be a mentor, or see how far the asking has come."""
    member = request.user
    mine = own_application(member)
    waiting = mine is not None and mine.state in UNDER_WAY
    form = ApplyForm(member, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            becoming.apply(member, **form.cleaned_data)
            messages.success(request, "Thank you. Now name two people who know you well.")
        except AlreadyUnderWay:
            messages.info(request, "You have asked already. This is how far it has come.")
        return redirect("mentorship:become")
    status = 422 if request.method == "POST" else 200
    if waiting and request.method != "POST":
        return _become(request, mine, PersonForm())
    context = {"form": form, "application": mine, "waiting": False, "profile": own_profile(member)}
    return render(request, "mentorship/become.html", context, status=status)


def _become(
    request: SignedIn, mine: Application | None, form: PersonForm, status: int = 200
) -> HttpResponse:
    referees = []
    if mine is not None:
        rows = mine.references.exclude(state=ReferenceState.VOID).order_by("id")
        referees = [(row, vault.unseal(row.name_sealed)) for row in rows if row.name_sealed]
    context = {
        "application": mine,
        "waiting": True,
        "form": form,
        "referees": referees,
        "more": becoming.REFERENCES - len(referees),
    }
    return render(request, "mentorship/become.html", context, status=status)


@require_POST
def ask_referee(request: SignedIn) -> HttpResponse:
    """Name somebody who knows me."""
    mine = own_application(request.user)
    if mine is None or mine.state not in UNDER_WAY:
        raise Http404
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _become(request, mine, form, status=422)
    try:
        becoming.ask_referee(mine, form.cleaned_data["name"], form.cleaned_data["email"])
        messages.success(request, "We write to them today. You see here when they have answered.")
    except NotNow as why:
        form.add_error(None, str(why))
        return _become(request, mine, form, status=409)
    return redirect("mentorship:become")


@require_POST
def drop_referee(request: SignedIn, reference_id: int) -> HttpResponse:
    """Ask somebody else instead."""
    if becoming.drop_referee(own_reference_for(request.user, reference_id)):
        messages.success(request, "Their link ends now. You can name somebody else.")
    else:
        messages.info(request, "They have answered already, or were taken back before.")
    return redirect("mentorship:become")


@require_POST
def withdraw_application(request: SignedIn) -> HttpResponse:
    """I no longer want to."""
    mine = own_application(request.user)
    if mine is None:
        raise Http404
    becoming.withdraw(mine)
    messages.success(request, "That is fine. You can ask again whenever you like.")
    return redirect("mentorship:become")


@login_not_required
def refer(request: HttpRequest, token: str) -> HttpResponse:
    """A referee's page, by a link that works once."""
    try:
        reference = becoming.reference_of(token)
        form = ReferForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            said = {name: form.cleaned_data[name] for name in QUESTIONS}
            becoming.refer(reference, form.cleaned_data["recommends"], said)
            return render(request, "mentorship/thanks.html")
    except LinkSpent:
        return render(request, "mentorship/spent.html", status=404)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "applicant": reference.application.member.name}
    return render(request, "mentorship/refer.html", context, status=status)


@login_not_required
def nominate(request: HttpRequest, token: str) -> HttpResponse:
    """A partner's page to name somebody."""
    try:
        partner = becoming.partner_of(token)
    except LinkSpent:
        return render(request, "mentorship/spent.html", status=404)
    form = NominateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        becoming.nominate(partner, **form.cleaned_data)
        return render(request, "mentorship/thanks.html")
    status = 422 if request.method == "POST" else 200
    return render(
        request, "mentorship/nominate.html", {"form": form, "partner": partner}, status=status
    )


# --- For mentors ---------------------------------------------------------------------------------


def _mine(request: SignedIn) -> MentorProfile:
    profile = own_profile(request.user)
    if profile is None:
        raise Http404
    return profile


def my_work(request: SignedIn) -> HttpResponse:
    """A mentor's own standing: trainings, the next talk, and how the work goes."""
    profile = _mine(request)
    form = CheckInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        training.check_in(profile, form.cleaned_data["level"])
        messages.success(request, "Thank you for saying so. Nobody you go with sees this.")
        return redirect("mentorship:my_work")
    status = 422 if request.method == "POST" else 200
    return render(
        request, "mentorship/my_work.html", {**_standing(profile), "form": form}, status=status
    )


@require_POST
def move_myself(request: SignedIn) -> HttpResponse:
    """Pause, go on or stop."""
    _move(request, _mine(request))
    return redirect("mentorship:my_work")


def _move(request: SignedIn, profile: MentorProfile) -> None:
    form = MoveForm(request.POST)
    try:
        if not form.is_valid():
            raise training.NotAllowed
        training.move(profile, MentorState(form.cleaned_data["to"]), request.user)
        messages.success(
            request, "That is how it is from now on. Pairs that go on stay as they are."
        )
    except training.NotAllowed:
        messages.info(
            request,
            "That step is not possible now. A first time ends with a talk about it, and whoever "
            "stops first says good-bye to the people they go with.",
        )


def _standing(profile: MentorProfile) -> dict[str, Any]:
    member = profile.member
    today = today_of(member.clinic)
    done = training.latest(member)
    needed = training.required(member.clinic_id)
    return {
        "profile": profile,
        "today": today,
        "trainings": [(module, done.get(module.id)) for module in needed],
        "not_now": [NOT_NOW[code] for code in profile.not_ready(today)],
        "talks": list(
            Supervision.objects.filter(member=member)
            .select_related("by")
            .order_by("-on", "-id")[:MONTHS_SHOWN]
        ),
    }


# --- For the care team ---------------------------------------------------------------------------


@needs("on_care_team")
@require_safe
def applications(request: SignedIn) -> HttpResponse:
    """Who would like to be a mentor, and whom partners have named."""
    under_way = applications_of(request.user).filter(state__in=UNDER_WAY).order_by("id")
    nominations = [
        (row, vault.unseal(row.name_sealed), vault.unseal(row.email_sealed))
        for row in nominations_of(request.user)
    ]
    context = {
        "applications": list(under_way),
        "nominations": nominations,
        "partners": [(row, becoming.link_of(row)) for row in partners_of(request.user)],
    }
    return render(request, "mentorship/applications.html", context)


@needs("on_care_team")
@require_safe
def application(request: SignedIn, application_id: int) -> HttpResponse:
    """One application, what was written, and the next step."""
    return _application(request, application_for(request.user, application_id))


def _application(
    request: SignedIn, here: Application, form: Any = None, status: int = 200
) -> HttpResponse:
    member, today = here.member, today_of(here.clinic)
    references = [
        (row, [(QUESTIONS[name], text) for name, text in becoming.answers_of(row).items() if text])
        for row in here.references.exclude(state=ReferenceState.VOID).order_by("id")
    ]
    if here.state == ApplicationState.INTERVIEW:
        form = form or InterviewForm()
    elif here.state == ApplicationState.TRAINING:
        form = form or SupervisorForm(request.user)
    context = {
        "application": here,
        "why": vault.unseal(here.why_sealed) if here.why_sealed else "",
        "interview": vault.unseal(here.interview_sealed) if here.interview_sealed else "",
        "references": references,
        "answered": sum(1 for row, _ in references if row.state == ReferenceState.ANSWERED),
        "form": form,
        "missing": training.missing(member, today) if here.state == "training" else [],
        "record": RecordForm(modules_of(request.user)),
    }
    return render(request, "mentorship/application.html", context, status=status)


@needs("on_care_team")
@require_POST
def next_step(request: SignedIn, application_id: int) -> HttpResponse:
    """The step that follows from where the application stands."""
    here, by = application_for(request.user, application_id), request.user
    try:
        if here.state == ApplicationState.APPLIED:
            becoming.to_interview(here, by)
        elif here.state == ApplicationState.INTERVIEW:
            note = InterviewForm(request.POST)
            if not note.is_valid():
                return _application(request, here, note, status=422)
            becoming.to_training(here, by, note.cleaned_data["note"])
        else:
            chosen = SupervisorForm(by, request.POST)
            if not chosen.is_valid():
                return _application(request, here, chosen, status=422)
            becoming.to_trial(here, by, chosen.cleaned_data["supervisor"])
        messages.success(request, "Done. They are told.")
    except NotNow as why:
        messages.info(request, str(why))
    return redirect("mentorship:application", application_id)


@needs("on_care_team")
@require_POST
def decline_application(request: SignedIn, application_id: int) -> HttpResponse:
    """Not this time."""
    if becoming.decline(application_for(request.user, application_id), request.user):
        messages.success(request, "They are told kindly. Perhaps speak to them yourself as well.")
    return redirect("mentorship:applications")


@needs("on_care_team")
@require_POST
def answer_nomination(request: SignedIn, nomination_id: int) -> HttpResponse:
    """Keep whether a named person was invited; what the partner wrote is forgotten."""
    row = nomination_for(request.user, nomination_id)
    becoming.answer_nomination(row, request.user, request.POST.get("invited") == "yes")
    messages.success(request, "Noted. What the partner wrote about them is deleted.")
    return redirect("mentorship:applications")


@needs("on_care_team")
def partner(request: SignedIn) -> HttpResponse:
    """Add a partner organisation."""
    form = PartnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            becoming.add_partner(request.user, form.cleaned_data["name"])
            messages.success(request, "Their link is in the list. Give it to them alone.")
            return redirect("mentorship:applications")
        except NotNow as why:
            form.add_error("name", str(why))
    status = 422 if request.method == "POST" else 200
    return render(request, "mentorship/partner.html", {"form": form}, status=status)


@needs("on_care_team")
@require_POST
def close_partner(request: SignedIn, partner_id: int) -> HttpResponse:
    """End a partner's link."""
    becoming.close_partner(partner_for(request.user, partner_id), request.user)
    messages.success(request, "Their link ends now.")
    return redirect("mentorship:applications")


@needs("on_care_team")
def trainings(request: SignedIn) -> HttpResponse:
    """What every mentor must have learnt."""
    form = ModuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                training.add_module(request.user, **form.cleaned_data)
            messages.success(request, "Every mentor needs it from now on.")
            return redirect("mentorship:trainings")
        except IntegrityError:
            form.add_error("title", "There is or was a training of this name. Choose another name.")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "modules": list(modules_of(request.user))}
    return render(request, "mentorship/trainings.html", context, status=status)


@needs("on_care_team")
@require_POST
def retire_training(request: SignedIn, module_id: int) -> HttpResponse:
    """Nobody needs it any more."""
    training.retire_module(module_for(request.user, module_id), request.user)
    messages.success(request, "Nobody needs it any more.")
    return redirect("mentorship:trainings")


@needs("on_care_team")
@require_safe
def mentors(request: SignedIn) -> HttpResponse:
    """Every mentor with what stands in the way of a new person; whoever is overdue first."""
    today = today_of(request.user.clinic)
    rows: Any = mentors_of(request.user).with_load().select_related("member", "supervisor")
    people = [
        (row, [NOT_NOW[code] for code in row.not_now(today, row.load)], row.load)
        for row in rows.exclude(state=MentorState.RETIRED)
    ]
    people.sort(key=lambda item: (not item[1], item[0].member.name))
    context = {"people": people, "today": today}
    return render(request, "mentorship/mentors.html", context)


@needs("on_care_team")
@require_safe
def mentor(request: SignedIn, profile_id: int) -> HttpResponse:
    """One mentor: standing, trainings, talks, and what can be written down."""
    return _mentor(request, mentor_for(request.user, profile_id))


def _mentor(
    request: SignedIn, profile: MentorProfile, status: int = 200, **forms: Any
) -> HttpResponse:
    standing = _standing(profile)
    notes = [
        (row, vault.unseal(row.note_sealed) if row.note_sealed else "") for row in standing["talks"]
    ]
    context = {
        **standing,
        "notes": notes,
        "record": RecordForm(modules_of(request.user)),
        "supervise": SuperviseForm(),
        "arrange": ArrangeForm(request.user, profile),
        "ways": [MentorState(to) for seen, to in training.MOVES if seen == profile.state],
        **forms,
    }
    return render(request, "mentorship/mentor.html", context, status=status)


@needs("on_care_team")
@require_POST
def arrange(request: SignedIn, profile_id: int) -> HttpResponse:
    """How many people, and who supervises."""
    profile = mentor_for(request.user, profile_id)
    form = ArrangeForm(request.user, profile, request.POST)
    if not form.is_valid():
        return _mentor(request, profile, status=422, arrange=form)
    data = form.cleaned_data
    training.arrange(profile, request.user, data["max_pairs"], data["supervisor"])
    messages.success(request, "Kept. Pairs that go on stay as they are.")
    return redirect("mentorship:mentor", profile_id)


@needs("on_care_team")
@require_POST
def move(request: SignedIn, profile_id: int) -> HttpResponse:
    """Pause somebody, let them go on, or end the first time."""
    _move(request, mentor_for(request.user, profile_id))
    return redirect("mentorship:mentor", profile_id)


@needs("on_care_team")
@require_POST
def supervise(request: SignedIn, profile_id: int) -> HttpResponse:
    """Write down a talk."""
    profile = mentor_for(request.user, profile_id)
    form = SuperviseForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            kind = SupervisionKind(data["kind"])
            training.supervise(profile, request.user, data["on"], kind, data["note"], data["key"])
            messages.success(request, "Written down. The next talk is due from it.")
            return redirect("mentorship:mentor", profile_id)
        except training.InFuture:
            form.add_error("on", "This day is still to come. Write it down afterwards.")
    return _mentor(request, profile, status=422, supervise=form)


@needs("on_care_team")
@require_POST
def record_training(request: SignedIn, member_id: int) -> HttpResponse:
    """Write down that somebody completed a training: a mentor, or somebody on the way."""
    person, back = _learner(request, member_id)
    form = RecordForm(modules_of(request.user), request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            training.record(person, data["module"], data["done_on"], request.user)
            messages.success(request, "Written down.")
            return back
        except training.InFuture:
            form.add_error("done_on", "This day is still to come. Write it down afterwards.")
    context = {"form": form, "person": person}
    return render(request, "mentorship/record.html", context, status=422)


def _learner(request: SignedIn, member_id: int) -> tuple[Any, HttpResponse]:
    """The person and the way back to their page, or 404."""
    profile = mentors_of(request.user).filter(member_id=member_id).first()
    if profile is not None:
        return profile.member, redirect("mentorship:mentor", profile.id)
    here = applications_of(request.user).filter(member_id=member_id).order_by("-id").first()
    if here is None:
        raise Http404
    return here.member, redirect("mentorship:application", here.id)
