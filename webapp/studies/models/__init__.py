"""The tables of studies: what is asked, who was asked, what was answered, what counts."""

from webapp.studies.models.quality import QualityRuleSet as QualityRuleSet
from webapp.studies.models.quality import QualityVerdict as QualityVerdict
from webapp.studies.models.result import StudyResult as StudyResult
from webapp.studies.models.session import Session as Session
from webapp.studies.models.session import SessionEvent as SessionEvent
from webapp.studies.models.stimulus import StudyArtifact as StudyArtifact
from webapp.studies.models.stimulus import StudyImage as StudyImage
from webapp.studies.models.study import Condition as Condition
from webapp.studies.models.study import Study as Study
from webapp.studies.models.study import Unit as Unit
from webapp.studies.models.trial import Response as Response
from webapp.studies.models.trial import Trial as Trial
