"""Addresses of a study, all below `/p/<study>/` so that its cookie goes nowhere else."""

from django.urls import path

from webapp.studies.participant import api, entry, frame, run

app_name = "participant"
urlpatterns = [
    path("", entry.entry, name="entry"),
    path("decline", entry.decline, name="decline"),
    path("frame/", frame.frame, name="frame"),
    path("run/", run.run, name="run"),
    path("session", api.SessionApi.as_view(), name="session"),
    path("instructions", api.InstructionsApi.as_view(), name="instructions"),
    path("trials/<uuid:trial_id>/answer", api.AnswerApi.as_view(), name="answer"),
    path("practice", api.PracticeApi.as_view(), name="practice"),
    path("finish", api.FinishApi.as_view(), name="finish"),
    path("withdraw", api.WithdrawApi.as_view(), name="withdraw"),
    path("images/<uuid:trial_id>/<slug:sha256>", api.ImageApi.as_view(), name="image"),
]
