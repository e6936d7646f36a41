"""What the server remembers about itself."""

from django.db import models


class Heartbeat(models.Model):
    """When a background loop last finished a round, in whichever process it runs."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    # Host and process number, for whoever looks for the process.
    held_by = models.CharField(max_length=120)
