"""What a study shows: the artifacts that it needs, and their images as participants get them."""

from django.db import models

from webapp.participants.data import Data
from webapp.studies.models.study import Study


class StudyArtifact(models.Model):
    """An artifact that a study needs; the study opens when none is missing."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="artifacts", help_text="Which study needs it")
    digest = models.CharField(max_length=64, db_index=True, help_text="Digest of the artifact")

    DATA = Data(
        purpose="What must exist before a study opens", kept="As long as the study", erasure="Nothing", none="study digest"
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest"], name="one_need_per_digest"),)

    def __str__(self) -> str:
        return self.digest[:12]


class StudyImage(models.Model):
    """An image as participants of a study get it: padded to one size for all, so that the size tells nothing."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="images", help_text="Which study shows it")
    digest = models.CharField(max_length=64, help_text="Digest of the artifact")
    name = models.CharField(max_length=100, help_text="Name of the file in the artifact")
    blob = models.CharField(max_length=64, help_text="sha256 of the file")
    activation = models.FloatField(null=True, help_text="Of the unit, as far as known")
    served_size = models.PositiveIntegerField(help_text="Bytes, padded")
    served_sha256 = models.CharField(max_length=64, help_text="sha256 of the padded bytes")

    DATA = Data(
        purpose="What participants see",
        kept="As long as the study",
        erasure="Nothing",
        none="study digest name blob activation served_size served_sha256",
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["study", "digest", "name"], name="one_image_per_file"),)

    def __str__(self) -> str:
        return f"{self.digest[:12]}/{self.name}"
