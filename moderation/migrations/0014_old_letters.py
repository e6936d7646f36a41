"""What the care team wrote in risk cases before letters had rows of their own."""

from django.db import migrations


def gather(apps, schema_editor):
    RiskEvent = apps.get_model("moderation", "RiskEvent")
    Letter = apps.get_model("moderation", "Letter")
    events = RiskEvent.objects.filter(kind="message", letter=None, by__isnull=False)
    for event in events.order_by("id").values("id", "case__member_id", "by_id", "at"):
        Letter.objects.create(
            member_id=event["case__member_id"],
            by_id=event["by_id"],
            to_team=False,
            event_id=event["id"],
            at=event["at"],
        )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0013_letters")]

    operations = [migrations.RunPython(gather, migrations.RunPython.noop)]
