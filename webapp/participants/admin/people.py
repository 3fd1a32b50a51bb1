"""Admin pages of participants, with what they agreed to, and of consent texts."""

from django.contrib import admin
from django.http import HttpRequest

from webapp.participants.models import Consent, ConsentText, Participant
from webapp.rights import SeenRows


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    """Versions of the consent text; one that somebody agreed to is read-only."""

    list_display = ("version", "language", "title", "sha256", "created_at")
    readonly_fields = ("sha256",)

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        """A text that somebody agreed to stays as it was."""
        agreed = obj is not None and Consent.objects.filter(text=obj).exists()
        return not agreed and super().has_change_permission(request, obj)


class ConsentInline(admin.TabularInline):
    """Which text a participant agreed to, and when."""

    model = Consent
    fields = readonly_fields = ("text", "text_sha256", "given_at")
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Participant | None = None) -> bool:
        """Only they can agree."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Participant | None = None) -> bool:
        """What they agreed to stays on record."""
        return False


@admin.register(Participant)
class ParticipantAdmin(SeenRows):
    """Participants, by random id."""

    study_way = "sessions__study"
    list_display = ("id", "kind", "recruiter", "created_at")
    list_filter = ("kind", "recruiter")
    inlines = (ConsentInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come by themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Participant | None = None) -> bool:
        """Their answers would go with them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Participant | None = None) -> bool:
        """What is recorded stays as it is."""
        return False
