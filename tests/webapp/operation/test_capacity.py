"""The capacity model: the page shows what the command prints, and the arithmetic follows the numbers that one gives."""

import io

import pytest
from django.core.management import call_command

from tests.services.processes import CHECKOUT
from webapp.operation.capacity import Constants, Size, capacity_table

pytestmark = pytest.mark.unit


def printed(**options: int) -> str:
    out = io.StringIO()
    call_command("capacity", stdout=out, **options)
    return out.getvalue().strip()


def test_page_shows_what_the_command_prints() -> None:
    page = (CHECKOUT / "docs/capacity.md").read_text()

    _, _, rest = page.partition("<!-- capacity -->\n")
    shown, found, _ = rest.partition("\n<!-- /capacity -->")

    assert found
    assert shown == printed(), "paste what `python manage.py capacity` prints"


def test_storage_and_time_follow_from_the_constants() -> None:
    constants = Constants(
        machine="", measured="", postgresql_bytes_per_response=1000, sqlite_bytes_per_response=500, csv_bytes_per_response=200,
        backup_bytes_per_response=100, export_rows_per_second=100, bytes_per_image=10, image_steps_per_second=10,
        pool_images_per_second=100,
    )  # fmt: skip
    size = Size(responses=86_400, units=10, models=2, layers=3, pool=6000, days=1, images_per_unit=20, visualizations=2, steps=50)

    rows = dict(line.strip("| ").split(" | ") for line in capacity_table({"": size}, constants=constants).splitlines()[2:])

    assert rows["answers per second, on average"] == "1"
    assert rows["participants"] == "1,920"
    assert rows["database (PostgreSQL)"] == "86.4 MB"
    assert rows["time of the export"] == "0.24 h"
    assert (rows["images"], rows["artifact store"]) == ("200", "2 kB")
    assert rows["passes over the pool, on this CPU"] == "360 s"
    assert rows["visualizations, on this CPU"] == "100 s"


def test_size_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("capacity", days=0)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("days: it must be at least 1")
