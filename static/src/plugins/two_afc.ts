/** jsPsych plugin: which of two stacked images belongs with the references on the right? (Zimmermann et al. 2023) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import { type ChoiceData, type ChoiceParameters, runChoiceTrial } from "../choice_trial";
import { element } from "../dom";
import type { ShownImages } from "../protocol";
import { answerButtons, figure, references, type Scene, type SceneBuilder } from "../scene";
import { choiceData, choiceParameters } from "./choice_info";

const info = { name: "two-afc", version: "0.1.0", parameters: choiceParameters, data: choiceData } as const;

/** References left and right; between them the two queries, with their buttons where the queries meet. */
export const buildTwoAfc: SceneBuilder = (images, titles): Scene => {
  const { buttons, rows } = answerButtons("two_afc");
  const figures = { upper: figure(images, "upper"), lower: figure(images, "lower") };
  const center = [figures.upper, rows.upper, rows.lower, figures.lower].filter((node) => node !== undefined);
  const root = element("div", { class: "scene two-afc" }, [
    references(images, "left", "Left example", titles.left),
    element("section", { class: "queries" }, center),
    references(images, "right", "Right example", titles.right),
  ]);
  return { task: "two_afc", root, figures, buttons };
};

export class TwoAfcPlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<ChoiceData> {
    const scene = buildTwoAfc(trial.images as ShownImages, trial.titles as Record<string, string>);
    onLoad?.();
    return runChoiceTrial(display, scene, trial as unknown as ChoiceParameters);
  }
}
