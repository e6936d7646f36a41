"""Invented conversations for the demo, written by invented people, through the real actions."""

import uuid
from datetime import timedelta

from django.utils import timezone

from community.forums import actions, drafts, follow_ups
from community.forums.actions import Extras
from community.forums.drafts import Words
from community.forums.models import Board, Post, Thread, Warmth
from community.members.models import Group, Member
from moderation.models import Revision, Submission
from moderation.screening import runner

BOARDS = [
    ("Everyday", "Small things, good and bad."),
    ("Getting through", "When it is hard, and what helps a little."),
]
# board number, title, posts; person n of the group writes post n
THREADS = [
    (0, "What did you see on your walk today?", [
        "My **one small thing** for today: I walked to the corner and back. There was a cat on the wall that did not move at all while I passed. We looked at each other like two old neighbours.",
        "I love this cat already. Here it was fog, and a man carrying a very long carpet. I made up a story about it all the way home.",
        "No walk for me today. I opened the window and counted seven different sounds instead: rain, a bus, somebody practising the trumpet.",
        "Seven sounds is a walk. Thank you for that idea, I will try it tonight.",
    ]),
    (0, "Soup evenings", [
        "Does anybody else cook the same soup three days in a row because deciding is too much? Mine is lentil. No judgement from lentils.",
        "Potato and leek here. I freeze it in jam jars and feel very organised for about a minute.",
        "I have started to put one new thing in each time. Yesterday it was an apple. It was… fine!",
    ]),
    (1, "Three in the morning", [
        "I wake at three most nights and then my head starts its list. What do you do with that hour?",
        "I get up and sit on the kitchen floor with a blanket. Something about the floor helps. Then I read one page of the dullest book I own.",
        "My mentor told me to write the list down and add *“not now”* behind each line. It sounds silly. It works about half of the time.",
        "> not now\n\nI am going to try this. Half of the time is a lot.",
        "Checking in: I slept until five. Five!",
    ]),
    (1, "Telling my boss", [
        "I need to ask at work for two afternoons off a month, for the clinic. Has anybody done this without telling the whole story?",
        "I said “a health appointment, every second Tuesday, for the next months”. Nobody asked more. I had practised for a week, though.",
        "Practising out loud helped me too. My plant has heard the speech many times.",
    ]),
]  # fmt: skip


def seed(group: Group, people: list[Member]) -> None:
    """Two boards with living threads for a group. Idempotent by the board's name."""
    if Board.objects.filter(group=group).exists() or not people:
        return
    boards = [actions.open_board(group, name, purpose) for name, purpose in BOARDS]
    for number, (board, title, texts) in enumerate(THREADS):
        begun = timezone.now() - timedelta(days=len(THREADS) - number, hours=3 * number)
        thread = None
        for turn, text in enumerate(texts):
            author = people[(turn + number) % len(people)]
            if thread is None:
                post = actions.open_thread(boards[board], author, title, text, uuid.uuid4()).post
                thread = post.thread
            else:
                post = actions.reply(thread, author, text, uuid.uuid4()).post
            _release(post)
            _date(post, begun + timedelta(minutes=47 * turn))
    if len(people) >= 5:
        _liven(boards, people)


def _liven(boards: list[Board], people: list[Member]) -> None:
    """What else a forum holds: other names, hard topics, quotes, kindness, drafts, silence."""
    mint, _, juniper, otter, kite = people[:5]
    now = timezone.now()
    maple = Member.objects.filter(clinic=mint.clinic_id, is_moderator=True).first()

    alone = actions.open_thread(
        boards[1],
        juniper,
        "A letter I did not send",
        "I wrote to my brother, four pages, and put them into the drawer with the batteries. I do not "
        "know yet whether that is brave or not. Has anybody sent theirs?",
        uuid.uuid4(),
        Extras(alias=True),
    ).post
    _release(alone)
    told = [alone]
    if maple is not None:
        told.append(
            actions.reply(
                alone.thread,
                maple,
                "Both can be brave, writing it and leaving it in the drawer. If you would like to read "
                "it out to somebody first, bring it to your next appointment.",
                uuid.uuid4(),
            ).post
        )
    told.append(
        actions.reply(
            alone.thread,
            otter,
            "Mine has been in a drawer for a year. Some days I am glad that I wrote it, and that is all.",
            uuid.uuid4(),
            Extras(quotes=[alone.id]),
        ).post
    )
    autumn = actions.open_thread(
        boards[1],
        kite,
        "Her empty chair",
        "My aunt died last autumn and her chair is still at the window. I water her plants. "
        "Does it get ordinary again?",
        uuid.uuid4(),
        Extras(topics=16),
    ).post
    shared = actions.reply(
        autumn.thread,
        mint,
        "Not ordinary, but softer. I kept one plant and gave the others away.",
        uuid.uuid4(),
    ).post
    silent = actions.open_thread(
        boards[0],
        kite,
        "First time here",
        "Hello. I do not know what one writes here. I like radio plays and I am bad at mornings.",
        uuid.uuid4(),
    ).post
    _release(silent)
    for turn, post in enumerate((*told, autumn, shared)):
        _date(post, now - timedelta(hours=20 - turn))
    _date(silent, now - timedelta(hours=14))
    Thread.objects.filter(id=silent.thread_id).update(unanswered_since=now - timedelta(hours=14))
    for post in told[1:]:
        actions.react(post, juniper, Warmth.HELPED)
    actions.react(alone, kite, Warmth.WITH)
    actions.keep(told[-1], juniper)
    actions.keep(shared, juniper)
    soup = Thread.objects.filter(board=boards[0]).order_by("id")[1]
    drafts.save(
        juniper,
        drafts.place_of("reply", soup.id),
        uuid.uuid4(),
        Words(body="Today it was pumpkin, and I invited the neighbour. We did not talk much"),
        0,
    )
    night = Words("What helps on Sundays?", "Sundays are long here. What do yours look like?")
    drafts.hold(juniper, drafts.place_of("start", boards[0].id), uuid.uuid4(), night, 0)
    if maple is not None:
        follow_ups.mark(alone.thread, maple, now + timedelta(days=1))


def _release(post: Post) -> None:
    while runner.run_once():
        pass


def _date(post: Post, at: object) -> None:
    """Spread the invented past over the last days."""
    Post.objects.filter(id=post.id).update(created_at=at)
    Submission.objects.filter(id=post.submission_id).update(created_at=at, released_at=at)
    Revision.objects.filter(submission=post.submission_id).update(created_at=at)
    Thread.objects.filter(id=post.thread_id).update(last_pub_at=at)
