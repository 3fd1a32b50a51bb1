"""How much there is of everything, counted in the database when Prometheus asks, so that every web process says the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily

from experiments import jobs
from experiments.heard import workers_heard
from webapp import compute
from webapp.operation.health import Part, disk_usage
from webapp.participants.models import AuditEntry, Participant, Payment
from webapp.stimuli.models import Artifact, Job
from webapp.stimuli.selectors import store
from webapp.studies.models import Response, Session, StudyResult
from webapp.studies.selectors import studies_run_here

Values = dict[tuple[str, ...], float]
"""Of a gauge, by the values of its labels."""


class _Once:
    """A collector of what was counted before."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self.families = families

    def collect(self) -> Sequence[Metric]:
        return self.families


def amounts(parts: Sequence[Part], *, database_is_up: bool) -> CollectorRegistry:
    """Everything that can be counted now; what a lost part would tell is left out."""
    up = {part.name: part.is_up for part in parts}
    of_parts: Values = {(name,): float(is_up) for name, is_up in up.items()}
    families = [_gauge("part_up", "Whether a part is there", of_parts, ["part"])]
    if database_is_up and up.get("migrations", True):
        families += [*_of_studies(), *_of_jobs(), *_of_people(), _database_size()]
    if up.get("broker", False):
        waiting: Values = {(queue,): float(compute.waiting(queue)) for queue in (jobs.GPU_QUEUE, jobs.WEB_QUEUE)}
        families.append(_gauge("queue_messages", "Messages that wait", waiting, ["queue"]))
    if up.get("artifact store", False):
        families += _of_machines()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(families))
    return registry


def _of_studies() -> Iterator[Metric]:
    answers = Response.objects.aggregate(all=Count("pk"), flagged=Count("pk", filter=~Q(flags="")))
    yield CounterMetricFamily("unitscope_answers", "Answers stored and not erased", answers["all"])
    yield CounterMetricFamily("unitscope_answers_flagged", "Answers with something odd about them", answers["flagged"])
    sessions = _counts(Session.objects.all(), "study__name", "kind", "state")
    yield _gauge("sessions", "Sessions", sessions, ["study", "kind", "state"])
    live = Session.objects.filter(kind=Participant.Kind.LIVE)
    passed: Values = {(study,): 0.0 for study in studies_run_here().values_list("name", flat=True)}
    passed |= _counts(live.filter(state=Session.State.FINISHED).exclude(passed_checks=False), "study__name")
    yield _gauge("sessions_complete", "Finished sessions of people that count", passed, ["study"])
    outdated = StudyResult.objects.filter(outdated=True).count()
    yield GaugeMetricFamily("unitscope_results_outdated", "Results whose sessions were judged anew since", outdated)


def _of_jobs() -> Iterator[Metric]:
    by_state: Values = {(str(state),): 0.0 for state in Job.State} | _counts(Job.objects.all(), "state")
    yield _gauge("jobs", "Jobs", by_state, ["state"])
    oldest = Job.objects.filter(state=Job.State.QUEUED).aggregate(at=Min("queued_at"))["at"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily("unitscope_jobs_oldest_queued_seconds", "How long the first job in the queue has waited", age)
    # A quick job is never seen running: its time then counts from the queue.
    took = Sum(F("ended_at") - Coalesce("started_at", "queued_at"), output_field=models.DurationField())
    seconds = SummaryMetricFamily("unitscope_job_seconds", "Time of finished jobs", labels=["kind"])
    finished = Job.objects.filter(state=Job.State.FINISHED)
    for kind, count, total in finished.values_list("kind").annotate(count=Count("pk"), total=took).order_by():
        seconds.add_metric([kind], count_value=count, sum_value=total.total_seconds() if total else 0.0)
    yield seconds
    yield _gauge("artifacts", "Artifacts", _counts(Artifact.objects.all(), "kind"), ["kind"])


def _of_people() -> Iterator[Metric]:
    payments: Values = {(str(state),): 0.0 for state in Payment.State} | _counts(Payment.objects.all(), "state")
    yield _gauge("payments", "Lines of the ledger", payments, ["state"])
    audit = CounterMetricFamily("unitscope_audit_entries", "What was done with personal data", labels=["action"])
    for (action,), count in _counts(AuditEntry.objects.all(), "action").items():
        audit.add_metric([action], count)
    yield audit


def _of_machines() -> Iterator[Metric]:
    heard: Values = {(queue,): float(len(workers_heard(store(), queue=queue))) for queue in (jobs.GPU_QUEUE, jobs.WEB_QUEUE)}
    yield _gauge("workers_heard", "Workers that were heard of lately", heard, ["queue"])
    for name, usage in disk_usage().items():
        yield GaugeMetricFamily(f"unitscope_{name}_disk_used_bytes", f"Used on the disk of the {name}", usage.used)
        yield GaugeMetricFamily(f"unitscope_{name}_disk_free_bytes", f"Free on the disk of the {name}", usage.free)


def _database_size() -> Metric:
    postgres, sqlite = (
        "SELECT pg_database_size(current_database())",
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    )
    with connection.cursor() as cursor:
        cursor.execute(postgres if connection.vendor == "postgresql" else sqlite)
        (size,) = cursor.fetchone()
    return GaugeMetricFamily("unitscope_database_bytes", "Size of the database", size)


def _counts(rows: QuerySet[Any], *fields: str) -> Values:
    """How many rows there are of each combination of values."""
    grouped = rows.order_by().values_list(*fields).annotate(count=Count("pk"))
    return {tuple(map(str, values)): float(count) for *values, count in grouped}


def _gauge(name: str, about: str, values: Values, labels: Sequence[str]) -> Metric:
    family = GaugeMetricFamily(f"unitscope_{name}", about, labels=labels)
    for of_labels, value in values.items():
        family.add_metric(of_labels, value)
    return family
