"""Courses: planned in advance, joined whole or for a date, opened step by step, completed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from community.chat import actions as chat
from community.members import erasure
from community.members.models import Group, Member
from events import completing, courses, day, organising, seats
from events.actions import NoRoom, TooLate
from events.course_rows import Course, Enrolment, Fidelity, Material, Opens, Session
from events.day_rows import Came
from events.models import Occurrence, Registration, RegistrationState
from events.organising import Seats
from tests import make_events as make


def course_of(by: Member, group: Group | None = None, count: int = 4, room: int = 5) -> Course:
    """A published course with weekly dates, the first in two days."""
    first = make.workshop(by, seats=room, slug=f"course{Course.objects.count()}", days=2)
    event = first.event
    event.sign_up_for = "both"
    event.save()
    spans = [
        (first.starts_at + timedelta(weeks=n), first.ends_at + timedelta(weeks=n))
        for n in range(1, count)
    ]
    organising.add_dates(event, spans, Seats(room))
    course = courses.make_course(event)
    course.group = group
    course.needed = 3
    course.save()
    return course


def taken(course: Course) -> list[int]:
    dates = Occurrence.objects.filter(session__course=course).order_by("starts_at")
    for date in dates:
        assert seats.counters(date) == seats.recount(date)
    return [date.taken for date in dates]


def was_at(course: Course, member: Member, *numbers: int) -> None:
    """Mark the member as present at sessions, the first is 0."""
    bundle = Enrolment.objects.get(course=course, member=member, left_at=None).bundle
    for number in numbers:
        session = courses.sessions_of(course)[number]
        Occurrence.objects.filter(id=session.occurrence_id).update(
            starts_at=timezone.now() - timedelta(hours=2, minutes=number),
            ends_at=timezone.now() - timedelta(hours=1),
        )
        session.occurrence.refresh_from_db()
        place = Registration.objects.get(bundle=bundle, occurrence=session.occurrence_id)
        day.mark(session.occurrence, place.id, Came.PRESENT)


def test_the_whole_course_is_a_seat_at_each_date_or_none(
    ada: Member, ana: Member, ben: Member
) -> None:
    course = course_of(ada)
    courses.join(course, ana)
    courses.join(course, ana)
    assert taken(course) == [1, 1, 1, 1]
    third = courses.sessions_of(course)[2].occurrence
    organising.resize(third.id, 1, 0)
    with pytest.raises(NoRoom):
        courses.join(course, ben)
    assert (taken(course), Enrolment.objects.count()) == ([1, 1, 1, 1], 1)
    courses.join(course, ben, courses.sessions_of(course)[0].occurrence_id)
    assert taken(course) == [2, 1, 1, 1]
    assert courses.leave(course, ana) is True
    assert courses.leave(course, ana) is False
    assert taken(course) == [1, 0, 0, 0]
    courses.join(course, ana)
    assert taken(course) == [2, 1, 1, 1]


def test_dates_that_began_or_belong_to_another_course_cannot_be_joined(
    ada: Member, ana: Member
) -> None:
    course, other = course_of(ada), course_of(ada)
    with pytest.raises(TooLate):
        courses.join(course, ana, courses.sessions_of(other)[0].occurrence_id)
    past = timezone.now() - timedelta(hours=1)
    Occurrence.objects.filter(event=course.event).update(
        starts_at=past, ends_at=past + timedelta(hours=2)
    )
    with pytest.raises(TooLate):
        courses.join(course, ana)
    assert not Enrolment.objects.exists()


def test_only_the_group_sees_its_course_and_a_draft_is_seen_by_nobody(
    ada: Member, ana: Member, cleo: Member, dora: Member, group: Group
) -> None:
    course = course_of(ada, group)
    # Who runs it sees it as members do, without belonging to the group.
    assert courses.course_for(ana, course.id) == courses.course_for(ada, course.id) == course
    for other in (cleo, dora):
        with pytest.raises(Http404):
            courses.course_for(other, course.id)
    course.group = None
    course.save()
    assert courses.course_for(cleo, course.id) == course
    with pytest.raises(Http404):
        courses.course_for(dora, course.id)
    course.event.published_at = None
    course.event.save()
    with pytest.raises(Http404):
        courses.course_for(ana, course.id)


def test_new_dates_get_a_session_and_none_gets_two(ada: Member) -> None:
    course = course_of(ada)
    starts = timezone.now() + timedelta(days=90)
    organising.add_dates(course.event, [(starts, starts + timedelta(hours=1))], Seats(3))
    courses.make_course(course.event)
    courses.make_course(course.event)
    assert course.sessions.count() == 5


def test_materials_open_by_day_and_session_and_leak_nothing_before(
    ada: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    course = course_of(ada)
    courses.join(course, ana)
    first = courses.sessions_of(course)[0]
    tomorrow = timezone.localdate() + timedelta(days=1)
    for opens, on in (
        (Opens.NOW, None),
        (Opens.START, None),
        (Opens.END, None),
        (Opens.DAY, tomorrow),
    ):
        Material.objects.create(
            session=first, title=f"Sheet {opens}", body=f"secret {opens}", opens=opens, opens_on=on
        )
    browser, url = client_of(ana), reverse("events:course", args=[course.id])

    def read() -> list[str]:
        page = browser.get(url).content.decode()
        assert "Sheet end" in page
        return [opens for opens in Opens if f"secret {opens}" in page]

    assert read() == ["now"]
    Material.objects.filter(opens=Opens.DAY).update(opens_on=timezone.localdate())
    assert read() == ["now", "day"]
    begun = timezone.now() - timedelta(minutes=1)
    Occurrence.objects.filter(id=first.occurrence_id).update(
        starts_at=begun, ends_at=begun + timedelta(hours=1)
    )
    assert read() == ["now", "day", "start"]
    Occurrence.objects.filter(id=first.occurrence_id).update(
        starts_at=begun - timedelta(hours=1), ends_at=begun
    )
    assert read() == ["now", "day", "start", "end"]
    stranger = browser.get(url)
    courses.leave(course, ana)
    assert "secret now" in stranger.content.decode()
    assert "secret" not in browser.get(url).content.decode()


def test_the_curriculum_is_read_in_advance_once_it_is_published(
    ada: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    course = course_of(ada)
    first = courses.sessions_of(course)[0]
    staff, browser = client_of(ada), client_of(ana)
    words = {
        "title": "Night",
        "learn": "Sleep pressure",
        "skill": "Breathing",
        "talk": "What helps",
        "practice": "One note",
        "agenda": "Hello\nBreathing",
        "makes_up": "",
    }
    staff.post(reverse("events:session", args=[first.id]), words)
    url = reverse("events:course", args=[course.id])
    assert "Sleep pressure" not in browser.get(url).content.decode()
    staff.post(reverse("events:publish_curriculum", args=[course.id]))
    page = browser.get(url).content.decode()
    for part in ("Night", "Sleep pressure", "Breathing", "What helps", "One note"):
        assert part in page


def test_the_agenda_stands_beside_the_live_room(
    ada: Member, ana: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    course = course_of(ada, group)
    first = courses.sessions_of(course)[0]
    assert courses.agenda_to_room(first, ada) is False
    course.room = chat.open_room(group, "Course room")
    course.save()
    Session.objects.filter(id=first.id).update(agenda="Hello\nBreathing")
    courses.join(course, ana)
    client_of(ada).post(reverse("events:agenda_to_room", args=[first.id]))
    browser = client_of(ana)
    assert "Breathing" in browser.get(reverse("chat:room", args=[course.room_id])).content.decode()
    page = browser.get(reverse("events:course", args=[course.id])).content.decode()
    assert reverse("chat:room", args=[course.room_id]) in page
    assert "<li>Breathing</li>" in page


def test_a_certificate_is_for_who_completed_it_and_asks_and_says_only_that_it_is_valid(
    ada: Member, ana: Member, client_of: Callable[..., Client], visitor: Client
) -> None:
    course = course_of(ada)
    course.certificate = True
    course.save()
    last = courses.sessions_of(course)[3]
    Session.objects.filter(id=last.id).update(makes_up=courses.sessions_of(course)[2])
    enrolment = courses.join(course, ana)
    was_at(course, ana, 0, 1)
    with pytest.raises(courses.NotYet):
        courses.certify(course, enrolment)
    browser = client_of(ana)
    url = reverse("events:certificate", args=[course.id])
    assert browser.get(url).status_code == 404
    was_at(course, ana, 3)  # the make-up
    assert courses.cohort(course, courses.sessions_of(course))[0].completed is True
    assert browser.get(url).status_code == 404  # only who asks
    browser.post(reverse("events:ask_certificate", args=[course.id]))
    code = Enrolment.objects.get().code
    assert code is not None
    browser.post(reverse("events:ask_certificate", args=[course.id]))
    assert Enrolment.objects.get().code == code
    assert code in browser.get(url).content.decode()
    check = reverse("events:check_certificate")
    page = visitor.post(check, {"code": code.lower()}).content.decode()
    assert ("Valid." in page, "Ana" in page, "Sleeping" in page) == (True, False, False)
    assert "Not known." in visitor.post(check, {"code": "AAAA-AAAA-AAAA"}).content.decode()
    assert visitor.post(check, {"code": " "}).status_code == 422
    assert courses.is_certificate("") is False


@given(
    st.dictionaries(st.integers(1, 9), st.none() | st.integers(1, 9), max_size=9),
    st.lists(st.integers(1, 12)),
    st.integers(0, 9),
)
def test_a_session_counts_once_however_it_was_made_up(
    planned: dict[int, int | None], attended: list[int], needed: int
) -> None:
    found = completing.part_of(planned, attended)
    assert len(found) <= len(set(attended) & set(planned))
    assert found == completing.part_of(planned, [*attended, *attended])
    done = completing.has_completed(planned, attended, needed)
    assert done == (len(found) >= max(needed, 1))


def test_facilitators_tick_what_was_held_and_members_never_see_it(
    ada: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    course = course_of(ada)
    first = courses.sessions_of(course)[0]
    courses.join(course, ana)
    url = reverse("events:tick", args=[first.id])
    browser = client_of(ada)
    browser.post(url, {"ticks": course.items[:2], "notes": "Heavy rain."})
    browser.post(url, {"ticks": ["made up"], "notes": "x"})
    row = Fidelity.objects.get()
    assert (row.ticks, row.notes, row.by) == (course.items[:2], "Heavy rain.", ada)
    assert "2 of 8" in browser.get(reverse("events:run_course", args=[course.id])).content.decode()
    member = client_of(ana)
    assert member.post(url, {"ticks": []}).status_code == 404
    assert (
        "Heavy rain" not in member.get(reverse("events:course", args=[course.id])).content.decode()
    )


def test_a_mistake_in_a_material_keeps_what_was_typed(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    first = courses.sessions_of(course_of(ada))[0]
    url = reverse("events:add_material", args=[first.id])
    answer = client_of(ada).post(url, {"title": "Sheet", "body": "Read.", "opens": "day"})
    assert (answer.status_code, "Read." in answer.content.decode()) == (422, True)
    assert not Material.objects.exists()
    script = {"title": "x", "link": "javascript:alert(1)", "opens": "now"}
    assert client_of(ada).post(url, script).status_code == 422


def test_an_erased_member_leaves_numbers_only(ada: Member, ana: Member) -> None:
    course = course_of(ada)
    courses.join(course, ana)
    was_at(course, ana, 0)
    erasure.erase(ana, None)
    places = Registration.objects.all()
    assert {(place.name, place.email) for place in places} == {("", "")}
    assert sorted(places.values_list("state", flat=True)) == ["cancelled"] * 3 + ["confirmed"]
    assert taken(course)[1:] == [0, 0, 0]
    assert Enrolment.objects.get().left_at is not None
    assert RegistrationState.CONFIRMED in places.values_list("state", flat=True)


def test_course_pages_cost_the_same_at_one_and_three_rows(
    ada: Member,
    ana: Member,
    ben: Member,
    mia: Member,
    client_of: Callable[..., Client],
    django_assert_num_queries: Any,
) -> None:
    course = course_of(ada, count=2)
    first = courses.sessions_of(course)[0]
    browser, staff = client_of(ana), client_of(ada)
    browser.get(reverse("events:courses_list")), staff.get(reverse("events:organise"))
    courses.join(course, ana)
    for more in (0, 2):
        for number in range(more):
            course_of(ada)
            starts = timezone.now() + timedelta(days=70 + number)
            organising.add_dates(course.event, [(starts, starts + timedelta(hours=1))], Seats(9))
            courses.make_course(course.event)
            Material.objects.create(session=first, title="x", body="x", opens=Opens.NOW)
            course.event.hosts.create(name="Robin", about="Hello.")
            courses.join(course, (ben, mia)[number])
        for who, view, args, count in (
            (browser, "courses_list", [], 3),
            (browser, "course", [course.id], 9),
            (staff, "run_course", [course.id], 9),
            (staff, "session", [first.id], 6),
        ):
            with django_assert_num_queries(count):
                assert who.get(reverse(f"events:{view}", args=args)).status_code == 200
