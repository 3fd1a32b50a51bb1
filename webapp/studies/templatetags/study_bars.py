"""Template tags of the operations page: numbers as bars and times as words, without inline styles."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def bar(label: str, whole: int, **parts: int) -> SafeString:
    """A bar of parts of a whole, each colored by the style sheet's `bar-<name>`; for ears, the same in words."""
    words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in parts.items())
    ends = [sum(list(parts.values())[:number]) for number in range(len(parts))]
    pieces = format_html_join(
        "",
        '<rect class="bar-{}" x="{}" width="{}" height="1"></rect>',
        ((name, start, count) for (name, count), start in zip(parts.items(), ends, strict=True)),
    )
    about = f"{label}: {words} of {whole}"
    shape = '<svg class="bar" viewBox="0 0 {} 1" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(shape, max(whole, 1), about, pieces)


@register.filter
def seconds(value: float | None) -> str:
    """A duration in s as people say it."""
    if value is None:
        return "–"
    return f"{value:.1f} s" if value < 60 else f"{value // 60:.0f} min {value % 60:.0f} s"
