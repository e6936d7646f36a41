from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0007_serve_at")]

    operations = [
        migrations.AlterField(
            model_name="reviewcase", name="serve_at", field=models.DateTimeField()
        ),
    ]
