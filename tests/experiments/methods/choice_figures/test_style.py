"""What all figures share, and that drawing leaves no trace and no difference."""

from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import color_of, draw, figure_name, in_lines, percent_axis, subtitle

pytestmark = pytest.mark.unit
GROUP = Group(name="people", title="People", slug="people", simulated=False, sessions=1)


def test_names_of_figures_are_names_of_files():
    assert figure_name("accuracy", GROUP) == "accuracy_people"
    assert figure_name("accuracy", GROUP, "Größe/../2") == "accuracy_gr_e_2_people"


def test_subtitle_tells_the_part_or_the_number_of_sessions():
    assert (subtitle(GROUP), subtitle(GROUP, "experiment_1")) == ("1 finished session", "Experiment 1")
    assert in_lines("natural_very_hard") == "natural\nvery hard"


def test_conditions_have_different_colors():
    conditions = ["natural", "natural_medium", "natural_hard", "natural_very_hard", "synthetic", "none", "mine", "yours"]

    assert len({color_of(condition, conditions) for condition in conditions}) == len(conditions)


def test_drawing_repeats_and_leaves_matplotlib_as_it_was():
    def panels(canvas: Figure) -> None:
        percent_axis(canvas.add_subplot(), [0.05, None, 1.2])

    before = dict(mpl.rcParams)
    first, again = (draw((3, 2), panels, title="<&ü>", subtitle="x") for _ in range(2))

    assert first == again
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"
    assert dict(mpl.rcParams) == before
