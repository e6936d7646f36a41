"""Blocks: mutual, silent, void with the care team, and usable by every list of others' words."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import blocks, erasure
from community.members.access import share_a_group
from community.members.models import Block, Member, Membership, Notice

pytestmark = pytest.mark.django_db


def notice_each(*people: Member) -> None:
    for person in people:
        Notice.objects.create(member=person, kind="reply")


def owners_seen(by: Member) -> list[Member]:
    rows = Notice.objects.filter(~blocks.hidden_from(by, "member")).order_by("id")
    return [row.member for row in rows.select_related("member")]


def test_a_block_hides_both_from_each_other_and_from_nobody_else(
    ana: Member, ben: Member, mia: Member
) -> None:
    notice_each(ana, ben, mia)
    assert owners_seen(ana) == [ana, ben, mia]
    assert blocks.block(ana, ben)
    assert owners_seen(ana) == [ana, mia]
    assert owners_seen(ben) == [ben, mia]
    assert owners_seen(mia) == [ana, ben, mia]
    assert blocks.hidden_ids(ana) == frozenset({ben.id})
    assert blocks.hidden_ids(ben) == frozenset({ana.id})
    assert blocks.hidden_ids(mia) == frozenset()
    assert blocks.are_apart(ana, ben)
    assert blocks.are_apart(ben, ana)
    assert not blocks.are_apart(ana, mia)


def test_the_hidden_can_also_be_annotated(ana: Member, ben: Member, moss: Member) -> None:
    blocks.block(ana, ben)
    people = Member.objects.order_by("id")
    for viewer, hidden in ((ana, [ben]), (moss, [])):
        rows = people.annotate(apart=blocks.hidden_from(viewer, "pk"))
        assert [row for row in rows if row.apart] == hidden
        assert [r.id for r in people.filter(blocks.hidden_from(viewer, "pk"))] == [
            h.id for h in hidden
        ]


def test_it_takes_both_to_meet_again_when_both_have_blocked(ana: Member, ben: Member) -> None:
    blocks.block(ana, ben)
    blocks.block(ben, ana)
    assert blocks.unblock(ana, ben.id)
    assert blocks.are_apart(ana, ben)
    assert blocks.unblock(ben, ana.id)
    assert not blocks.are_apart(ana, ben)
    assert not blocks.unblock(ben, ana.id)


def test_one_cannot_take_back_the_block_of_another(ana: Member, ben: Member) -> None:
    blocks.block(ana, ben)
    assert not blocks.unblock(ben, ana.id)
    assert blocks.are_apart(ben, ana)


def test_blocking_twice_is_once_and_nobody_blocks_themselves(ana: Member, ben: Member) -> None:
    assert blocks.block(ana, ben)
    assert not blocks.block(ana, ben)
    assert Block.objects.count() == 1
    with pytest.raises(blocks.CannotBlock):
        blocks.block(ana, ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(blocker=ana, blocked=ana)


def test_the_care_team_neither_blocks_nor_is_blocked(
    ana: Member, moss: Member, lena: Member, ada: Member
) -> None:
    for staff in (moss, lena, ada):
        for one, other in ((ana, staff), (staff, ana)):
            with pytest.raises(blocks.CannotBlock):
                blocks.block(one, other)


def test_a_block_of_somebody_who_joined_the_team_is_void(ana: Member, ben: Member) -> None:
    notice_each(ana, ben)
    blocks.block(ana, ben)
    assert owners_seen(ana) == [ana]
    Member.objects.filter(id=ben.id).update(is_moderator=True)
    ben.refresh_from_db()
    for one, other in ((ana, ben), (ben, ana)):
        assert owners_seen(one) == [ana, ben]
        assert blocks.hidden_ids(one) == frozenset()
        assert not blocks.are_apart(one, other)


def test_erasing_a_person_forgets_their_blocks(ana: Member, ben: Member, mia: Member) -> None:
    blocks.block(ana, ben)
    blocks.block(mia, ana)
    blocks.block(mia, ben)
    erasure.erase(ana, None)
    assert list(Block.objects.values_list("blocker", "blocked")) == [(mia.id, ben.id)]


def test_hiding_costs_one_condition_and_no_query(
    ana: Member, ben: Member, django_assert_num_queries: Callable[..., object]
) -> None:
    notice_each(ana, ben)
    blocks.block(ana, ben)
    with django_assert_num_queries(1):
        assert owners_seen(ana) == [ana]
    with django_assert_num_queries(1):
        assert blocks.hidden_ids(ana) == {ben.id}


# --- Pages --------------------------------------------------------------------------------------


def test_somebody_blocks_on_a_page_and_is_led_back_where_they_were(
    ana: Member, ben: Member, client_of: Callable[..., Client]
) -> None:
    client = client_of(ana)
    url = reverse("members:block", args=[ben.id])
    asked = client.get(url, {"next": "/forums/"}).content.decode()
    assert 'value="/forums/"' in asked
    assert Block.objects.count() == 0
    assert client.post(url, {"next": "/forums/"}).url == "/forums/"
    assert blocks.are_apart(ana, ben)
    page = client.get(reverse("members:blocked")).content.decode()
    assert "Ben" in page
    client.post(reverse("members:unblock", args=[ben.id]))
    assert not blocks.are_apart(ana, ben)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_no_link_leads_away_after_blocking(
    elsewhere: str, ana: Member, ben: Member, client_of: Callable[..., Client]
) -> None:
    answer = client_of(ana).post(reverse("members:block", args=[ben.id]), {"next": elsewhere})
    assert answer.url == reverse("members:blocked")


def test_the_blocked_person_is_told_nothing(
    ana: Member, ben: Member, client_of: Callable[..., Client]
) -> None:
    """Their pages stay as they were (they differ in the form tokens alone)."""
    theirs = client_of(ben)
    before = [theirs.get(reverse(f"members:{name}")).content for name in ("home", "blocked")]
    blocks.block(ana, ben)
    after = [theirs.get(reverse(f"members:{name}")).content for name in ("home", "blocked")]
    assert [len(page) for page in before] == [len(page) for page in after]
    assert b"Ana" not in after[1]
    assert Notice.objects.filter(member=ben).count() == 0


def test_strangers_and_nobody_are_the_same_404(
    ana: Member, cleo: Member, dora: Member, client_of: Callable[..., Client]
) -> None:
    client = client_of(ana)
    pages = {
        client.post(reverse("members:block", args=[number])).content
        for number in (cleo.id, dora.id, 999_999)
    }
    assert len(pages) == 1
    assert Block.objects.count() == 0


def test_somebody_who_left_the_group_can_still_be_blocked(
    ana: Member, ben: Member, client_of: Callable[..., Client]
) -> None:
    Membership.objects.filter(member=ben).update(ended_at=timezone.now())
    assert not share_a_group(ana, ben)
    assert client_of(ana).post(reverse("members:block", args=[ben.id])).status_code == 302


def test_blocking_a_colleague_of_the_group_who_works_here_is_refused_kindly(
    ana: Member, ben: Member, client_of: Callable[..., Client]
) -> None:
    Member.objects.filter(id=ben.id).update(is_moderator=True)
    answer = client_of(ana).post(reverse("members:block", args=[ben.id]))
    assert answer.status_code == 409
    assert "must be able to reach everybody" in answer.content.decode()


def test_the_list_costs_the_same_for_one_and_three(
    ana: Member,
    group: object,
    ben: Member,
    mia: Member,
    zoe: Member,
    client_of: Callable[..., Client],
    django_assert_num_queries: Callable[..., object],
) -> None:
    client = client_of(ana)
    client.get(reverse("members:home"))
    for people in ([ben], [mia, zoe]):
        for person in people:
            blocks.block(ana, person)
        with django_assert_num_queries(3):
            assert client.get(reverse("members:blocked")).status_code == 200
