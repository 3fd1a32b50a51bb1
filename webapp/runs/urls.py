"""The pages of runs; their list and the form that starts one are the admin's."""

from django.urls import path

from webapp.runs import views

urlpatterns = [
    path("runs/<str:digest>/", views.run, name="run"),
    path("runs/<str:digest>/state/", views.state, name="run-state"),
]
