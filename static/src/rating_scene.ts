/** What a rating trial shows: groups of images left and right, and below them a slider between two words. */
import { element } from "./dom";
import type { ShownImages, Titles } from "./protocol";
import { references, sceneRoot, written } from "./scene";

/** The slider's ends, as the server takes them. */
const LOW = -100;
const HIGH = 100;
const ENDS_ID = "rating-ends";

export interface RatingScene {
  root: HTMLElement;
  slider: HTMLInputElement;
}

export interface RatingWords {
  prompt: string;
  titles: Titles;
  /** At the left and the right end of the slider. */
  ends: readonly [string, string];
}

export function buildRating(images: ShownImages, { prompt, titles, ends }: RatingWords): RatingScene {
  const left = references(images, "left", titles.left);
  const right = references(images, "right", titles.right);
  const groups = element("div", { class: "groups" }, [left.node, right.node].filter((node) => node !== null));
  const slider = buildSlider(prompt);
  const labels = ends.map((end) => written(element("span", { text: end })));
  const labelRow = element("div", { class: "rating-ends", attributes: { id: ENDS_ID } }, labels);
  const rating = element("div", { class: "rating" }, [slider, labelRow]);
  return { root: sceneRoot("image-rating", [left, right], [groups, rating]), slider };
}

/** A native slider, so that arrow keys, Home and End, and screen readers work it. */
function buildSlider(label: string): HTMLInputElement {
  const attributes = { type: "range", min: String(LOW), max: String(HIGH), step: "1", "aria-label": label, "aria-describedby": ENDS_ID };
  const slider = element("input", { class: "slider", attributes });
  slider.valueAsNumber = 0;
  return slider;
}
