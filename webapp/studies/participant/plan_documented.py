"""What the API's documentation says of the plan of a session. The plan itself is made by `session_plan`."""

from rest_framework import serializers

FORMS = ("choice", "rating")


class InstructionPageSerializer(serializers.Serializer):
    """A page of text."""

    title = serializers.CharField()
    paragraphs = serializers.ListField(child=serializers.CharField())
    shows_example = serializers.BooleanField(help_text="The solved example stands below it")


class PresentationSerializer(serializers.Serializer):
    """How trials look and feel; times in ms."""

    prompt = serializers.CharField()
    titles = serializers.DictField(child=serializers.CharField(), help_text="Headings by place, or words on buttons by choice")
    answer_lock = serializers.IntegerField(help_text="The buttons stay closed so long after onset")
    feedback_delay = serializers.IntegerField()
    feedback_duration = serializers.IntegerField()
    feedback_in_main = serializers.BooleanField()
    running_count = serializers.BooleanField(help_text="Whether to show how many main trials were right so far")
    block_score = serializers.BooleanField(help_text="Whether to show at a block's end how many of its trials were right")
    rating_prompt = serializers.CharField()
    rating_ends = serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)
    answers = serializers.DictField(child=serializers.CharField(), help_text="What counts as each choice")


class PlannedImageSerializer(serializers.Serializer):
    """An image of a trial."""

    url = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes; the same for all images of a study")
    sha256 = serializers.CharField()


class PlannedTrialSerializer(serializers.Serializer):
    """A trial, without anything of the truth."""

    id = serializers.UUIDField()
    form = serializers.ChoiceField(choices=FORMS)
    answered = serializers.BooleanField()
    images = serializers.DictField(child=PlannedImageSerializer(), help_text="By their places")


class ExampleSerializer(PlannedTrialSerializer):
    """The solved example."""

    correct = serializers.CharField()
    presentation = PresentationSerializer()


class PracticePlanSerializer(serializers.Serializer):
    """An attempt at practice."""

    attempt = serializers.IntegerField()
    presentation = PresentationSerializer()
    trials = PlannedTrialSerializer(many=True)


class MainTrialSerializer(PlannedTrialSerializer):
    """A trial of a block."""

    block = serializers.IntegerField(help_text="Its place among the blocks")


class BlockSerializer(serializers.Serializer):
    """A block of main trials."""

    page = InstructionPageSerializer(allow_null=True, help_text="Shown before it")
    presentation = PresentationSerializer()
    correct_so_far = serializers.IntegerField(allow_null=True, help_text="null where people may not know")


class MainPlanSerializer(serializers.Serializer):
    """The main part."""

    blocks = BlockSerializer(many=True)
    trials = MainTrialSerializer(many=True)
    correct_so_far = serializers.IntegerField(allow_null=True, help_text="null where people may not know")


class PlanSerializer(serializers.Serializer):
    """All that a browser needs to go on."""

    task = serializers.CharField()
    phase = serializers.CharField()
    language = serializers.CharField()
    study_title = serializers.CharField()
    simulated = serializers.BooleanField()
    notice = serializers.CharField()
    thanks = serializers.CharField()
    contact = serializers.CharField()
    instructions = InstructionPageSerializer(many=True)
    example = ExampleSerializer()
    practice = PracticePlanSerializer()
    main = MainPlanSerializer()
    code = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True, help_text="Where the code is handed in")


class PracticeJudgedSerializer(serializers.Serializer):
    """Passed, or what to do next."""

    passed = serializers.BooleanField()
    practice = PracticePlanSerializer(required=False, help_text="The next attempt")
