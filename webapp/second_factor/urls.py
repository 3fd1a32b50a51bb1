"""The addresses of the second factor, below the admin's."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from webapp.second_factor import views

urlpatterns = [
    # In the place of the admin's own, to which it leads.
    path("login/", views.login),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/code/", views.code, name="second-factor-code"),
    # The admin's own is for those alone who are in.
    path("second-factor/leave/", LogoutView.as_view(next_page="admin:login"), name="second-factor-leave"),
]
