/** jsPsych plugin: which of two stacked images belongs with the references? (Zimmermann et al. 2023, Borowski et al. 2021) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import { type ChoiceData, type ChoiceParameters, runChoiceTrial } from "../choice_trial";
import { element } from "../dom";
import type { ShownImages, Titles } from "../protocol";
import { answerButtons, figure, references, type Scene, type SceneBuilder, sceneRoot } from "../scene";
import { choiceData, choiceParameters } from "./info";

const info = { name: "two-afc", version: "0.2.0", parameters: choiceParameters, data: choiceData } as const;

/** References left and right, where there are any; between them the two queries, with their buttons where the queries meet. */
export const buildTwoAfc: SceneBuilder = (images, titles): Scene => {
  const { buttons, rows } = answerButtons("two_afc");
  const figures = { upper: figure(images, "upper"), lower: figure(images, "lower") };
  const center = [figures.upper, rows.upper, rows.lower, figures.lower].filter((node) => node !== undefined);
  const left = references(images, "left", titles.left);
  const right = references(images, "right", titles.right);
  const queries = element("section", { class: "queries" }, center);
  const root = sceneRoot("two-afc", [left, right], [left.node, queries, right.node]);
  return { task: "two_afc", root, figures, buttons };
};

export class TwoAfcPlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<ChoiceData> {
    const scene = buildTwoAfc(trial.images as ShownImages, trial.titles as Titles);
    onLoad?.();
    return runChoiceTrial(display, scene, trial as unknown as ChoiceParameters);
  }
}
