/** jsPsych plugin: which of two occluded copies of an image excites the unit more? (Zimmermann et al. 2021) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import { type ChoiceData, type ChoiceParameters, runChoiceTrial } from "../choice_trial";
import { element } from "../dom";
import type { ShownImages, Titles } from "../protocol";
import { answerButtons, figure, groupTitle, picture, references, type Scene, type SceneBuilder, sceneRoot } from "../scene";
import { words } from "../texts";
import { choiceData, choiceParameters } from "./info";

const info = { name: "occlusion-choice", version: "0.2.0", parameters: choiceParameters, data: choiceData } as const;

/** References left (none in the condition without); right, the unoccluded image above its two occluded copies. */
export const buildOcclusionChoice: SceneBuilder = (images, titles): Scene => {
  const { buttons, rows } = answerButtons("occlusion_choice");
  const figures = { left: figure(images, "left"), right: figure(images, "right") };
  const column = (choice: "left" | "right", hint: string): HTMLElement =>
    element("div", { class: `copy copy-${choice}` }, [
      figures[choice],
      rows[choice] ?? element("div"),
      // Its arrow points outward, in every direction of writing.
      element("p", { class: "hint", text: hint, attributes: { "aria-hidden": "true" } }),
    ]);
  const base = element("section", { class: "base" }, [
    ...(titles.base ? [groupTitle(titles.base)] : []),
    picture(images.base, words().images.base),
  ]);
  const { surerLeft, surerRight } = words().trial;
  const copies = element("div", { class: "copies" }, [column("left", surerLeft), column("right", surerRight)]);
  const group = references(images, "reference", titles.references);
  const queries = element("section", { class: "queries" }, [base, copies]);
  const root = sceneRoot("occlusion-choice", [group], [group.node, queries]);
  return { task: "occlusion_choice", root, figures, buttons };
};

export class OcclusionChoicePlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<ChoiceData> {
    const scene = buildOcclusionChoice(trial.images as ShownImages, trial.titles as Titles);
    onLoad?.();
    return runChoiceTrial(display, scene, trial as unknown as ChoiceParameters);
  }
}
