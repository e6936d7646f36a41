"""Topics are those of people's settings: suicide goes with self-harm, and violence is its own.

What was stored as "abuse or violence" may be either, so it is warned of as both.
"""

from django.db import migrations
from django.db.models import F


def up(apps, schema_editor):
    for name in ("Thread", "Post"):
        rows = apps.get_model("forums", name).objects
        found = rows.annotate(old=F("topics").bitand(2)).filter(old=2)
        found.update(topics=F("topics").bitor(1))
        found.update(topics=F("topics").bitand(~2))
        either = rows.annotate(old=F("topics").bitand(8)).filter(old=8)
        either.update(topics=F("topics").bitor(64))


class Migration(migrations.Migration):
    dependencies = [("forums", "0006_apart_and_held")]

    operations = [migrations.RunPython(up, migrations.RunPython.noop)]
