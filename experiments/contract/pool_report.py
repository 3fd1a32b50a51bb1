"""What people are told about the pool behind exemplars: how much of it could not be used. Called by the command line."""

from collections.abc import Mapping

from experiments.contract.fields import Json


def pool_report(values: Mapping[str, Json]) -> list[str]:
    """A line for each thing amiss with the pool of an artifact with these values; none for artifacts that tell nothing of it."""
    lines = []
    if values.get("images", 0) < values.get("asked", 0):
        lines.append(f"pool: {values['images']} images, fewer than the {values['asked']} asked for")
    if values.get("unreadable_images"):
        first = values["unreadable"][0]
        lines.append(f"pool: {values['unreadable_images']} images cannot be read, the first is {first['source']}")
    for one in values.get("skipped", ()):
        lines.append(f"pool: shard {one['shard']} {one['reason']}; at least {one['images_lost']} images lost")
    return lines
