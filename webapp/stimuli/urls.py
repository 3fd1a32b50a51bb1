"""The pages of the explorer, of circuits and of lineage."""

from django.urls import path

from webapp.stimuli.circuits import views as circuits
from webapp.stimuli.explorer import lineage, views

UNIT = "explorer/<str:model>/<str:layer>/<str:channel>"

urlpatterns = [
    path("explorer/", views.explorer, name="explorer"),
    path("explorer/<str:model>/", views.network, name="network"),
    path("explorer/<str:model>/<str:layer>/", views.layer, name="layer"),
    path(f"{UNIT}/", views.unit, name="unit"),
    path(f"{UNIT}/act/", views.unit_act, name="unit-act"),
    path(f"{UNIT}/circuit/", circuits.order, name="circuit-order"),
    path(f"{UNIT}/parts/<str:name>/", views.unit_part, name="unit-part"),
    path("circuits/", circuits.circuits, name="circuits"),
    path("circuits/<str:digest>/", circuits.circuit, name="circuit"),
    path("circuits/<str:digest>/state/", circuits.state, name="circuit-state"),
    path("lineage/<str:digest>/", lineage.lineage, name="lineage"),
]
