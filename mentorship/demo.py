"""Invented mentors with free places for the demo."""

from community.members.models import Member
from mentorship.models import MentorProfile

ABOUT = "Has been here for two years. Likes mornings, soup and long walks."


def seed(people: dict[str, Member]) -> None:
    """A profile for every mentor. Idempotent."""
    for person in people.values():
        if person.is_mentor:
            MentorProfile.objects.get_or_create(
                member=person, defaults={"max_pairs": 2, "about": ABOUT}
            )
