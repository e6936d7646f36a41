"""Tables of people to invite: looked at first, made once, closed together, safe to open again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import batches, erasure, invitation_letters, invitations, outbox
from community.members.invitations import InvitationSpent, Newcomer
from community.members.models import (
    Group,
    Invitation,
    InvitationUse,
    InviteBatch,
    Member,
    Membership,
)
from tests import make_batches, make_forums

pytestmark = pytest.mark.django_db


def verdicts(batch: InviteBatch) -> list[str]:
    return [row.verdict for row in batches.planned(batch)]


def token_in(link: str) -> str:
    return link.split("/welcome/")[1].strip("/")


# --- Looking first ------------------------------------------------------------------------------


def test_looking_at_a_table_invites_nobody_and_says_what_of_each_row(
    ada: Member, ana: Member, dora: Member, group: Group
) -> None:
    table = (
        f"Email;Reference\n{ana.email.upper()};\n{dora.email};\nnobody;\nheron@people.example;\n"
        f"Heron@People.example ;\n;card 7\n;\n;;\n;{'x' * 81}\n"
    ).encode("utf-8-sig")
    batch = make_batches.waiting(ada, group, table)
    # A line with nothing in it is no row; an account of another clinic is not told.
    assert verdicts(batch) == ["member", "new", "address", "new", "twice", "new", "long"]
    assert [row.line for row in batches.planned(batch)] == [2, 3, 4, 5, 6, 7, 10]
    assert Invitation.objects.count() == 0
    assert ana.email not in batch.plan


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "first line must name"),
        (b"name\nAna\n", "first line must name"),
        (b"email\n\xff\xfe\n", "CSV UTF-8"),
        (b"email\n\x00\n", "no table of text"),
        (b"email\n" + b"a@b.example\n" * 10_001, "10,000 rows"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
    ids=["nothing", "other columns", "not utf-8", "binary", "too many", "too large"],
)
def test_a_table_that_cannot_be_read_says_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(batches.BadTable) as problem:
        batches.read(data)
    assert words in problem.value.words


def test_no_cell_of_a_verdict_table_is_a_formula(ada: Member, group: Group) -> None:
    table = b'email,reference\n,"=cmd|calc"\n,+1\n,-1\n,@sum\n,plain\n'
    batch = make_batches.waiting(ada, group, table)
    lines = list(batches.table_of(batch, batches.planned(batch)))
    cells = [line.split(",")[2] for line in lines[1:]]
    assert cells == ["'=cmd|calc", "'+1", "'-1", "'@sum", "plain"]


# --- Making -------------------------------------------------------------------------------------


def test_making_a_table_twice_or_reading_it_again_makes_each_invitation_once(
    ada: Member, group: Group
) -> None:
    batch = make_batches.waiting(ada, group)
    assert batches.make(batch, ada) == 3
    batch.refresh_from_db()
    assert batch.plan == ""
    assert batches.make(batch, ada) == 0
    again = make_batches.waiting(ada, group, make_batches.TABLE + b",card 8\n")
    assert again.id == batch.id
    assert verdicts(again) == ["made", "made", "made", "new"]
    assert batches.make(again, ada) == 1
    assert Invitation.objects.count() == 4
    assert all(row.groups.get() == group for row in Invitation.objects.all())


def test_an_interrupted_table_goes_on_where_it_was(
    ada: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 1)
    batch = make_batches.waiting(ada, group)
    real, calls = batches._make_chunk, []

    def dies_at_the_second(*args: object) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(batches, "_make_chunk", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        batches.make(batch, ada)
    assert Invitation.objects.count() == 1
    assert verdicts(batch) == ["made", "new", "new"]
    monkeypatch.setattr(batches, "_make_chunk", real)
    assert batches.make(batch, ada) == 2
    assert Invitation.objects.count() == 3


def test_letters_go_to_addresses_once_with_a_link_that_works(ada: Member, group: Group) -> None:
    batch = make_batches.waiting(ada, group, mail=True)
    batches.make(batch, ada)
    while outbox.run_once():
        pass
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "heron@people.example",
        "wren@people.example",
    ]
    row = Invitation.objects.get(email="heron@people.example")
    assert row.sent_at is not None
    invitation_letters.send.call(row.id)
    assert len(mail.outbox) == 2
    (letter,) = [m for m in mail.outbox if m.to == [row.email]]
    token = token_in(next(w for w in letter.body.split() if "/welcome/" in w))
    assert invitations.find(token) == row


def test_the_database_holds_nothing_that_opens_a_door(ada: Member, group: Group) -> None:
    from django_tasks_db.models import DBTaskResult

    batches.make(make_batches.waiting(ada, group, mail=True), ada)
    dump = str(list(Invitation.objects.values())) + str(list(DBTaskResult.objects.values()))
    for row in Invitation.objects.all():
        link = invitations.link_of(row)
        assert invitations.find(token_in(link)) == row
        assert token_in(link) not in dump
    assert "heron@people.example" not in str(list(DBTaskResult.objects.values()))


def test_links_can_be_printed_again_under_a_newer_secret(
    ada: Member, group: Group, settings: object
) -> None:
    batches.make(make_batches.waiting(ada, group), ada)
    row = Invitation.objects.first()
    before = invitations.link_of(row)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer secret of fifty characters or more, made up"
    assert invitations.link_of(row) == before
    settings.SECRET_KEY_FALLBACKS = []
    assert invitations.link_of(row) == ""


# --- Bound to an address ------------------------------------------------------------------------


def test_a_bound_invitation_is_for_its_address_alone(ada: Member, group: Group) -> None:
    made = invitations.invite(
        ada, groups=[group], life=timedelta(days=1), email="Heron@People.example"
    )
    client = Client()
    client.post(reverse("members:welcome", args=[made.token]))
    answers = {
        "name": "Heron",
        "email": "wren@people.example",
        "way": "passphrase",
        "passphrase": "four calm lanterns glow",
        "agree": "on",
    }
    page = client.post(reverse("members:join"), answers)
    assert page.status_code == 422
    assert "for another address" in page.content.decode()
    assert "heron@people.example" not in page.content.decode()
    with pytest.raises(InvitationSpent):
        invitations.join(made.invitation, Newcomer("Wren", "wren@people.example", None))
    assert Invitation.objects.get().uses == 0
    right = {**answers, "email": "heron@people.example"}
    assert client.post(reverse("members:join"), right).status_code == 302
    assert Invitation.objects.get().uses == 1


def test_an_account_with_another_address_cannot_use_a_bound_link(
    ada: Member, ana: Member, cleo: Member, elsewhere: Group
) -> None:
    made = invitations.invite(ada, groups=[elsewhere], life=timedelta(days=1), email=ana.email)
    with pytest.raises(InvitationSpent):
        invitations.join_as(made.invitation, make_person(elsewhere, "Otto"))
    invitations.join_as(made.invitation, ana)
    assert Membership.objects.filter(member=ana, group=elsewhere).exists()


def make_person(group: Group, name: str) -> Member:
    from tests.make import member

    return member(group.clinic, name)


def test_erasing_somebody_erases_their_address_from_their_invitation(
    ada: Member, group: Group
) -> None:
    made = invitations.invite(
        ada, groups=[group], life=timedelta(days=1), email="heron@people.example"
    )
    heron = invitations.join(made.invitation, Newcomer("Heron", "heron@people.example", None))
    erasure.erase(heron, None)
    assert "heron" not in Invitation.objects.get().email


# --- Closing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["batch", "group"])
def test_closing_a_table_or_a_group_voids_links_and_open_forms(
    what: str, ada: Member, group: Group, elsewhere: Group
) -> None:
    batch = make_batches.waiting(ada, group)
    batches.make(batch, ada)
    other = invitations.invite(ada, groups=[elsewhere], life=timedelta(days=1))
    link = invitations.link_of(Invitation.objects.filter(batch=batch).latest("id"))
    client = Client()
    assert client.post(link).status_code == 302
    assert client.get(reverse("members:join")).status_code == 200
    count = (
        batches.revoke_batch(batch, ada) if what == "batch" else batches.revoke_group(group, ada)
    )
    assert count == 3
    assert client.get(link).status_code == 404
    assert client.get(reverse("members:join")).status_code == 404
    assert invitations.find(other.token) == other.invitation


def test_a_closed_table_makes_nothing_more(ada: Member, group: Group) -> None:
    batch = make_batches.waiting(ada, group)
    batches.revoke_batch(batch, ada)
    assert batches.make(batch, ada) == 0
    batches.make(InviteBatch.objects.get(), ada)
    assert Invitation.objects.count() == 0


# --- How far they came --------------------------------------------------------------------------


def test_the_funnel_counts_each_step(ada: Member, group: Group) -> None:
    batch = make_batches.waiting(ada, group, mail=True)
    batches.make(batch, ada)
    rows = Invitation.objects.filter(batch=batch)
    assert batches.funnel(rows) == batches.Funnel(3, 0, 0, 0, 0)
    while outbox.run_once():
        pass
    row = rows.get(email="heron@people.example")
    link = invitations.link_of(row)
    client = Client()
    client.get(link)
    client.head(link)
    assert batches.funnel(rows) == batches.Funnel(3, 2, 0, 0, 0)
    client.post(link)
    assert batches.funnel(rows) == batches.Funnel(3, 2, 1, 0, 0)
    heron = invitations.join(row, Newcomer("Heron", row.email, None))
    assert batches.funnel(rows) == batches.Funnel(3, 2, 1, 1, 0)
    make_forums.published(make_forums.board(group), heron, "I am here.")
    assert batches.funnel(rows) == batches.Funnel(3, 2, 1, 1, 1)


# --- Pages --------------------------------------------------------------------------------------


def form(group: Group, table: bytes, key: str = "spring") -> dict[str, object]:
    return {
        "key": key,
        "role": "patient",
        "groups": [group.id],
        "days": "30",
        "table": SimpleUploadedFile("people.csv", table, "text/csv"),
    }


def test_an_administrator_goes_from_the_file_to_cards(
    ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    client = client_of(ada)
    looked = client.post(reverse("members:invitation_batches"), form(group, make_batches.TABLE))
    page = client.get(looked.url).content.decode()
    assert "Invite 3 people" in page
    assert Invitation.objects.count() == 0
    batch = InviteBatch.objects.get()
    client.post(reverse("members:make_batch", args=[batch.id]))
    cards = client.get(reverse("members:cards", args=[batch.id])).content.decode()
    assert cards.count("data:image/svg+xml") == 3
    assert "card 7" in cards
    assert all(invitations.link_of(row) in cards for row in Invitation.objects.all())


def test_a_bad_file_keeps_what_was_typed(
    ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    answer = client_of(ada).post(
        reverse("members:invitation_batches"), form(group, b"name\nx\n", key="summer course")
    )
    assert answer.status_code == 422
    assert "summer course" in answer.content.decode()
    assert "first line must name" in answer.content.decode()


def test_tables_of_another_clinic_are_not_there(
    ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    from tests import make

    other = make.member(make.clinic("Lakeside"), "Otis", role="administrator")
    batch = make_batches.waiting(ada, group)
    client = client_of(other)
    for name in ("invitation_batch", "cards"):
        assert client.get(reverse(f"members:{name}", args=[batch.id])).status_code == 404
    for name, number in (
        ("make_batch", batch.id),
        ("revoke_batch", batch.id),
        ("revoke_group", group.id),
    ):
        assert client.post(reverse(f"members:{name}", args=[number])).status_code == 404
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "queries"),
    [("invitation_batches", 6), ("who_invited_whom", 8), ("invitation_batch", 8)],
)
def test_pages_cost_the_same_for_one_and_three(
    name: str,
    queries: int,
    ada: Member,
    group: Group,
    client_of: Callable[..., Client],
    django_assert_num_queries: Callable[..., object],
) -> None:
    client = client_of(ada)
    client.get(reverse("members:home"))
    number = 0
    for rows in (1, 2):
        for _ in range(rows):
            number += 1
            table = "email\n" + "\n".join(f"p{n}@people.example" for n in range(number))
            batch = make_batches.waiting(ada, group, table.encode(), key=f"key {number}")
            batches.make(batch, ada)
            row = Invitation.objects.filter(batch=batch).latest("id")
            invitations.join(row, Newcomer(f"P{number}", row.email, None))
            batch = make_batches.waiting(ada, group, table.encode(), key=f"key {number}")
        args = [batch.id] if name == "invitation_batch" else []
        with django_assert_num_queries(queries):
            assert client.get(reverse(f"members:{name}", args=args)).status_code == 200


def test_who_invited_whom_names_both_sides(
    ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    made = invitations.invite(ada, groups=[group], life=timedelta(days=1))
    invitations.join(made.invitation, Newcomer("Heron", "heron@people.example", None))
    page = client_of(ada).get(reverse("members:who_invited_whom")).content.decode()
    assert "Heron" in page
    assert "Ada" in page
    assert InvitationUse.objects.count() == 1


# --- A second letter, and never a third ---------------------------------------------------------


def sent(ada: Member, group: Group, email: str, days_ago: int = 4, lasts: int = 9) -> Invitation:
    """An invitation whose letter was sent some days ago."""
    made = invitations.invite(
        ada, groups=[group], life=timedelta(days=lasts), email=email
    ).invitation
    nonce = invitations.fresh_nonce()
    Invitation.objects.filter(id=made.id).update(
        sent_at=timezone.now() - timedelta(days=days_ago),
        nonce=nonce,
        token_sha256=invitations.token_sha256(invitations.token_of(nonce)),
    )
    made.refresh_from_db()
    return made


def test_who_did_not_come_is_written_to_once_more_and_never_again(
    ada: Member, group: Group
) -> None:
    late = sent(ada, group, "late@people.example")
    sent(ada, group, "fresh@people.example", days_ago=2)
    sent(ada, group, "over@people.example", lasts=1)
    came = sent(ada, group, "came@people.example")
    invitations.join(came, Newcomer("Came", "came@people.example", None))
    closed = sent(ada, group, "closed@people.example")
    invitations.revoke(closed, ada)
    assert (invitation_letters.remind_due(), invitation_letters.remind_due()) == (1, 0)
    while outbox.run_once():
        pass
    (letter,) = mail.outbox
    assert letter.to == ["late@people.example"]
    assert invitations.link_of(late) in letter.body
    assert "do not write about it again" in letter.body
    Invitation.objects.filter(id=late.id).update(sent_at=timezone.now() - timedelta(days=30))
    assert invitation_letters.remind_due() == 0


def test_nobody_is_reminded_of_a_link_that_was_closed_meanwhile(ada: Member, group: Group) -> None:
    row = sent(ada, group, "late@people.example")
    invitation_letters.remind_due()
    invitations.revoke(row, ada)
    while outbox.run_once():
        pass
    assert mail.outbox == []
