/** jsPsych plugin: is an image a natural photo, a rendition, or ambiguous? (Mayilvahanan et al. 2025, labels of domains) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import { type ChoiceData, type ChoiceParameters, runChoiceTrial } from "../choice_trial";
import { optionsOf } from "../choices";
import { element } from "../dom";
import type { Label, Sentences, ShownImages, Titles } from "../protocol";
import { picture, type Scene, type SceneBuilder, sceneRoot, written } from "../scene";
import { words } from "../texts";
import { choiceData, labelParameters } from "./info";

const info = { name: "domain-choice", version: "0.1.0", parameters: labelParameters, data: choiceData } as const;

/** The image, and below it a button for each label with what counts as it. */
export const buildDomainChoice: SceneBuilder = (images, titles, answers = {}): Scene => {
  const shown = element("figure", { class: "query" }, [picture(images.image, words().images.labelled)]);
  const buttons = optionsOf("domain_choice").map((option) => ({ option, node: labelButton(option.choice as Label, option.key, titles, answers) }));
  const attributes = { role: "group", "aria-label": words().trial.labels };
  const row = written(element("div", { class: "labels", attributes }, buttons.map(({ node }) => node)));
  const root = sceneRoot("domain-choice", [{ node: null, across: 0, down: 0 }], [shown, row]);
  return { task: "domain_choice", root, figures: { natural: shown, rendition: shown, ambiguous: shown }, buttons };
};

function labelButton(label: Label, key: string, titles: Titles, answers: Sentences): HTMLButtonElement {
  const attributes = { type: "button", "data-choice": label, "aria-keyshortcuts": key, "data-key": key };
  const name = element("strong", { text: titles[label] ?? label });
  const sentence = element("span", { class: "label-counts", text: answers[label] ?? "" });
  return element("button", { class: "answer label", attributes }, [name, sentence]);
}

export class DomainChoicePlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<ChoiceData> {
    const scene = buildDomainChoice(trial.images as ShownImages, trial.titles as Titles, trial.answers as Sentences);
    onLoad?.();
    return runChoiceTrial(display, scene, trial as unknown as ChoiceParameters);
  }
}
