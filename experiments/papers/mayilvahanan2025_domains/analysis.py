"""The analysis of the labelling study: agreement of annotators, what they call what, the labels that a classifier learns from.

The claims of the paper are about networks and are checked by its run, which takes these labels by the digest of this analysis.
"""

from dataclasses import replace

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.accuracy import sessions_table
from experiments.methods.choice_analysis.findings import Findings, assemble, make_analysis
from experiments.methods.choice_analysis.responses import read_responses
from experiments.methods.label_analysis.agreement import agreement_table
from experiments.methods.label_analysis.confusion_figure import confusion_figure
from experiments.methods.label_analysis.tables import label_tables
from experiments.papers.mayilvahanan2025_domains.design import CONDITIONS, SLUG


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a stored table of responses; the result tells the command that trains a classifier on the labels."""
    command = f"python -m experiments run {SLUG} --preset cpu --set part=classifier --set labels={recipe.digest}"
    told = {"title": "Train the domain classifier on these labels", "command": command}

    def analyze(table: bytes, seed: int) -> Findings:
        findings = analyze_table(table, seed)
        return replace(findings, result={**findings.result, "next": told})

    return make_analysis(recipe, workshop, analyze_table=analyze)


def analyze_table(table: bytes, seed: int = 0) -> Findings:
    """Tables and figures of a table of responses.

    Raises:
        InputError: The table lacks a column, or holds a value that cannot be.
    """
    responses = read_responses(table, conditions=CONDITIONS)
    tables = [agreement_table(responses, seed=seed), sessions_table(responses), *label_tables(responses)]
    confusion = next(made for made in tables if made.name == "confusion")
    figures = [confusion_figure(group, confusion.of(group=group.name)) for group in responses.groups]
    return assemble(responses, tables=tables, figures=figures, claims=(), seed=seed)
