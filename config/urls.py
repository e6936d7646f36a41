"""Every page. A URL's name is the path to its view: forums:reply is forums.views.reply."""

from django.conf import settings
from django.urls import include, path

from config import errors, health

urlpatterns = [
    path("", include("community.members.urls")),
    path("forums/", include("community.forums.urls")),
    path("rooms/", include("community.chat.urls")),
    path("desk/", include("moderation.urls")),
    path("mentoring/", include("mentorship.urls")),
    path("workshops/", include("events.urls")),
    path("account/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("csp-report/", errors.csp_report, name="csp_report"),
]
if settings.DEMO:
    from config import demo

    urlpatterns += [
        path("demo/", demo.doors, name="demo_doors"),
        path("demo/enter/<str:token>/", demo.enter, name="demo_enter"),
        path("demo/mail/", demo.mail, name="demo_mail"),
    ]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.not_allowed"
handler404 = "config.errors.not_found"
# Asked for by allauth where too many tries came from one place.
handler429 = "config.errors.too_many"
handler500 = "config.errors.our_fault"
