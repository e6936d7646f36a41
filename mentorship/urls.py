from django.urls import URLPattern, URLResolver

app_name = "mentorship"
urlpatterns: list[URLPattern | URLResolver] = []
