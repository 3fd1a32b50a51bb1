/** Feeds jsPsych with trials, one after another, as long as the driver has more. */
import { initJsPsych } from "jspsych";
import type { ChoiceParameters } from "./choice_trial";
import { DomainChoicePlugin } from "./plugins/domain_choice";
import { ImageRatingPlugin } from "./plugins/image_rating";
import { OcclusionChoicePlugin } from "./plugins/occlusion_choice";
import { TwoAfcPlugin } from "./plugins/two_afc";
import type { Form, Presentation, ShownImages, Task } from "./protocol";

export interface BlockTrial extends Omit<ChoiceParameters, "on_answer"> {
  form: Form;
  images: ShownImages;
  titles: Presentation["titles"];
  rating_ends: Presentation["rating_ends"];
  answers: Presentation["answers"];
}

/** What a block of trials is made of. */
export interface Feed {
  /** The next trial with its images loaded, or null at the block's end. */
  next: () => Promise<BlockTrial | null>;
  on_answer: ChoiceParameters["on_answer"];
}

const CHOICE_PLUGINS = { two_afc: TwoAfcPlugin, occlusion_choice: OcclusionChoicePlugin, domain_choice: DomainChoicePlugin };

/**
 * Runs the trials of `feed` as one jsPsych timeline inside `stage`. The plan belongs to the server, so the timeline is a loop
 * whose parameters are looked up anew for each trial; what does not fit the trial's form is skipped.
 */
export async function playBlock(stage: HTMLElement, task: Task, feed: Feed): Promise<void> {
  let trial = await feed.next();
  if (!trial) return;
  const names = Object.keys(trial) as (keyof BlockTrial)[];
  const shared = {
    ...Object.fromEntries(names.map((name) => [name, () => trial?.[name]])),
    on_answer: feed.on_answer,
    on_finish: async () => {
      trial = await feed.next();
    },
  };
  const only = (form: Form) => ({ conditional_function: () => trial?.form === form });
  // jsPsych makes the stage a stop of the Tab key, where there is nothing to do.
  const jsPsych = initJsPsych({ display_element: stage, use_webaudio: false, on_trial_start: () => (stage.tabIndex = -1) });
  const timeline = [
    { timeline: [{ type: CHOICE_PLUGINS[task], ...shared }], ...only("choice") },
    { timeline: [{ type: ImageRatingPlugin, ...shared }], ...only("rating") },
  ];
  await jsPsych.run([{ timeline, loop_function: () => trial !== null }]);
}
