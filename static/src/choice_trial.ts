/** The course of a trial that both plugins share: onset, lock, one answer, frame, feedback, Continue. Knows no jsPsych. */
import { optionOfKey, type Option, otherChoice } from "./choices";
import { FocusWatch, FrameClock, inputDevice, reactionTime } from "./clock";
import { button, element } from "./dom";
import { wait } from "./backoff";
import type { Answer } from "./protocol";
import { type Scene, sideName } from "./scene";

/** What is known of an answer when its feedback is due. `pending`: kept on this computer, not yet acknowledged. */
export type Verdict = "correct" | "incorrect" | "none" | "pending";

export interface ChoiceParameters {
  trial_id: string;
  prompt: string;
  /** Such as "Trial 3 of 12". */
  progress_label: string;
  /** Trials done and in all, for the bar. */
  trials_done: number;
  trials_total: number;
  /** Correct answers so far, or null where they are not shown. */
  correct_count: number | null;
  answer_lock: number;
  feedback_delay: number;
  feedback_duration: number;
  /** Takes the answer at once, before any feedback, and tells its verdict. */
  on_answer: (answer: Answer) => Promise<Verdict>;
}

export interface ChoiceData extends Answer {
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
  const frame = buildFrame(scene, parameters);
  const setState = (state: string): void => void (frame.root.dataset.state = state);
  const images = [...scene.root.querySelectorAll("img")];
  setState("decoding");
  setLocked(scene, true);
  display.replaceChildren(frame.root);
  await Promise.all(images.map((image) => image.decode()));

  const clock = new FrameClock();
  const focus = new FocusWatch();
  await clock.start(() => setState("locked"));
  if (parameters.answer_lock > 0) {
    frame.status.textContent = "Look at the images first.";
    await wait(parameters.answer_lock);
  }
  setState("open");
  setLocked(scene, false);
  frame.status.textContent = "How sure are you? 1: not sure, 3: very sure. The small digits are the keys.";

  const input = await firstInput(scene);
  setLocked(scene, true);
  setState("answered");
  mark(scene, input.option);
  const answer = await describe(input, clock, focus);
  const [verdict] = await Promise.all([parameters.on_answer(answer), wait(parameters.feedback_delay)]);

  setState("feedback");
  showVerdict(scene, frame, input.option, verdict);
  if (verdict === "correct" || verdict === "incorrect") await wait(parameters.feedback_duration);
  setState("done");
  await goOn(frame.footer);
  return { trial_id: parameters.trial_id, response: answer.choice, verdict, ...answer };
}

interface Frame {
  root: HTMLElement;
  footer: HTMLElement;
  status: HTMLElement;
  showCount: (count: number) => void;
  count: number | null;
}

function buildFrame(scene: Scene, parameters: ChoiceParameters): Frame {
  const bar = element("progress", { attributes: { "aria-label": "Progress" } });
  bar.max = parameters.trials_total;
  bar.value = parameters.trials_done;
  const count = element("span", { class: "count" });
  const showCount = (correct: number): void => void (count.textContent = `Correct answers: ${correct}`);
  if (parameters.correct_count !== null) showCount(parameters.correct_count);
  const label = element("span", { class: "progress-label", text: parameters.progress_label });
  const header = element("header", { class: "trial-header" }, [label, bar, count]);
  const status = element("p", { class: "status", attributes: { role: "status" } });
  const footer = element("footer", { class: "trial-footer" }, [status]);
  const attributes = { "data-screen": "trial", "data-trial": parameters.trial_id };
  const prompt = element("h1", { class: "prompt", text: parameters.prompt });
  const root = element("div", { class: "trial", attributes }, [header, prompt, scene.root, footer]);
  return { root, footer, status, showCount, count: parameters.correct_count };
}

export function setLocked(scene: Scene, locked: boolean): void {
  for (const { node } of scene.buttons) node.disabled = locked;
}

/** The first press of an answer button, by pointer or key. */
function firstInput(scene: Scene): Promise<Input> {
  const listening = new AbortController();
  const { signal } = listening;
  return new Promise<Input>((resolve) => {
    const take = (option: Option, event: Event): void => resolve({ option, event, handlerTime: performance.now() });
    for (const { option, node } of scene.buttons) node.addEventListener("click", (event) => take(option, event), { signal });
    const onKey = (event: KeyboardEvent): void => {
      const options = scene.buttons.map((button) => button.option);
      const option = optionOfKey(options, event);
      if (option) take(option, event);
    };
    document.addEventListener("keydown", onKey, { signal });
  }).finally(() => listening.abort());
}

async function describe(input: Input, clock: FrameClock, focus: FocusWatch): Promise<Answer> {
  const focusLosses = focus.stop();
  // A person never answers within a frame; a simulated one may, and both stamps belong to every answer.
  const secondFrame = await clock.secondFrame;
  return {
    choice: input.option.choice,
    confidence: input.option.confidence,
    rt: reactionTime(clock.onset, input.event.timeStamp),
    input: inputDevice(input.event),
    onset: clock.onset,
    second_frame: secondFrame,
    event_time: input.event.timeStamp,
    handler_time: input.handlerTime,
    ...clock.stop(),
    focus_losses: focusLosses,
    viewport_width: window.innerWidth,
    viewport_height: window.innerHeight,
    cross_origin_isolated: window.crossOriginIsolated,
  };
}

function mark(scene: Scene, { choice, confidence }: Option): void {
  scene.figures[choice]?.classList.add("chosen");
  const chosen = scene.buttons.find(({ option }) => option.choice === choice && option.confidence === confidence);
  chosen?.node.setAttribute("aria-pressed", "true");
}

function showVerdict(scene: Scene, frame: Frame, { choice }: Option, verdict: Verdict): void {
  const { status } = frame;
  if (verdict === "none") status.textContent = "";
  if (verdict === "pending") status.textContent = "Saved on this computer, sending… You can go on.";
  if (verdict === "none" || verdict === "pending") return;
  const favored = verdict === "correct" ? choice : otherChoice(scene.task, choice);
  const word = element("strong", { class: "verdict", text: verdict === "correct" ? "Correct!" : "Incorrect!" });
  status.dataset.verdict = verdict;
  status.replaceChildren(word, document.createTextNode(` The network favors the ${sideName(favored)}.`));
  scene.figures[choice]?.classList.add(verdict);
  if (frame.count !== null && verdict === "correct") frame.showCount(frame.count + 1);
}

/** Resolves when the person presses Continue, or Enter or Space anywhere on the page. */
async function goOn(footer: HTMLElement): Promise<void> {
  const next = button("Continue", "button continue");
  footer.append(next);
  next.focus();
  const listening = new AbortController();
  await new Promise<void>((resolve) => {
    next.addEventListener("click", () => resolve());
    const onKey = (event: KeyboardEvent): void => {
      if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      resolve();
    };
    document.addEventListener("keydown", onKey, { signal: listening.signal });
  });
  listening.abort();
}
