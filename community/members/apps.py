from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "community.members"
    label = "members"

    def ready(self) -> None:
        from community.members import belongings, own_copies

        own_copies.register("About you", belongings.about)
        own_copies.register("Your groups", belongings.groups)
        own_copies.register("What you agreed to", belongings.agreements)
        own_copies.register("Your settings", belongings.wishes)
        own_copies.register("Notes you got", belongings.notes)
