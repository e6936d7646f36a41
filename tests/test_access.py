"""Who may reach what: one table, every address and socket against every kind of person.

This table is the documentation of access. An address that is not in it is an error, and so is a row
without an address. Columns: a visitor; ana, patient in the group; cleo, patient elsewhere in the
same clinic; mia, mentor in the group; mossX, moderator without a second factor in this session;
moss, moderator; ada, administrator; zoe, suspended, with a session from before; dora, patient of
another clinic. A visitor with a link from a mail is in the rows with a token.

login: sent to sign in. mfa: sent to add a second factor. Otherwise the status of the answer.
The things behind the addresses are ana's (tests/access_things.py); everything starts afresh for
each row and person.
"""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from community.members.models import Member
from tests.access_things import Things
from tests.test_house import patterns

PEOPLE = ["visitor", "ana", "cleo", "mia", "mossX", "moss", "ada", "zoe", "dora"]

# address                                 visitor ana     cleo    mia     mossX   moss    ada     zoe     dora
PAGES = """
# members
GET  members:start                        200     302     302     302     302     302     302     200     302
GET  members:home                         login   200     200     200     mfa     200     200     login   200
GET  members:tour                         login   200     200     200     mfa     200     200     login   200
POST members:tour                         login   302     302     302     mfa     302     302     login   302
GET  members:news                         login   200     200     200     mfa     200     200     login   200
POST members:news                         login   302     302     302     mfa     302     302     login   302
GET  members:invitations                  login   404     404     404     mfa     404     200     login   404
POST members:invitations                  login   404     404     404     mfa     404     200     login   404
POST members:revoke                       login   404     404     404     mfa     404     302     login   404
GET  members:invitation_batches           login   404     404     404     mfa     404     200     login   404
POST members:invitation_batches           login   404     404     404     mfa     404     422     login   404
GET  members:invitation_batch             login   404     404     404     mfa     404     200     login   404
POST members:make_batch                   login   404     404     404     mfa     404     302     login   404
POST members:revoke_batch                 login   404     404     404     mfa     404     302     login   404
POST members:revoke_group                 login   404     404     404     mfa     404     302     login   404
GET  members:cards                        login   404     404     404     mfa     404     200     login   404
GET  members:who_invited_whom             login   404     404     404     mfa     404     200     login   404
GET  members:groups                       login   404     404     404     mfa     404     200     login   404
POST members:groups                       login   404     404     404     mfa     404     422     login   404
GET  members:group                        login   404     404     404     mfa     404     200     login   404
POST members:group                        login   404     404     404     mfa     404     422     login   404
POST members:add_to_group                 login   404     404     404     mfa     404     422     login   404
GET  members:close_group                  login   404     404     404     mfa     404     200     login   404
POST members:close_group                  login   404     404     404     mfa     404     302     login   404
GET  members:membership                   login   404     404     404     mfa     404     200     login   404
POST members:membership                   login   404     404     404     mfa     404     302     login   404
POST members:end_membership               login   404     404     404     mfa     404     302     login   404
GET  members:welcome                      200     200     200     200     200     200     200     200     200
POST members:welcome                      302     302     302     302     302     302     302     302     404
GET  members:join                         404     302     302     302     302     302     302     404     302
POST members:join                         404     302     302     302     302     302     302     404     302
GET  members:blocked                      login   200     200     200     mfa     200     200     login   200
GET  members:block                        login   404     404     200     mfa     404     404     login   404
POST members:block                        login   404     404     302     mfa     404     404     login   404
POST members:unblock                      login   302     302     302     mfa     302     302     login   302
GET  members:preferences                  login   200     200     200     mfa     200     200     login   200
POST members:preferences                  login   422     422     422     mfa     422     422     login   422
GET  members:own_copy                     login   200     200     200     mfa     200     200     login   200
POST members:own_copy                     login   302     302     302     mfa     302     302     login   302
POST members:take_copy                    login   200     404     404     mfa     404     404     login   404
GET  members:leave_for_good               login   200     200     200     mfa     200     200     login   200
POST members:leave_for_good               login   422     422     422     mfa     422     422     login   422
POST members:stay                         login   302     302     302     mfa     302     302     login   302
GET  members:stop_digest                  200     200     200     200     200     200     200     200     200
POST members:stop_digest                  200     200     200     200     200     200     200     200     200
GET  members:crisis_help                  200     200     200     200     200     200     200     200     200
GET  members:privacy                      200     200     200     200     200     200     200     200     200
GET  members:house_rules                  200     200     200     200     200     200     200     200     200
GET  members:accessibility                200     200     200     200     200     200     200     200     200
POST members:leave_now                    200     200     200     200     200     200     200     200     200
GET  members:second_factor                login   200     200     200     200     200     200     login   200
# forums
GET  forums:index                         login   200     200     200     mfa     200     200     login   200
GET  forums:board                         login   200     404     200     mfa     200     404     login   404
GET  forums:start                         login   200     404     200     mfa     200     404     login   404
POST forums:start                         login   422     404     422     mfa     422     404     login   404
GET  forums:thread                        login   200     404     200     mfa     200     404     login   404
POST forums:reply                         login   422     404     422     mfa     422     404     login   404
GET  forums:mark_read                     login   302     404     302     mfa     302     404     login   404
POST forums:mark_read                     login   302     404     302     mfa     302     404     login   404
GET  forums:edit                          login   200     404     404     mfa     404     404     login   404
POST forums:edit                          login   422     404     404     mfa     404     404     login   404
GET  forums:withdraw                      login   200     404     404     mfa     404     404     login   404
POST forums:withdraw                      login   302     404     404     mfa     404     404     login   404
GET  forums:find                          login   200     200     200     mfa     200     200     login   200
GET  forums:bookmarks                     login   200     200     200     mfa     200     200     login   200
POST forums:mark_board_read               login   302     404     302     mfa     302     404     login   404
GET  forums:first_unread                  login   302     404     302     mfa     302     404     login   404
GET  forums:on_day                        login   302     404     302     mfa     302     404     login   404
POST forums:follow                        login   302     404     302     mfa     302     404     login   404
GET  forums:do_not_meet                   login   404     404     404     mfa     404     404     login   404
GET  forums:unmet                         login   200     200     200     mfa     200     200     login   200
POST forums:meet_again                    login   302     302     302     mfa     302     302     login   302
GET  forums:drafts                        login   200     200     200     mfa     200     200     login   200
POST forums:autosave                      login   422     422     422     mfa     422     422     login   422
POST forums:hold_all                      login   302     302     302     mfa     302     302     login   302
GET  forums:draft                         login   200     404     404     mfa     404     404     login   404
POST forums:drop_draft                    login   302     404     404     mfa     404     404     login   404
POST forums:take_back_held                login   302     404     404     mfa     404     404     login   404
GET  forums:follow_ups                    login   404     404     404     mfa     200     404     login   404
POST forums:mark_follow_up                login   404     404     404     mfa     302     404     login   404
POST forums:assign_follow_up              login   404     404     404     mfa     409     404     login   404
POST forums:finish_follow_up              login   404     404     404     mfa     422     404     login   404
POST forums:react                         login   302     404     302     mfa     302     404     login   404
POST forums:keep                          login   302     404     302     mfa     302     404     login   404
GET  forums:history                       login   200     404     404     mfa     200     404     login   404
GET  forums:reveal                        login   404     404     404     mfa     404     404     login   404
GET  forums:shelves                       login   404     404     404     mfa     404     200     login   404
POST forums:shelves                       login   404     404     404     mfa     404     422     login   404
GET  forums:shelf                         login   404     404     404     mfa     404     200     login   404
POST forums:shelf                         login   404     404     404     mfa     404     422     login   404
POST forums:allow                         login   404     404     404     mfa     404     422     login   404
POST forums:disallow                      login   404     404     404     mfa     404     302     login   404
# chat
GET  chat:index                           login   200     200     200     mfa     200     200     login   200
GET  chat:room                            login   200     404     200     mfa     200     404     login   404
POST chat:say                             login   422     404     422     mfa     422     404     login   404
POST chat:take_back                       login   302     404     404     mfa     404     404     login   404
GET  chat:report                          login   404     404     302     mfa     302     404     login   404
GET  chat:edit                            login   200     404     404     mfa     404     404     login   404
POST chat:edit                            login   422     404     404     mfa     404     404     login   404
GET  chat:search                          login   200     404     200     mfa     200     404     login   404
POST chat:leave                           login   302     404     302     mfa     302     404     login   404
POST chat:accept_rules                    login   302     404     302     mfa     302     404     login   404
POST chat:raise_hand                      login   302     404     302     mfa     302     404     login   404
POST chat:lower_hand                      login   302     404     302     mfa     302     404     login   404
GET  chat:open_room                       login   404     404     404     mfa     200     404     login   404
POST chat:open_room                       login   404     404     404     mfa     422     404     login   404
GET  chat:host                            login   404     404     404     mfa     200     404     login   404
POST chat:here                            login   404     404     404     mfa     302     404     login   404
POST chat:manner                          login   404     404     404     mfa     422     404     login   404
POST chat:agenda                          login   404     404     404     mfa     302     404     login   404
POST chat:facilitators                    login   404     404     404     mfa     302     404     login   404
POST chat:add_hours                       login   404     404     404     mfa     422     404     login   404
POST chat:drop_hours                      login   404     404     404     mfa     404     404     login   404
POST chat:go_round                        login   404     404     404     mfa     302     404     login   404
POST chat:call_on                         login   404     404     404     mfa     302     404     login   404
POST chat:make_quiet                      login   404     404     404     mfa     302     404     login   404
POST chat:take_out                        login   404     404     404     mfa     302     404     login   404
POST chat:note                            login   404     404     404     mfa     422     404     login   404
GET  chat:transcript                      login   404     404     404     mfa     200     404     login   404
# moderation
GET  moderation:queue                     login   404     404     404     mfa     200     404     login   404
POST moderation:take_next                 login   404     404     404     mfa     302     404     login   404
GET  moderation:case                      login   404     404     404     mfa     200     404     login   404
POST moderation:take                      login   404     404     404     mfa     302     404     login   404
POST moderation:give_back                 login   404     404     404     mfa     302     404     login   404
POST moderation:decide                    login   404     404     404     mfa     422     404     login   404
POST moderation:skip                      login   404     404     404     mfa     302     404     login   404
POST moderation:take_back_decision        login   404     404     404     mfa     302     404     login   404
POST moderation:keep_view                 login   404     404     404     mfa     302     404     login   404
POST moderation:drop_view                 login   404     404     404     mfa     302     404     login   404
GET  moderation:my_desk                   login   404     404     404     mfa     200     404     login   404
POST moderation:my_desk                   login   404     404     404     mfa     422     404     login   404
POST moderation:rest                      login   404     404     404     mfa     302     404     login   404
POST moderation:come_back                 login   404     404     404     mfa     302     404     login   404
POST moderation:write_buddy               login   404     404     404     mfa     422     404     login   404
POST moderation:read_notes                login   404     404     404     mfa     302     404     login   404
GET  moderation:risk                      login   404     404     404     mfa     200     404     login   404
POST moderation:acknowledge               login   404     404     404     mfa     302     404     login   404
POST moderation:add_note                  login   404     404     404     mfa     422     404     login   404
POST moderation:write                     login   404     404     404     mfa     422     404     login   404
POST moderation:assess                    login   404     404     404     mfa     422     404     login   404
POST moderation:follow_up                 login   404     404     404     mfa     422     404     login   404
POST moderation:second_person             login   404     404     404     mfa     422     404     login   404
GET  moderation:roster                     login   404     404     404     mfa     200     404     login   404
POST moderation:roster                     login   404     404     404     mfa     422     404     login   404
POST moderation:begin_duty                 login   404     404     404     mfa     302     404     login   404
POST moderation:end_duty                   login   404     404     404     mfa     302     404     login   404
POST moderation:drop_duty                  login   404     404     404     mfa     302     404     login   404
GET  moderation:disclosures               login   404     404     404     mfa     200     404     login   404
GET  moderation:ask_disclosure            login   404     404     404     mfa     200     404     login   404
POST moderation:ask_disclosure            login   404     404     404     mfa     422     404     login   404
GET  moderation:disclosure                login   404     404     404     mfa     200     404     login   404
POST moderation:agree_disclosure          login   404     404     404     mfa     422     404     login   404
POST moderation:decline_disclosure        login   404     404     404     mfa     302     404     login   404
POST moderation:review_disclosure         login   404     404     404     mfa     422     404     login   404
POST moderation:close_disclosure          login   404     404     404     mfa     302     404     login   404
POST moderation:look                      login   404     404     404     mfa     302     404     login   404
GET  moderation:my_data                   login   200     200     200     mfa     200     200     login   200
POST moderation:my_data                   login   302     302     302     mfa     302     302     login   302
GET  moderation:cover                     login   404     404     404     mfa     404     404     login   404
GET  moderation:cover_person              login   404     404     404     mfa     404     404     login   404
POST moderation:cover_person              login   404     404     404     mfa     404     404     login   404
GET  moderation:cover_group               login   404     404     404     mfa     404     404     login   404
POST moderation:cover_group               login   404     404     404     mfa     404     404     login   404
GET  moderation:my_letters                login   200     200     200     mfa     200     200     login   200
POST moderation:my_letters                login   422     422     422     mfa     422     422     login   422
GET  moderation:letters_of                login   404     404     404     mfa     200     404     login   404
POST moderation:letters_of                login   404     404     404     mfa     422     404     login   404
POST moderation:read_letters              login   404     404     404     mfa     302     404     login   404
GET  moderation:need_person               login   200     200     200     mfa     200     200     login   200
POST moderation:need_person               login   200     200     200     mfa     200     200     login   200
GET  moderation:worried                   login   404     404     200     mfa     200     404     login   404
POST moderation:worried                   login   404     404     200     mfa     200     404     login   404
GET  moderation:my_text                   login   200     404     404     mfa     404     404     login   404
GET  moderation:second_looks              login   404     404     404     mfa     200     404     login   404
POST moderation:take_look                 login   404     404     404     mfa     302     404     login   404
GET  moderation:second_look               login   404     404     404     mfa     200     404     login   404
POST moderation:answer_look               login   404     404     404     mfa     422     404     login   404
GET  moderation:conflicts                 login   404     404     404     mfa     404     404     login   404
GET  moderation:conflict                  login   404     404     404     mfa     404     404     login   404
POST moderation:resolve_conflict          login   404     404     404     mfa     404     404     login   404
GET  moderation:golden_texts              login   404     404     404     mfa     404     404     login   404
POST moderation:golden_texts              login   404     404     404     mfa     404     404     login   404
POST moderation:retire_golden             login   404     404     404     mfa     404     404     login   404
GET  moderation:quality                   login   404     404     404     mfa     404     200     login   404
GET  moderation:threshold_sets            login   404     404     404     mfa     404     200     login   404
POST moderation:threshold_sets            login   404     404     404     mfa     404     422     login   404
GET  moderation:threshold_set             login   404     404     404     mfa     404     200     login   404
POST moderation:try_thresholds            login   404     404     404     mfa     404     302     login   404
POST moderation:activate_thresholds       login   404     404     404     mfa     404     302     login   404
POST moderation:roll_back_thresholds      login   404     404     404     mfa     404     302     login   404
GET  moderation:figures                   login   404     404     404     mfa     404     200     login   404
GET  moderation:figures_csv               login   404     404     404     mfa     404     200     login   404
GET  moderation:report                    login   404     404     200     mfa     200     404     login   404
POST moderation:report                    login   404     404     422     mfa     422     404     login   404
GET  moderation:what_happened             login   200     200     200     mfa     200     200     login   200
GET  moderation:appeal_text               login   302     404     404     mfa     404     404     login   404
POST moderation:appeal_text               login   302     404     404     mfa     404     404     login   404
GET  moderation:appeal_sanction           login   302     404     404     mfa     404     404     login   404
POST moderation:appeal_sanction           login   302     404     404     mfa     404     404     login   404
GET  moderation:sanctions                 login   404     404     404     mfa     200     404     login   404
GET  moderation:sanction                  login   404     404     404     mfa     200     404     login   404
GET  moderation:propose_sanction          login   404     404     404     mfa     200     404     login   404
POST moderation:propose_sanction          login   404     404     404     mfa     422     404     login   404
POST moderation:activate_sanction         login   404     404     404     mfa     422     404     login   404
POST moderation:decline_sanction          login   404     404     404     mfa     422     404     login   404
POST moderation:lift_sanction             login   404     404     404     mfa     422     404     login   404
GET  moderation:appeals                   login   404     404     404     mfa     200     404     login   404
GET  moderation:appeal                    login   404     404     404     mfa     200     404     login   404
POST moderation:answer_appeal             login   404     404     404     mfa     422     404     login   404
# mentorship
GET  mentorship:index                     login   200     200     200     mfa     200     200     login   200
GET  mentorship:wishes                    login   200     200     404     mfa     404     404     login   200
POST mentorship:wishes                    login   422     422     404     mfa     404     404     login   422
POST mentorship:stop_looking              login   302     302     302     mfa     302     302     login   302
POST mentorship:match                     login   404     404     404     mfa     302     404     login   404
GET  mentorship:run                       login   404     404     404     mfa     200     404     login   404
POST mentorship:adjust                    login   404     404     404     mfa     302     404     login   404
POST mentorship:ask                       login   404     404     404     mfa     302     404     login   404
POST mentorship:propose                   login   404     404     404     mfa     422     404     login   404
GET  mentorship:proposal                  login   404     404     200     mfa     404     404     login   404
POST mentorship:answer                    login   404     404     302     mfa     404     404     login   404
POST mentorship:withdraw                  login   404     404     404     mfa     302     404     login   404
GET  mentorship:become                    login   200     200     200     mfa     200     200     login   200
POST mentorship:become                    login   422     422     422     mfa     422     422     login   422
POST mentorship:ask_referee               login   422     404     404     mfa     404     404     login   404
POST mentorship:drop_referee              login   302     404     404     mfa     404     404     login   404
POST mentorship:withdraw_application      login   302     404     404     mfa     404     404     login   404
GET  mentorship:refer                     200     200     200     200     200     200     200     200     200
POST mentorship:refer                     422     422     422     422     422     422     422     422     422
GET  mentorship:nominate                  200     200     200     200     200     200     200     200     200
POST mentorship:nominate                  422     422     422     422     422     422     422     422     422
GET  mentorship:my_work                   login   404     404     200     mfa     404     404     login   404
POST mentorship:my_work                   login   404     404     422     mfa     404     404     login   404
POST mentorship:move_myself               login   404     404     302     mfa     404     404     login   404
GET  mentorship:applications              login   404     404     404     mfa     200     404     login   404
GET  mentorship:application               login   404     404     404     mfa     200     404     login   404
POST mentorship:next_step                 login   404     404     404     mfa     302     404     login   404
POST mentorship:decline_application       login   404     404     404     mfa     302     404     login   404
POST mentorship:answer_nomination         login   404     404     404     mfa     302     404     login   404
GET  mentorship:partner                   login   404     404     404     mfa     200     404     login   404
POST mentorship:partner                   login   404     404     404     mfa     422     404     login   404
POST mentorship:close_partner             login   404     404     404     mfa     302     404     login   404
GET  mentorship:trainings                 login   404     404     404     mfa     200     404     login   404
POST mentorship:trainings                 login   404     404     404     mfa     422     404     login   404
POST mentorship:retire_training           login   404     404     404     mfa     302     404     login   404
POST mentorship:record_training           login   404     404     404     mfa     422     404     login   404
GET  mentorship:mentors                   login   404     404     404     mfa     200     404     login   404
GET  mentorship:mentor                    login   404     404     404     mfa     200     404     login   404
POST mentorship:arrange                   login   404     404     404     mfa     422     404     login   404
POST mentorship:move                      login   404     404     404     mfa     302     404     login   404
POST mentorship:supervise                 login   404     404     404     mfa     422     404     login   404
GET  mentorship:pair                      login   404     404     200     mfa     200     404     login   404
GET  mentorship:end                       login   404     404     200     mfa     200     404     login   404
POST mentorship:end                       login   404     404     422     mfa     422     404     login   404
POST mentorship:log                       login   404     404     422     mfa     404     404     login   404
GET  mentorship:worried                   login   404     404     200     mfa     404     404     login   404
POST mentorship:worried                   login   404     404     422     mfa     404     404     login   404
POST mentorship:resume                    login   404     404     404     mfa     302     404     login   404
# events
GET  events:index                         200     200     200     200     200     200     200     200     200
GET  events:registrations                 login   404     404     404     mfa     404     200     login   404
GET  events:sign_up                       200     200     200     200     200     200     200     200     200
POST events:sign_up                       422     422     422     422     422     422     422     422     422
GET  events:look_into_mail                200     200     200     200     200     200     200     200     200
GET  events:place                         200     200     200     200     200     200     200     200     200
POST events:confirm                       302     302     302     302     302     302     302     302     302
POST events:accept                        302     302     302     302     302     302     302     302     302
POST events:pass_on                       302     302     302     302     302     302     302     302     302
POST events:change_place                  422     422     422     422     422     422     422     422     422
GET  events:organise                      login   404     404     404     mfa     200     200     login   404
GET  events:create                        login   404     404     404     mfa     200     200     login   404
POST events:create                        login   404     404     404     mfa     422     422     login   404
GET  events:organised                     login   404     404     404     mfa     404     200     login   404
GET  events:edit                          login   404     404     404     mfa     404     200     login   404
POST events:edit                          login   404     404     404     mfa     404     422     login   404
POST events:duplicate                     login   404     404     404     mfa     404     302     login   404
POST events:publish                       login   404     404     404     mfa     404     302     login   404
POST events:withdraw                      login   404     404     404     mfa     404     302     login   404
GET  events:add_dates                     login   404     404     404     mfa     404     200     login   404
POST events:add_dates                     login   404     404     404     mfa     404     422     login   404
GET  events:cancel_all                    login   404     404     404     mfa     404     200     login   404
POST events:cancel_all                    login   404     404     404     mfa     404     302     login   404
GET  events:hosts                         login   404     404     404     mfa     404     200     login   404
POST events:hosts                         login   404     404     404     mfa     404     422     login   404
POST events:part_with                     login   404     404     404     mfa     404     302     login   404
GET  events:date                          login   404     404     404     mfa     404     200     login   404
POST events:resize                        login   404     404     404     mfa     404     422     login   404
POST events:join_link                      login   404     404     404     mfa     404     302     login   404
GET  events:move                          login   404     404     404     mfa     404     200     login   404
POST events:move                          login   404     404     404     mfa     404     422     login   404
GET  events:cancel_date                   login   404     404     404     mfa     404     200     login   404
POST events:cancel_date                   login   404     404     404     mfa     404     302     login   404
GET  events:tell                          login   404     404     404     mfa     404     200     login   404
POST events:tell                          login   404     404     404     mfa     404     422     login   404
GET  events:people                        login   404     404     404     mfa     404     200     login   404
GET  events:people_csv                    login   404     404     404     mfa     404     200     login   404
GET  events:print_list                    login   404     404     404     mfa     404     200     login   404
GET  events:badges                        login   404     404     404     mfa     404     200     login   404
GET  events:door                          login   404     404     404     mfa     404     200     login   404
POST events:check_in                      login   404     404     404     mfa     404     422     login   404
POST events:undo_check_in                 login   404     404     404     mfa     404     422     login   404
POST events:walk_in                       login   404     404     404     mfa     404     422     login   404
POST events:mark                          login   404     404     404     mfa     404     422     login   404
POST events:finish                        login   404     404     404     mfa     404     302     login   404
GET  events:voices                        login   404     404     404     mfa     404     200     login   404
GET  events:ticket                        login   404     404     404     mfa     404     200     login   404
POST events:ticket                        login   404     404     404     mfa     404     422     login   404
GET  events:attendance_trends             login   404     404     404     mfa     200     200     login   404
GET  events:ticket_picture                200     200     200     200     200     200     200     200     200
GET  events:here                          200     200     200     200     200     200     200     200     200
POST events:here                          422     422     422     422     422     422     422     422     422
GET  events:why                           200     200     200     200     200     200     200     200     200
POST events:why                           200     200     200     200     200     200     200     200     200
GET  events:feedback                      200     200     200     200     200     200     200     200     200
POST events:feedback                      422     422     422     422     422     422     422     422     422
POST events:make_course                   login   404     404     404     mfa     404     302     login   404
GET  events:run_course                    login   404     404     404     mfa     404     200     login   404
POST events:run_course                    login   404     404     404     mfa     404     422     login   404
POST events:publish_curriculum            login   404     404     404     mfa     404     302     login   404
GET  events:session                       login   404     404     404     mfa     404     200     login   404
POST events:session                       login   404     404     404     mfa     404     422     login   404
POST events:add_material                  login   404     404     404     mfa     404     422     login   404
POST events:drop_material                 login   404     404     404     mfa     404     302     login   404
POST events:tick                          login   404     404     404     mfa     404     302     login   404
POST events:agenda_to_room                login   404     404     404     mfa     404     302     login   404
GET  events:courses_list                  login   200     200     200     mfa     200     200     login   200
GET  events:course                        login   200     200     200     mfa     200     200     login   404
POST events:join_course                   login   302     302     302     mfa     302     302     login   404
POST events:leave_course                  login   302     302     302     mfa     302     302     login   404
POST events:ask_certificate               login   302     302     302     mfa     302     302     login   404
GET  events:certificate                   login   404     404     404     mfa     404     404     login   404
GET  events:check_certificate             200     200     200     200     200     200     200     200     200
POST events:check_certificate             422     422     422     422     422     422     422     422     422
GET  events:wanted                        login   404     404     404     mfa     404     200     login   404
GET  events:cancel                        200     200     200     200     200     200     200     200     200
GET  events:month                         200     200     200     200     200     200     200     200     200
GET  events:feed                          200     200     200     200     200     200     200     200     200
GET  events:event_feed                    200     200     200     200     200     200     200     200     200
GET  events:picture                       200     200     200     200     200     200     200     200     200
GET  events:sign_up_all                   200     200     200     200     200     200     200     200     200
POST events:sign_up_all                   422     422     422     422     422     422     422     422     422
POST events:join                          409     409     409     409     409     409     409     409     409
GET  events:quiet                         200     200     200     200     200     200     200     200     200
POST events:quiet                         200     200     200     200     200     200     200     200     200
POST events:renew_link                    200     200     200     200     200     200     200     200     200
POST events:cancel                        302     302     302     302     302     302     302     302     302
GET  events:calendar_file                 200     200     200     200     200     200     200     200     200
GET  events:event                         200     200     200     200     200     200     200     200     200
# accounts and the server itself (no background work runs in a test, so readyz is red)
GET  account_login                        200     302     302     302     302     302     302     200     302
GET  account_logout                       login   200     200     200     200     200     200     login   200
GET  account_inactive                     200     200     200     200     200     200     200     200     200
GET  account_signup                       200     302     302     302     302     302     302     200     302
GET  account_reauthenticate               login   403     403     403     403     403     403     login   403
GET  account_email                        login   200     200     200     200     200     200     login   200
GET  account_email_verification_sent      login   302     302     302     302     302     302     login   302
GET  account_change_password              login   302     302     302     302     302     302     login   302
GET  account_set_password                 login   200     200     200     200     200     200     login   200
GET  account_reset_password               200     200     200     200     200     200     200     200     200
GET  account_confirm_login_code           login   302     302     302     302     302     302     login   302
GET  account_confirm_password_reset_code  login   login   login   login   login   login   login   login   login
GET  account_complete_password_reset      302     302     302     302     302     302     302     302     302
GET  account_password_reset_completed     200     200     200     200     200     200     200     200     200
GET  account_signup_by_passkey            200     302     302     302     302     302     302     200     302
GET  mfa_index                            login   200     200     200     200     200     200     login   200
GET  mfa_authenticate                     login   302     302     302     302     302     302     login   302
GET  mfa_reauthenticate                   login   403     403     403     403     403     403     login   403
GET  mfa_activate_totp                    login   200     200     200     200     200     200     login   200
GET  mfa_deactivate_totp                  login   404     404     404     404     404     404     login   404
GET  mfa_view_recovery_codes              login   404     404     404     404     404     404     login   404
GET  mfa_generate_recovery_codes          login   200     200     200     200     200     200     login   200
GET  mfa_download_recovery_codes          login   404     404     404     404     404     404     login   404
GET  mfa_list_webauthn                    login   200     200     200     200     200     200     login   200
GET  mfa_add_webauthn                     login   200     200     200     200     200     200     login   200
GET  mfa_reauthenticate_webauthn          login   403     403     403     403     403     403     login   403
GET  mfa_remove_webauthn                  login   404     404     404     404     404     404     login   404
GET  mfa_edit_webauthn                    login   404     404     404     404     404     404     login   404
GET  mfa_login_webauthn                   login   302     302     302     302     302     302     login   302
GET  mfa_signup_webauthn                  302     302     302     302     302     302     302     302     302
GET  usersessions_list                    login   200     200     200     200     200     200     login   200
GET  healthz                              200     200     200     200     200     200     200     200     200
GET  readyz                               503     503     503     503     503     503     503     503     503
POST csp_report                           204     204     204     204     204     204     204     204     204
"""


def rows(table: str) -> list[tuple[str, str, list[str]]]:
    """(method, address, what each person gets)."""
    cut = [line.split() for line in table.strip().splitlines()]
    return [(words[0], words[1], words[2:]) for words in cut if not words[0].startswith("#")]


PATTERNS = {
    f"{app}:{pattern.name}" if app else str(pattern.name): str(pattern.pattern)
    for app, pattern in patterns(get_resolver())
}

# socket        visitor ana     cleo    mia     mossX   moss    ada     zoe     dora
SOCKETS = """
/ws/notices/    4201    welcome welcome welcome 4202    welcome welcome 4403    welcome
/ws/chat/       4201    welcome welcome welcome 4202    welcome welcome 4403    welcome
/ws/desk/       4201    4403    4403    4403    4202    welcome 4403    4403    4403
"""
# What the room of ana's group answers to each frame. `remove` names ana's message.
# frame         ana        cleo       mia        moss       ada        dora
FRAMES = """
hello           joined     not_member joined     joined     not_member not_member
join            joined     not_member joined     joined     not_member not_member
send            ack        not_member ack        ack        not_member not_member
remove          msg-gone   not_yours  not_yours  not_yours  not_yours  not_yours
history         history    not_member history    history    not_member not_member
leave           nothing    nothing    nothing    nothing    nothing    nothing
ping            pong       pong       pong       pong       pong       pong
"""


def got(answer: object) -> str:
    """What the table says of an answer."""
    status, url = answer.status_code, getattr(answer, "url", "")  # type: ignore[attr-defined]
    if status == 302 and url.startswith(reverse("account_login")):
        return "login"
    if status == 302 and url == reverse("members:second_factor"):
        return "mfa"
    return str(status)


def browser_of(name: str, request: pytest.FixtureRequest) -> Client:
    if name == "visitor":
        return Client()
    person: Member = request.getfixturevalue(name.removesuffix("X"))
    second_factor = False if name.endswith("X") else None
    client: Client = request.getfixturevalue("client_of")(person, second_factor=second_factor)
    return client


@pytest.mark.parametrize(
    ("method", "name", "wanted"), rows(PAGES), ids=lambda value: value if type(value) is str else ""
)
def test_access(
    method: str,
    name: str,
    wanted: list[str],
    things: Things,
    request: pytest.FixtureRequest,
) -> None:
    url = reverse(name, kwargs=things.args(name, PATTERNS[name]))
    found = []
    for person in PEOPLE:
        # What one person changed is undone before the next one tries.
        with transaction.atomic():
            client = browser_of(person, request)
            found.append(got(client.post(url) if method == "POST" else client.get(url)))
            transaction.set_rollback(True)
        for made in PEOPLE[1:]:
            request.getfixturevalue(made.removesuffix("X")).refresh_from_db()
    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, wanted, strict=True))


def test_every_address_is_in_the_table() -> None:
    declared = {name for _, name, _ in rows(PAGES)}
    assert set(PATTERNS) - declared == set()
    assert declared - set(PATTERNS) == set()


def test_every_socket_and_every_frame_is_in_the_table() -> None:
    from community.chat.frames import READERS
    from config.routing import websocket_urlpatterns

    assert {f"/{path.pattern}" for path in websocket_urlpatterns} == {
        line.split()[0] for line in SOCKETS.strip().splitlines()
    }
    assert {line.split()[0] for line in FRAMES.strip().splitlines()} == {*READERS, "ping"}


# --- Sockets ------------------------------------------------------------------------------------


def cookie(client: Client) -> bytes:
    kept = client.cookies.get("sid")
    return f"sid={kept.value}".encode() if kept else b""


async def opened(path: str, cookies: bytes) -> tuple[Any, str]:
    """A socket and what it said first: 'welcome' or the code it was closed with."""
    from config.asgi import application

    headers = [(b"origin", b"http://127.0.0.1:8000"), (b"cookie", cookies)]
    socket = WebsocketCommunicator(application, path, headers=headers, subprotocols=["psc.v1"])
    assert (await socket.connect(5))[0]
    first = await socket.receive_json_from(5)
    return socket, first["t"] if first["t"] == "welcome" else str(first["code"])


@pytest.mark.django_db(transaction=True)
def test_access_of_sockets(things: Things, request: pytest.FixtureRequest) -> None:
    for path, *wanted in (line.split() for line in SOCKETS.strip().splitlines()):
        found = []
        for person in PEOPLE:
            _, first = async_to_sync(opened)(path, cookie(browser_of(person, request)))
            found.append(first)
        assert (path, *found) == (path, *wanted)


async def answer_to(frame: dict[str, Any], cookies: bytes, enter: bool) -> str:
    """What the room's socket says to one frame, in a word."""
    socket, first = await opened("/ws/chat/", cookies)
    assert first == "welcome"
    if enter:
        await socket.send_json_to({"t": "hello", "v": 1, "rooms": [{"room": frame.get("room", 0)}]})
        await socket.receive_json_from(5)
    await socket.send_json_to(frame)
    # Only leaving is answered with silence; for an answer a busy machine may need longer.
    if frame["t"] == "leave" and await socket.receive_nothing(0.3):
        await socket.disconnect()
        return "nothing"
    said = await socket.receive_json_from(5)
    while said["t"] in ("review", "msg"):
        said = await socket.receive_json_from(5)
    await socket.disconnect()
    if said["t"] == "remove":
        return "msg-gone"
    return str(said["code"] if said["t"] in ("err", "nack") else said["t"])


@pytest.mark.django_db(transaction=True)
def test_access_of_frames(things: Things, request: pytest.FixtureRequest) -> None:
    room, mid = things.ids["room_id"], things.ids["message_id"]
    people = ["ana", "cleo", "mia", "moss", "ada", "dora"]
    frames: dict[str, dict[str, Any]] = {
        "hello": {"v": 1, "rooms": [{"room": room}]},
        "join": {"room": room},
        "send": {"room": room, "body": "Hello"},
        "remove": {"room": room, "mid": mid},
        "history": {"room": room, "before": 99},
        "leave": {"room": room},
        "ping": {"n": 1},
    }
    for name, *wanted in (line.split() for line in FRAMES.strip().splitlines()):
        found = []
        # Ana comes last where she changes what the others ask for.
        for person in people:
            frame = {"t": name, "cid": f"{name}-{person}", **frames[name]}
            if name == "remove" and person == "ana":
                found.append("msg-gone")
                continue
            cookies = cookie(browser_of(person, request))
            enters = name in ("remove", "leave")
            found.append(async_to_sync(answer_to)(frame, cookies, enters))
        assert (name, *found) == (name, *wanted)
    removed = {"t": "remove", "room": room, "mid": mid}
    ana = cookie(browser_of("ana", request))
    assert async_to_sync(answer_to)(removed, ana, True) == "msg-gone"
