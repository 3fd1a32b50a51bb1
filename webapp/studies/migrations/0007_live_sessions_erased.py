"""What is erased freezes a study if it was live; of earlier erasures nobody knows, so that they all do."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def count_all_as_live(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("studies", "Study").objects.update(erased_live_sessions=F("erased_sessions"))


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0006_researchers"),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="erased_live_sessions",
            field=models.PositiveIntegerField(
                default=0, help_text="How many of them were live: what these people were asked stays as it was"
            ),
        ),
        migrations.RunPython(count_all_as_live, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="session",
            name="seen_at",
            field=models.DateTimeField(help_text="When the browser last asked for the plan; answers do not move it", null=True),
        ),
    ]
