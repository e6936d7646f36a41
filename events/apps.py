from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    label = "events"

    def ready(self) -> None:
        from community.members import erasure
        from events import courses

        erasure.register(courses.erase)
