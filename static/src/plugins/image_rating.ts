/** jsPsych plugin: how well does one group of images explain another? A slider. (Borowski et al. 2021, intuitiveness) */
import type { JsPsychPlugin, TrialType } from "jspsych";
import type { ShownImages, Titles } from "../protocol";
import { buildRating } from "../rating_scene";
import { type RatingData, runRatingTrial } from "../rating_trial";
import type { TrialParameters } from "../trial_frame";
import { ratingData, ratingParameters } from "./info";

const info = { name: "image-rating", version: "0.1.0", parameters: ratingParameters, data: ratingData } as const;

export class ImageRatingPlugin implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  trial(display: HTMLElement, trial: TrialType<typeof info>, onLoad?: () => void): Promise<RatingData> {
    const { images, prompt, titles, rating_ends: ends } = trial;
    const about = { prompt: prompt as string, titles: titles as Titles, ends: ends as [string, string] };
    const scene = buildRating(images as ShownImages, about);
    onLoad?.();
    return runRatingTrial(display, scene, trial as unknown as TrialParameters);
  }
}
