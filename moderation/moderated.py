"""What becomes of letters to the care team when the filter has read them: the team reads them."""

from community.members.models import Member
from moderation import content, letters
from moderation.letter_rows import KIND
from moderation.models import Letter, Screening


class LettersToTeam(content.Kind):
    """Nothing is held or hidden; what the filter finds only says how soon somebody should look."""

    name = KIND
    label = "Letter to the care team"
    model = Letter
    to_team = True

    def released(self, content: Letter, *, first: bool) -> None:
        rows = Screening.objects.filter(revision__submission=content.submission_id)
        level = rows.order_by("-id").values_list("level", flat=True).first()
        if level:
            letters.hurry(content, level)

    def readable_by(self, content: Letter, member: Member) -> bool:
        """Nobody reports what only the team reads."""
        return False
