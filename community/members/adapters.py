"""What we ask of django-allauth beyond its settings: closed sign-up, pseudonyms, sealed secrets."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from community.members import vault
from community.members.live import member_topic, publish
from community.members.models import email_key
from community.members.sessions import SIGNED_OUT, session_mark


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation only, through members:join."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return email_key(email)


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
