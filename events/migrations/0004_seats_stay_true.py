import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_fill_offers")]

    operations = [
        migrations.RemoveConstraint(
            model_name="registration",
            name="one_live_place_per_address",
        ),
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "ceiling__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("taken"), "+", models.F("held")
                        ),
                    )
                ),
                name="seats_within_ceiling",
            ),
        ),
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "access_ceiling__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("access_taken"), "+", models.F("access_held")
                        ),
                    )
                ),
                name="access_places_within_ceiling",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ("pending", "confirmed", "waiting", "offered")),
                    models.Q(("email", ""), _negated=True),
                ),
                fields=("occurrence", "email"),
                name="one_live_place_per_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "offered"), ("offer_until__isnull", False)),
                    models.Q(
                        models.Q(("state", "offered"), _negated=True), ("offer_until__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="an_offer_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hold_until__isnull", False), ("state", "pending")),
                    models.Q(
                        models.Q(("state", "pending"), _negated=True), ("hold_until__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="a_hold_has_an_end",
            ),
        ),
    ]
