"""A small world with everything that somebody could want to see, and everybody who could want to: two studies, one of them with
researchers of its own, and clients for all roles.
"""

import json
import re
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.recipes import Analysis, recipe_from_json
from tests.webapp import made_up, made_up_runs, progress
from tests.webapp.tokens import token_of
from webapp.participants.ledger import payment_plan
from webapp.participants.models import Participant, Recruitment, Submission
from webapp.runs.services import run_start
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_request
from webapp.studies.exports import Selection
from webapp.studies.exports.receipts import export_with_receipt
from webapp.studies.models import QualityVerdict, Session, Study, StudyImage, StudyResult
from webapp.studies.participant.api import cookie_name
from webapp.tokens.models import ApiToken, Scope

APPS = ("participants", "stimuli", "studies", "runs", "tokens", "axes")
UNIT = made_up.UNITS[0]
MODEL, LAYER, CHANNEL = re.split("[/:]", UNIT)


class World:
    """Everything; made once for a test."""

    def __init__(self) -> None:
        self.study, self.other = made_up.study(), made_up.study(units=[UNIT])
        recruitment = Recruitment.objects.create()
        Study.objects.filter(id=self.study.id).update(recruitment=recruitment)
        self.finished = progress.finished(self.study)
        Submission.objects.create(participant=self.finished.participant, recruitment=recruitment, external_id="s1")
        payment_plan(recruitment, self.finished.participant, reason="thanks", amount=100)
        self.draft = made_up.study(opened=False, units=[UNIT])
        Study.objects.filter(id=self.draft.id).update(state=Study.State.DRAFT)
        self.result = self._analysis()
        self.receipt, pieces = export_with_receipt(self.study, form="csv", selection=Selection())
        assert b"".join(pieces)
        self.job = artifact_request(recipe_from_json({"kind": "feature_visualization", "unit": UNIT, "size": 64, "steps": 8}))
        self.circuit = recipe_from_json({"kind": "circuit", "unit": UNIT})
        artifact_request(self.circuit)
        self._people()
        self.run = run_start(made_up_runs.recipe_of(made_up_runs.ORDER), by=self.users["superuser"])
        for model in (AccessAttempt, AccessFailureLog, AccessLog):
            extra = {"failures_since_start": 1} if model is AccessAttempt else {}
            model.objects.create(username="somebody", **extra)
        Group.objects.create(name="laboratory")

    def client(self, role: str) -> Client:
        """A browser, or a program, of somebody in a role."""
        if role in self.tokens:
            return Client(headers={"Authorization": f"Token {self.tokens[role]}"})
        client = Client()
        if role in self.users:
            client.force_login(self.users[role], backend="django.contrib.auth.backends.ModelBackend")
        if role in self.cookies:
            study, secret = self.cookies[role]
            client.cookies[cookie_name(study.id)] = secret
        return client

    def address(self, route: str, *, about: str, role: str) -> str:
        """The address of a route: of `about`, where that is said, and of the role's own trial, but for who asks for another's."""
        is_result = about == "result"
        session = self.sessions.get(role, self.sessions["own"])
        trial = session.trials.filter(kind="main").first()
        digests = {"circuits": self.circuit.digest, "runs": self.run.digest}
        artifact = self.result.digest if is_result else self.study.artifacts.first().digest
        kind = next((part for part in route.split("/") if part in digests), "")
        values = {
            "study_id": self.draft.id if about == "draft" else self.study.id,
            "trial_id": trial.id,
            "receipt_id": self.receipt,
            "sha256": StudyImage.objects.get(id=next(iter(trial.images.values()))).served_sha256,
            "job_id": Job.objects.get(digest=self.result.digest).id if is_result else self.job.id,
            "digest": digests.get(kind, artifact),
            "name": "exemplars" if "parts" in route else Artifact.objects.get(digest=artifact).manifest["files"][0]["name"],
            "model_id": MODEL,
            "model": MODEL,
            "layer": LAYER,
            "channel": CHANNEL,
            "paper": self.study.paper,
            "id": self.users["viewer"].pk,
            "content_type_id": 1,
            "object_id": 1,
            "app_label": "studies",
            "url": "nothing/such",
        }
        named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), named)

    def row(self, model: str) -> Any:
        """The row of a table that belongs to the study, or to the superuser."""
        rows = apps.get_model(model)._default_manager
        of_study = {
            "stimuli.artifact": lambda: rows.get(digest=self.result.digest),
            "stimuli.job": lambda: self.job,
            "studies.session": lambda: self.finished,
            "studies.qualityruleset": lambda: self.study.quality_rule_sets.first(),
            "studies.study": lambda: self.study,
            "studies.condition": lambda: self.study.conditions.first(),
            "studies.unit": lambda: self.study.units.exclude(address=UNIT).first(),
            "studies.trial": lambda: self.finished.trials.first(),
            "participants.participant": lambda: self.finished.participant,
            "tokens.apitoken": lambda: rows.filter(user=self.users["superuser"]).first(),
            "auth.user": lambda: self.users["viewer"],
        }
        return of_study.get(model, rows.first)()

    def _analysis(self) -> Analysis:
        recipe = Analysis(paper=self.study.paper, table=store().write_blob(b"table"))
        artifact_request(recipe)
        result = json.dumps({"claims": [], "computed_from": {}}).encode()
        file = NewFile(name="result.json", content=result, media_type="application/json")
        store().publish(recipe, Product(new_files=[file]), provenance={})
        Artifact.objects.create(digest=recipe.digest, kind=recipe.kind, manifest=store().manifest(recipe.digest).as_json())
        StudyResult.objects.create(study=self.study, digest=recipe.digest, live_sessions=1, bot_sessions=0)
        assert QualityVerdict.objects.filter(session=self.finished).exists()
        return recipe

    def _people(self) -> None:
        permissions = Permission.objects.filter(content_type__app_label__in=APPS)
        changing = permissions.filter(codename__regex="^(view|add|change|delete)_")
        rights = {
            "staff": [],
            "viewer": permissions.filter(codename__startswith="view_"),
            "editor": changing,
            "stranger": changing,
        }
        self.users = {"superuser": User.objects.create_superuser("superuser")}
        for role, granted in rights.items():
            self.users[role] = User.objects.create_user(role, is_staff=True)
            self.users[role].user_permissions.set(granted)
        self.study.researchers.set([self.users[role] for role in ("staff", "viewer", "editor")])
        self.draft.researchers.set(self.study.researchers.all())
        self.tokens = self._tokens()
        self.sessions: dict[str, Session] = {}
        self.cookies: dict[str, tuple[Study, str]] = {}
        for role, study, kind in (
            ("own", self.study, Participant.Kind.LIVE),
            ("foreign", self.study, Participant.Kind.LIVE),
            ("other", self.other, Participant.Kind.LIVE),
            ("bot", self.study, Participant.Kind.BOT),
            ("preview", self.study, Participant.Kind.PREVIEW),
        ):
            self.sessions[role], secret = made_up.session(study, kind=kind)
            self.cookies[role] = study, secret
        # Who asks for another's trial has a cookie of their own, and the other's address.
        self.cookies["foreign"] = self.cookies["participant"] = self.cookies["own"]
        del self.sessions["other"]

    def _tokens(self) -> dict[str, str]:
        scopes = {
            "studies": [Scope.READ_STUDIES],
            "responses": [Scope.READ_RESPONSES],
            "ids": [Scope.READ_PERSONAL_IDS],
            "stimuli": [Scope.READ_STIMULI],
            "write": [Scope.WRITE_STIMULI],
        }
        superuser, all_scopes = self.users["superuser"], Scope.values
        tokens = {role: token_of(superuser, granted) for role, granted in scopes.items()}
        tokens["token"] = token_of(superuser, all_scopes)
        tokens["viewers"] = token_of(self.users["viewer"], all_scopes)
        tokens["expired"] = token_of(superuser, all_scopes)
        ApiToken.objects.order_by("-created").first().delete()
        tokens["revoked"], tokens["expired"] = tokens["expired"], token_of(superuser, all_scopes)
        newest = ApiToken.objects.order_by("-created").values("pk")[:1]
        ApiToken.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).update(expiry=timezone.now())
        gone = User.objects.create_superuser("gone")
        tokens["inactive"] = token_of(gone, all_scopes)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        return tokens
