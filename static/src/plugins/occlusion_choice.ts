/** jsPsych plugin: which of two occluded copies of an image excites the unit more? (Zimmermann et al. 2021) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import { type ChoiceData, type ChoiceParameters, runChoiceTrial } from "../choice_trial";
import { element } from "../dom";
import type { ShownImages } from "../protocol";
import { answerButtons, figure, picture, references, type Scene, type SceneBuilder } from "../scene";
import { choiceData, choiceParameters } from "./choice_info";

const info = { name: "occlusion-choice", version: "0.1.0", parameters: choiceParameters, data: choiceData } as const;

/** References left (none in the condition without); right, the unoccluded image above its two occluded copies. */
export const buildOcclusionChoice: SceneBuilder = (images, titles): Scene => {
  const { buttons, rows } = answerButtons("occlusion_choice");
  const figures = { left: figure(images, "left"), right: figure(images, "right") };
  const column = (choice: "left" | "right", hint: string): HTMLElement =>
    element("div", { class: `copy copy-${choice}` }, [
      figures[choice],
      rows[choice] ?? element("div"),
      element("p", { class: "hint", text: hint, attributes: { "aria-hidden": "true" } }),
    ]);
  const base = element("section", { class: "base" }, [
    element("h2", { class: "group-title", text: titles.base ?? "" }),
    picture(images.base, "The image without occlusion"),
  ]);
  const copies = element("div", { class: "copies" }, [column("left", "← more confident"), column("right", "more confident →")]);
  const root = element("div", { class: "scene occlusion-choice" }, [
    references(images, "reference", "Example", titles.references),
    element("section", { class: "queries" }, [base, copies]),
  ]);
  return { task: "occlusion_choice", root, figures, buttons };
};

export class OcclusionChoicePlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<ChoiceData> {
    const scene = buildOcclusionChoice(trial.images as ShownImages, trial.titles as Record<string, string>);
    onLoad?.();
    return runChoiceTrial(display, scene, trial as unknown as ChoiceParameters);
  }
}
