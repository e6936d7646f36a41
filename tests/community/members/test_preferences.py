"""Wishes: letters without private words, stopped with one press; quiet hours; hard topics."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import belonging, digests, notices, outbox, preferences
from community.members.models import Group, Member, Membership, Notice, Preferences, WarnPref
from community.members.preferences import Digest
from tests import make
from tests.races import together

pytestmark = pytest.mark.django_db


def wants(member: Member, **changes: object) -> Preferences:
    wishes = {
        "time_zone": "Europe/London",
        "digest": Digest.DAILY,
        "digest_hour": 18,
        "quiet": None,
        "warnings": {},
        **changes,
    }
    return preferences.keep(member, **wishes)


def due(wishes: Preferences) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Preferences.objects.filter(id=wishes.id).update(next_digest_at=past)


def run_outbox() -> None:
    while outbox.run_once():
        pass


# --- When ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "digest", "now", "then"),
    [
        ("Europe/London", "daily", "2026-11-25T17:59", "2026-11-25T18:00"),
        ("Europe/London", "daily", "2026-11-25T18:00", "2026-11-26T18:00"),
        ("Asia/Tokyo", "daily", "2026-11-25T08:00", "2026-11-25T09:00"),
        ("America/New_York", "weekly", "2026-11-25T12:00", "2026-11-30T23:00"),
        # The night the clocks change.
        ("Europe/London", "daily", "2026-10-24T20:00", "2026-10-25T18:00"),
    ],
)
def test_a_digest_comes_at_the_hour_of_the_persons_own_day(
    zone: str, digest: str, now: str, then: str, ana: Member
) -> None:
    ana.time_zone = zone
    wishes = Preferences(member=ana, digest=digest, digest_hour=18)
    found = preferences.next_digest(wishes, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(then).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "clock", "quiet"),
    [
        (22, 7, 23, True),
        (22, 7, 3, True),
        (22, 7, 7, False),
        (22, 7, 12, False),
        (1, 5, 4, True),
        (1, 5, 5, False),
        (None, None, 3, False),
    ],
)
def test_quiet_hours_are_those_of_the_persons_own_clock(
    start: int | None, end: int | None, clock: int, quiet: bool, ana: Member
) -> None:
    ana.time_zone = "Asia/Tokyo"
    wishes = Preferences(
        member=ana,
        quiet_from=None if start is None else time(start),
        quiet_until=None if end is None else time(end),
    )
    now = datetime(2026, 11, 25, clock, tzinfo=preferences.zone_of(ana)).astimezone(UTC)
    assert preferences.is_quiet(wishes, now) is quiet
    if quiet:
        ends = preferences.quiet_end(wishes, now)
        assert now < ends <= now + timedelta(hours=24)
        assert not preferences.is_quiet(wishes, ends)


# --- Letters ------------------------------------------------------------------------------------


def test_a_digest_counts_and_says_no_private_word(ana: Member) -> None:
    wishes = wants(ana)
    for kind in ("reply", "sanction", "proposal"):
        notices.tell(ana, kind, "/forums/thread/12345/")
    due(wishes)
    assert digests.send_due() == 1
    assert digests.send_due() == 0
    run_outbox()
    (letter,) = mail.outbox
    assert letter.to == [ana.email]
    assert "3 notices you have not seen" in letter.body
    for word in ("Ana", "12345", "Tuesday circle", "mentoring", "care team", "reply"):
        assert word not in f"{letter.body} {letter.subject}"
    assert Preferences.objects.filter(next_digest_at__gt=timezone.now()).exists()


def test_an_app_can_be_counted(ana: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_counts", [])
    digests.register("new reply", "new replies", lambda member: 1)
    digests.register("quiet thing", "quiet things", lambda member: 0)
    assert digests.news_of(ana) == ["1 new reply"]


def test_nothing_new_is_no_letter(ana: Member) -> None:
    due(wants(ana))
    assert digests.send_due() == 1
    run_outbox()
    assert mail.outbox == []


def test_no_letter_leaves_in_quiet_hours(ana: Member) -> None:
    here = timezone.now().astimezone(preferences.zone_of(ana))
    around = ((here - timedelta(hours=2)).time(), (here + timedelta(hours=2)).time())
    wishes = wants(ana, quiet=around)
    notices.tell(ana, "reply")
    due(wishes)
    assert digests.send_due() == 0
    then = Preferences.objects.get().next_digest_at
    assert then is not None
    assert timedelta(hours=1) < then - timezone.now() < timedelta(hours=3)


def test_one_press_in_the_mail_programme_stops_the_letters(ana: Member) -> None:
    """RFC 8058: a POST without cookie or token of ours; looking (GET, HEAD) changes nothing."""
    wishes = wants(ana)
    notices.tell(ana, "reply")
    due(wishes)
    digests.send_due()
    run_outbox()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = re.fullmatch(r"<(https?://[^/]+)(/.*)>", headers["List-Unsubscribe"]).group(2)
    anyone = Client(enforce_csrf_checks=True)
    before = Preferences.objects.values().get()
    for look in (anyone.get, anyone.head):
        assert look(url).status_code == 200
    assert Preferences.objects.values().get() == before
    assert anyone.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Preferences.objects.get().digest == Digest.OFF
    notices.tell(ana, "reply")
    digests.send.call(ana.id)
    assert len(mail.outbox) == 1


def test_a_forged_link_stops_nothing(ana: Member) -> None:
    wants(ana)
    assert Client().post(reverse("members:stop_digest", args=["x:y:z"])).status_code == 404
    assert Preferences.objects.get().digest == Digest.DAILY


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_workers_send_one_letter() -> None:
    ana = make.member(make.clinic(), "Ana")
    Notice.objects.create(member=ana, kind="reply")
    due(wants(ana))
    assert sum(together([partial(digests.send_due)] * 6)) == 1


def test_an_address_that_takes_no_letters_gets_no_more_of_them(
    ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(ana)
    notices.tell(ana, "reply")

    def refuse(code: int) -> None:
        def send(self: mail.EmailMessage, fail_silently: bool = False) -> int:
            raise SMTPRecipientsRefused({ana.email: (code, b"")})

        monkeypatch.setattr(mail.EmailMessage, "send", send)

    refuse(451)
    with pytest.raises(SMTPRecipientsRefused):  # for now: the outbox tries again
        digests.send.call(ana.id)
    assert Preferences.objects.get().digest == Digest.DAILY
    refuse(550)
    digests.send.call(ana.id)
    assert Preferences.objects.get().digest == Digest.OFF
    assert Notice.objects.filter(member=ana, kind="mail_refused").exists()


def test_who_left_a_group_hears_no_more_of_it(ana: Member, group: Group) -> None:
    notices.tell(ana, "reply", "/x/", group=group)
    notices.tell(ana, "decided", "/y/")
    assert digests.news_of(ana)[0] == "2 notices you have not seen"
    # The clock alone shuts the group; nothing has tidied up yet.
    Membership.objects.filter(member=ana).update(
        started_at=timezone.now() - timedelta(days=2),
        valid_until=timezone.now() - timedelta(seconds=1),
    )
    assert digests.news_of(ana)[0] == "1 notice you have not seen"
    assert belonging.run_out() == 1
    assert [row.kind for row in Notice.objects.filter(member=ana)] == ["decided"]


def test_who_is_taken_out_loses_what_the_group_told(ana: Member, ben: Member, group: Group) -> None:
    for person in (ana, ben):
        notices.tell(person, "reply", "/x/", group=group)
    belonging.leave(Membership.objects.get(member=ana), ben)
    assert [row.member for row in Notice.objects.all()] == [ben]


# --- Notes on the site --------------------------------------------------------------------------


def test_what_somebody_does_without_is_not_told_and_the_care_team_always_is(ana: Member) -> None:
    wants(ana, muted=["reply"])
    assert notices.tell(ana, "reply") is None
    assert notices.tell(ana, "mention") is not None
    wants(ana, muted=list(notices.KINDS))
    assert notices.tell(ana, "message") is not None
    assert notices.tell(ana, "mention") is None


def test_the_number_of_news_stands_in_the_navigation_and_costs_no_query(
    ana: Member,
    ben: Member,
    client_of: Callable[..., Client],
    django_assert_num_queries: Callable[..., object],
) -> None:
    client, url = client_of(ana), reverse("members:house_rules")
    client.get(url)
    pages = []
    for _ in range(3):
        with django_assert_num_queries(2):  # the session, and the person with the count
            pages.append(client.get(url).content.decode())
        notices.tell(ana, "reply", "/x/")
        notices.tell(ben, "reply", "/x/")
    assert [page.count('<span class="badge">') for page in pages] == [0, 1, 1]
    assert '<span class="badge">1<' in pages[1]
    assert '<span class="badge">2<' in pages[2]
    client.post(reverse("members:news"))
    assert '<span class="badge">' not in client.get(url).content.decode()


def test_reading_a_place_marks_what_led_there(ana: Member, ben: Member) -> None:
    for url in ("/forums/thread/1/#post-3", "/forums/thread/1/", "/forums/thread/12/#post-1"):
        notices.tell(ana, "reply", url)
    notices.tell(ben, "reply", "/forums/thread/1/")
    assert notices.seen_at(ana, "/forums/thread/1/") == 2
    assert (notices.unread(ana), notices.unread(ben)) == (1, 1)


# --- Hard topics and the page -------------------------------------------------------------------


def test_topics_are_folded_up_until_somebody_says_otherwise(
    ana: Member, ben: Member, django_assert_num_queries: Callable[..., object]
) -> None:
    assert set(preferences.warnings_of(ana).values()) == {"hide"}
    wants(ana, warnings={"eating": "never", "loss": "show"})
    with django_assert_num_queries(1):
        wishes = preferences.warnings_of(ana)
    assert (wishes["eating"], wishes["loss"], wishes["abuse"]) == ("never", "show", "hide")
    assert set(preferences.warnings_of(ben).values()) == {"hide"}


def answers(**changes: str) -> dict[str, object]:
    return {
        "digest": "weekly",
        "digest_hour": "9",
        "time_zone": "Europe/Paris",
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        **{f"topic_{topic}": "hide" for topic in preferences.Topic.values},
        "topic_eating": "never",
        "kinds": ["reply", "pair"],
        **changes,
    }


def test_somebody_sets_everything_on_one_page(
    ana: Member, client_of: Callable[..., Client]
) -> None:
    client = client_of(ana)
    url = reverse("members:preferences")
    assert client.post(url, answers()).url == url
    ana.refresh_from_db()
    assert ana.time_zone == "Europe/Paris"
    wishes = Preferences.objects.get()
    assert (wishes.digest, wishes.digest_hour) == ("weekly", 9)
    assert (wishes.quiet_from, wishes.quiet_until) == (time(22), time(7, 30))
    assert wishes.muted == ["mention"]
    assert WarnPref.objects.get(topic="eating").action == "never"
    assert "Europe/Paris" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quiet_until": ""}, "both"),
        ({"time_zone": "Moon/Base"}, "Select a valid choice"),
        ({"digest_hour": "99"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_said_kindly_and_changes_nothing(
    changes: dict[str, str], words: str, ana: Member, client_of: Callable[..., Client]
) -> None:
    answer = client_of(ana).post(reverse("members:preferences"), answers(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Preferences.objects.count() == 0


def test_the_database_refuses_half_a_quiet_hour(ana: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Preferences.objects.create(member=ana, quiet_from=time(22))
