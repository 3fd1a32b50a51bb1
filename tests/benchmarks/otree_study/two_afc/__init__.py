"""The two-alternative study as its author would write it for oTree: a round a trial, each a page with a form.

Sides are drawn at the start, images are named by number, and an answer is a choice, a confidence and a response time, as in ours.
"""

import random

from otree.api import BaseConstants, BaseGroup, BasePlayer, BaseSubsession, Page, models

doc = __doc__


class C(BaseConstants):
    """The numbers of the study."""

    NAME_IN_URL = "two_afc"
    PLAYERS_PER_GROUP = None
    NUM_ROUNDS = 40


class Subsession(BaseSubsession):
    """A trial of everybody."""


class Group(BaseGroup):
    """Nobody plays together."""


class Player(BasePlayer):
    """A trial of one participant and its answer."""

    unit = models.IntegerField()
    correct_choice = models.StringField()
    choice = models.StringField(choices=["upper", "lower"])
    confidence = models.IntegerField(min=1, max=3)
    rt = models.FloatField(min=0)
    correct = models.BooleanField()


def creating_session(subsession: Subsession) -> None:
    """Draw the units and the sides."""
    for player in subsession.get_players():
        player.unit = random.randrange(84)
        player.correct_choice = random.choice(["upper", "lower"])


class Trial(Page):
    """Nine references on either side, two queries in the middle."""

    form_model = "player"
    form_fields = ("choice", "confidence", "rt")

    @staticmethod
    def vars_for_template(player: Player) -> dict[str, object]:
        """Where the images lie."""
        folder = f"/static/two_afc/{player.unit}"
        queries = ["max", "min"] if player.correct_choice == "upper" else ["min", "max"]
        return {
            "minimal": [f"{folder}/min_{number}.png" for number in range(9)],
            "maximal": [f"{folder}/max_{number}.png" for number in range(9)],
            "upper": f"{folder}/{queries[0]}_9.png",
            "lower": f"{folder}/{queries[1]}_9.png",
        }

    @staticmethod
    def before_next_page(player: Player, timeout_happened: bool) -> None:
        """Judge the answer."""
        player.correct = player.choice == player.correct_choice


page_sequence = [Trial]
