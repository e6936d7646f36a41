"""The background loops, in one list: `serve` runs them embedded, `work` runs them alone."""

from community.members import belonging, digests, heads, outbox
from config.background import Loop
from events import actions as events
from events import day, erasing, reminders
from mentorship import actions as mentorship
from moderation import appeals, ladder, quality, sanctions, undo
from moderation.screening import runner, wake

LOOPS = [
    Loop("screener", runner.run_once, idle_s=0.1, wake=wake.waiting),
    Loop("read-again", runner.read_again, idle_s=30.0, wake=None),
    Loop("overdue", runner.overdue, idle_s=1.0, wake=None),
    Loop("outbox", outbox.run_once, idle_s=0.5, wake=None),
    Loop("outbox-reaper", outbox.reap, idle_s=30.0, wake=None),
    Loop("memberships", belonging.run_out, idle_s=1.0, wake=None),
    Loop("digests", digests.send_due, idle_s=30.0, wake=None),
    Loop("audit-head", heads.export_due, idle_s=heads.LOOK_EVERY_S, wake=None),
    Loop("seats", events.tidy_all, idle_s=30.0, wake=None),
    Loop("days", day.finish_due, idle_s=300.0, wake=None),
    Loop("reminders", reminders.send_due, idle_s=30.0, wake=None),
    Loop("event-erasure", erasing.erase_due, idle_s=600.0, wake=None),
    Loop("questions", mentorship.expire, idle_s=60.0, wake=None),
    Loop("decisions", undo.settle_due, idle_s=1.0, wake=None),
    Loop("clocks", ladder.climb, idle_s=1.0, wake=None),
    Loop("sanctions", sanctions.expire, idle_s=10.0, wake=None),
    Loop("appeals", appeals.escalate, idle_s=30.0, wake=None),
    Loop("golden", quality.plant, idle_s=30.0, wake=None),
]
