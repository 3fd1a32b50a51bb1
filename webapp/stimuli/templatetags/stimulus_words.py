"""Template tags of the explorer: durations and errors as words, a histogram as a drawing without inline styles."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from experiments.contract.errors import InputError

register = template.Library()
HEIGHT = 40


@register.filter
def duration(seconds: float) -> str:
    """A duration in s as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


@register.filter
def sentence(error: InputError | Mapping[str, str]) -> str:
    """What is wrong and what to do about it, from an error or the JSON of one."""
    told = error.as_json() if isinstance(error, InputError) else error
    return f"{told['field']}: {told['message']}. {told['remedy']}."


@register.simple_tag
def histogram(edges: Sequence[float], counts: Sequence[int], exemplars: Mapping[str, Sequence[int]] | None = None) -> SafeString:
    """Bars as high as their counts, those with exemplars in another color; for ears, the range and the number in words.

    `exemplars` holds the numbers of their bins by sign.
    """
    highest, marked = max([*counts, 1]), {place for places in (exemplars or {}).values() for place in places}
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="0.9" height="{}"><title>{} images from {} to {}</title></rect>',
        (
            (
                "marked" if place in marked else "",
                place,
                f"{HEIGHT * (1 - count / highest):.2f}",
                f"{HEIGHT * count / highest:.2f}",
                count,
                f"{low:.3g}",
                f"{high:.3g}",
            )
            for place, (count, low, high) in enumerate(zip(counts, edges[:-1], edges[1:], strict=True))
        ),
    )
    about = f"Activations of {sum(counts)} images from {edges[0]:.3g} to {edges[-1]:.3g}"
    shape = '<svg class="histogram" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(shape, len(counts), HEIGHT, about, bars)
