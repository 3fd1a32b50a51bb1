/** What every trial has around its scene: progress, question, a line that says what to do, and the opening of the trial. */
import { wait } from "./backoff";
import { nextFrame } from "./clock";
import { element } from "./dom";
import { TrialWatch } from "./evidence";
import type { Answer } from "./protocol";
import { words } from "./texts";

/** Frames in which the scene is drawn before the onset, too faint to be seen. Two suffice; a busy computer needs more. */
const REHEARSALS = 4;

/** What is known of an answer when its feedback is due. `pending`: kept on this computer, not yet acknowledged. */
export type Verdict = "correct" | "incorrect" | "none" | "pending";
/** `locked`: shown, but no answer is taken yet. `open`: it is. `done`: only Continue is left. */
export type TrialState = "decoding" | "locked" | "open" | "answered" | "feedback" | "done";

export interface TrialParameters {
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
  /** Takes the answer at once, before any feedback, and tells its verdict. */
  on_answer: (answer: Answer) => Promise<Verdict>;
}

export class TrialFrame {
  readonly root: HTMLElement;
  /** Read out by screen readers whenever it changes. */
  readonly status = element("p", { class: "status", attributes: { role: "status" } });
  readonly footer = element("footer", { class: "trial-footer" }, [this.status]);
  private readonly prompt: HTMLElement;
  private readonly count = element("span", { class: "count" });

  constructor(form: string, scene: HTMLElement, parameters: TrialParameters) {
    const { trial_id, prompt, progress_label, trials_done, trials_total, correct_count } = parameters;
    const bar = element("progress", { attributes: { "aria-label": words().trial.progress } });
    bar.max = trials_total;
    bar.value = trials_done;
    if (correct_count !== null) this.showCount(correct_count);
    const label = element("span", { class: "progress-label", text: progress_label });
    const header = element("header", { class: "trial-header" }, [label, bar, this.count]);
    this.prompt = element("h1", { class: "prompt", text: prompt, attributes: { tabindex: "-1" } });
    const attributes = { "data-screen": "trial", "data-form": form, "data-trial": trial_id };
    this.root = element("div", { class: "trial", attributes }, [header, this.prompt, scene, this.footer]);
  }

  set state(state: TrialState) {
    this.root.dataset.state = state;
  }

  showCount(correct: number): void {
    this.count.textContent = words().trial.correctCount(correct);
  }

  /** Shows everything at once, in one animation frame, with all images decoded; returns after the lock. */
  async open(display: HTMLElement, answerLock: number): Promise<TrialWatch> {
    this.state = "decoding";
    display.replaceChildren(this.root);
    await Promise.all([...this.root.querySelectorAll("img")].map((image) => image.decode()));
    for (let frame = 0; frame < REHEARSALS; frame += 1) await nextFrame();
    const watch = new TrialWatch(this.root);
    await watch.start(() => (this.state = "locked"));
    // Screen readers begin at the question, and the keyboard's next stop is the first control.
    this.prompt.focus({ preventScroll: true });
    if (answerLock > 0) {
      this.status.textContent = words().trial.look;
      await wait(answerLock);
    }
    this.state = "open";
    return watch;
  }
}
