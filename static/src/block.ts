/** Feeds jsPsych with trials, one after another, as long as the driver has more. */
import { initJsPsych } from "jspsych";
import type { ChoiceParameters } from "./choice_trial";
import { OcclusionChoicePlugin } from "./plugins/occlusion_choice";
import { TwoAfcPlugin } from "./plugins/two_afc";
import type { Presentation, ShownImages, Task } from "./protocol";

export interface BlockTrial extends Omit<ChoiceParameters, "on_answer"> {
  images: ShownImages;
  titles: Presentation["titles"];
}

/** What a block of trials is made of. */
export interface Feed {
  /** The next trial with its images loaded, or null at the block's end. */
  next: () => Promise<BlockTrial | null>;
  on_answer: ChoiceParameters["on_answer"];
}

const PLUGINS = { two_afc: TwoAfcPlugin, occlusion_choice: OcclusionChoicePlugin };

/**
 * Runs the trials of `feed` as one jsPsych timeline inside `stage`. The plan belongs to the server, so the timeline is a loop
 * whose parameters are looked up anew for each trial.
 */
export async function playBlock(stage: HTMLElement, task: Task, feed: Feed): Promise<void> {
  let trial = await feed.next();
  if (!trial) return;
  const names = Object.keys(trial) as (keyof BlockTrial)[];
  const parameters = Object.fromEntries(names.map((name) => [name, () => trial?.[name]]));
  const description = {
    type: PLUGINS[task],
    ...parameters,
    on_answer: feed.on_answer,
    on_finish: async () => {
      trial = await feed.next();
    },
  };
  const jsPsych = initJsPsych({ display_element: stage, use_webaudio: false });
  await jsPsych.run([{ timeline: [description], loop_function: () => trial !== null }]);
}
