from django.db import migrations
from django.db.models import Case, F, Value, When


def fill(apps, schema_editor):
    """What was there before: the ceiling is the capacity, the turn is the order of coming."""
    occurrences = apps.get_model("events", "Occurrence").objects
    occurrences.update(
        ceiling=Case(
            When(capacity__gte=F("taken") + F("held"), then=F("capacity")),
            default=F("taken") + F("held"),
        )
    )
    registrations = apps.get_model("events", "Registration").objects
    registrations.update(turn=F("no"))
    registrations.exclude(state="pending").update(hold_until=Value(None))


class Migration(migrations.Migration):
    dependencies = [("events", "0002_offers")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
