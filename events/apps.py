from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    label = "events"

    def ready(self) -> None:
        from community.members import erasure, own_copies
        from events import belongings, courses

        erasure.register(courses.erase)

        own_copies.register("Workshops", belongings.copy_of)
        erasure.register(belongings.erase)
