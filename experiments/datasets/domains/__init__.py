"""Images of three domains, natural, rendition and ambiguous, by how they were made. Read by studies and trainings."""

from experiments.datasets.domains.listing import DOMAINS, Domain, DomainImage, domain_images, image_named
from experiments.datasets.domains.rendering import read
from experiments.datasets.domains.sources import Part

__all__ = ["DOMAINS", "Domain", "DomainImage", "Part", "domain_images", "image_named", "read"]
