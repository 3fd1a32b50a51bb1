/** The course of a trial with a slider: onset, lock, move the slider, confirm. No right and wrong, hence no feedback. */
import { button } from "./dom";
import type { RatingAnswer } from "./protocol";
import type { RatingScene } from "./rating_scene";
import { words } from "./texts";
import { TrialFrame, type TrialParameters } from "./trial_frame";

export interface RatingData extends RatingAnswer {
  trial_id: string;
  response: number;
}

/** Shows the scene, takes one rating, and resolves with its confirmation. */
export async function runRatingTrial(display: HTMLElement, scene: RatingScene, parameters: TrialParameters): Promise<RatingData> {
  const { slider } = scene;
  const frame = new TrialFrame("rating", scene.root, parameters);
  const confirm = button(words().trial.confirm, "button confirm");
  confirm.disabled = true;
  slider.disabled = true;
  frame.footer.append(confirm);
  const watch = await frame.open(display, parameters.answer_lock);
  slider.disabled = false;
  frame.status.textContent = words().trial.moveSlider;

  await moved(slider);
  confirm.disabled = false;
  const { event, handlerTime } = await confirmed(confirm);
  frame.state = "answered";
  const answer: RatingAnswer = { rating: slider.valueAsNumber, ...(await watch.stop(event, handlerTime)) };
  await parameters.on_answer(answer);
  return { trial_id: parameters.trial_id, response: answer.rating, ...answer };
}

/**
 * Resolves as soon as where the slider stands is the person's doing: it was moved, pressed in its middle, or taken as it
 * stands with Enter or Space. Until then it stands nowhere.
 */
function moved(slider: HTMLInputElement): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  const tell = (): void => slider.setAttribute("aria-valuetext", slider.value);
  slider.setAttribute("aria-valuetext", words().trial.noRating);
  slider.addEventListener("input", tell);
  return new Promise<void>((resolve) => {
    const touch = (): void => {
      slider.dataset.touched = "true";
      tell();
      resolve();
    };
    slider.addEventListener("input", touch, { signal });
    slider.addEventListener("click", touch, { signal });
    slider.addEventListener("keydown", ({ key }) => (key === "Enter" || key === " ") && touch(), { signal });
  }).finally(() => listening.abort());
}

function confirmed(confirm: HTMLButtonElement): Promise<{ event: Event; handlerTime: number }> {
  return new Promise((resolve) => {
    confirm.addEventListener("click", (event) => resolve({ event, handlerTime: performance.now() }), { once: true });
  });
}
