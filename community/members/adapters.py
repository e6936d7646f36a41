"""What we ask of django-allauth beyond its settings: closed sign-up, pseudonyms, sealed secrets."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from community.members import vault
from community.members.live import member_topic, publish
from community.members.models import Member, Notice, email_key
from community.members.sessions import SIGNED_OUT, session_mark


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation only, through members:join."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return email_key(email)


class Backend(AuthenticationBackend):
    """Who asks for a page is looked up together with how much is new for them: one query."""

    def get_user(self, user_id: int) -> Member | None:
        news = Notice.objects.filter(member=OuterRef("pk"), read_at__isnull=True).order_by()
        count = Subquery(news.values("member").annotate(n=Count("pk")).values("n"))
        people = Member.objects.annotate(unread_notices=Coalesce(count, 0))
        member = people.filter(pk=user_id).first()
        return member if member is not None and self.user_can_authenticate(member) else None


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator apps and keys show the chosen name, and their secrets are sealed."""

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.name)

    def encrypt(self, text: str) -> str:
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text)


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ending a session on the sessions page also closes the sockets it opened."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        for session in sessions:
            mark, member_id = session_mark(session.session_key), session.user_id
            session.end()
            publish(
                member_topic(member_id),
                {"t": "ctl", "op": "close", "code": SIGNED_OUT, "session": mark},
            )
