/** The course of a trial with answer buttons, which three plugins share: onset, lock, one answer, frame, feedback, Continue. */
import { wait } from "./backoff";
import { optionOfKey, type Option, otherChoice } from "./choices";
import { areDigitKeysOn } from "./digit_keys";
import { button, element, isCovered } from "./dom";
import type { TrialWatch } from "./evidence";
import type { ChoiceAnswer } from "./protocol";
import { freeze, type Scene, setLocked } from "./scene";
import { words } from "./texts";
import { TrialFrame, type TrialParameters, type Verdict } from "./trial_frame";

export interface ChoiceParameters extends TrialParameters {
  feedback_delay: number;
  feedback_duration: number;
}

export interface ChoiceData extends ChoiceAnswer {
  trial_id: string;
  response: string;
  verdict: Verdict;
}

interface Input {
  option: Option;
  event: Event;
  handlerTime: number;
}

/** Shows the scene, takes one answer, and resolves when the person goes on. */
export async function runChoiceTrial(display: HTMLElement, scene: Scene, parameters: ChoiceParameters): Promise<ChoiceData> {
  const frame = new TrialFrame("choice", scene.root, parameters);
  setLocked(scene, true);
  const watch = await frame.open(display, parameters.answer_lock);
  setLocked(scene, false);
  const { howSure, keys: digits, whichFits } = words().trial;
  const keys = element("span", { class: "keys-hint", text: ` ${digits}` });
  frame.status.replaceChildren(scene.task === "domain_choice" ? whichFits : howSure, keys);

  const { option, event, handlerTime } = await firstInput(scene, watch);
  freeze(scene, option);
  frame.state = "answered";
  const given = { choice: option.choice, ...(option.confidence !== null && { confidence: option.confidence }) };
  const answer: ChoiceAnswer = { ...given, ...(await watch.stop(event, handlerTime)) };
  const [verdict] = await Promise.all([parameters.on_answer(answer), wait(parameters.feedback_delay)]);

  frame.state = "feedback";
  showVerdict(scene, frame, option, verdict);
  if (verdict === "correct" && parameters.correct_count !== null) frame.showCount(parameters.correct_count + 1);
  if (verdict === "correct" || verdict === "incorrect") await wait(parameters.feedback_duration);
  frame.state = "done";
  await goOn(frame);
  return { trial_id: parameters.trial_id, response: answer.choice, verdict, ...answer };
}

/** The first press of an answer button since the onset, by pointer or key. A scene that was taken off the page takes none. */
function firstInput(scene: Scene, watch: TrialWatch): Promise<Input> {
  const listening = new AbortController();
  const { signal } = listening;
  return new Promise<Input>((resolve) => {
    const take = (option: Option, event: Event): void => {
      const handlerTime = performance.now();
      if (!watch.isEarly(event, handlerTime)) resolve({ option, event, handlerTime });
    };
    for (const { option, node } of scene.buttons) node.addEventListener("click", (event) => take(option, event), { signal });
    const onKey = (event: KeyboardEvent): void => {
      if (!scene.root.isConnected || isCovered() || !areDigitKeysOn()) return;
      const options = scene.buttons.map((button) => button.option);
      const option = optionOfKey(options, event);
      if (option) take(option, event);
    };
    document.addEventListener("keydown", onKey, { signal });
  }).finally(() => listening.abort());
}

function showVerdict(scene: Scene, frame: TrialFrame, { choice }: Option, verdict: Verdict): void {
  const { status } = frame;
  const { trial } = words();
  if (verdict === "none") status.textContent = "";
  if (verdict === "pending") status.textContent = trial.pending;
  if (verdict === "none" || verdict === "pending") return;
  const right = verdict === "correct" ? choice : otherChoice(scene.task, choice);
  const word = element("strong", { class: "verdict", text: trial[verdict] });
  status.dataset.verdict = verdict;
  status.replaceChildren(word, ` ${right ? trial.answerIs[right] : trial.answerIsAnother}`);
  scene.figures[choice]?.classList.add(verdict);
}

/** Resolves when the person presses Continue, or Enter or Space where these mean nothing else. */
async function goOn({ root, footer }: TrialFrame): Promise<void> {
  const next = button(words().trial.goOn, "button continue");
  footer.append(next);
  next.focus();
  const listening = new AbortController();
  await new Promise<void>((resolve) => {
    next.addEventListener("click", () => resolve());
    const onKey = (event: KeyboardEvent): void => {
      if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
      if (!root.isConnected || isCovered() || hasOwnUse(event, next)) return;
      event.preventDefault();
      resolve();
    };
    document.addEventListener("keydown", onKey, { signal: listening.signal });
  });
  listening.abort();
}

/** Whether the key was pressed on another control, which it then works. */
function hasOwnUse({ target }: Event, next: HTMLButtonElement): boolean {
  const control = target instanceof Element ? target.closest("a, button, input, summary") : null;
  return control !== null && control !== next && control.getAttribute("aria-disabled") !== "true";
}
