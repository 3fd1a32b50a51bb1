/** Plays trials one after another: brings their images, puts their answers into the outbox, hands their verdicts back. */
import { wait } from "./backoff";
import { type BlockTrial, playBlock } from "./block";
import { element } from "./dom";
import type { Outbox } from "./outbox";
import type { Preloader } from "./preload";
import type { Answer, Presentation, ShownImages, Task, TrialPlan } from "./protocol";
import { showWaiting } from "./screens/waiting";
import { words } from "./texts";
import type { Verdict } from "./trial_frame";

/** Milliseconds that feedback is waited for before the person may go on without it. */
const PATIENCE = 3000;
/** Milliseconds after which somebody who waits for images is told so. */
const UNNOTICED = 150;

export interface SeriesParts {
  outbox: Outbox;
  preloader: Preloader;
  stage: HTMLElement;
}

export interface SeriesTrial {
  plan: TrialPlan;
  /** Such as "Trial 3 of 12". */
  label: string;
  /** Trials before it, for the bar. */
  done: number;
}

export interface Series {
  task: Task;
  presentation: Presentation;
  trials: SeriesTrial[];
  /** Trials in all, for the bar. */
  total: number;
  givesFeedback: boolean;
  /** Correct answers before the series, or null where they are not shown. */
  correct: number | null;
}

/** Returns when every trial is answered, or when the server's word makes it pointless to go on: the outbox knows which. */
export async function playSeries(parts: SeriesParts, series: Series): Promise<void> {
  const display = element("div", { class: "block" });
  parts.stage.replaceChildren(display);
  const player = new Player(parts, series);
  await playBlock(display, series.task, { next: () => player.next(), on_answer: (answer) => player.save(answer) });
  if (player.failure) throw player.failure;
}

class Player {
  /** Why the series ended early. jsPsych would swallow it. */
  failure: unknown = null;
  private current: TrialPlan | null = null;
  private correct: number | null;
  private readonly remaining: SeriesTrial[];

  constructor(
    private readonly parts: SeriesParts,
    private readonly series: Series,
  ) {
    this.correct = series.correct;
    this.remaining = [...series.trials];
  }

  async next(): Promise<BlockTrial | null> {
    const { outbox, preloader } = this.parts;
    if (this.current) void preloader.release(this.current);
    const trial = this.remaining.shift();
    if (!trial || outbox.contradicted || outbox.gone || outbox.refused) return null;
    this.current = trial.plan;
    try {
      return this.described(trial, await loadImages(this.parts, trial.plan));
    } catch (error) {
      this.failure = error;
      return null;
    }
  }

  private described({ plan, label, done }: SeriesTrial, images: ShownImages): BlockTrial {
    const { prompt, rating_prompt, titles, rating_ends, answers, ...times } = this.series.presentation;
    const { answer_lock, feedback_delay, feedback_duration } = times;
    const shown = { trial_id: plan.id, form: plan.form, images, titles, rating_ends, answers };
    const about = { ...shown, answer_lock, feedback_delay, feedback_duration };
    const place = { progress_label: label, trials_done: done, trials_total: this.series.total, correct_count: this.correct };
    return { ...about, ...place, prompt: plan.form === "rating" ? rating_prompt : prompt };
  }

  async save(answer: Answer): Promise<Verdict> {
    const { outbox } = this.parts;
    const trial = this.current as TrialPlan;
    const patience = outbox.failures > 0 ? 0 : PATIENCE;
    const verdict = outbox.add(trial.id, answer).then(
      ({ correct }): Verdict => {
        if (correct && this.correct !== null) this.correct += 1;
        return correct === null ? "none" : correct ? "correct" : "incorrect";
      },
      (): Verdict => "pending",
    );
    if (!this.series.givesFeedback || trial.form === "rating") return outbox.failures > 0 ? "pending" : "none";
    return Promise.race([verdict, wait(patience).then((): Verdict => "pending")]);
  }
}

/** The trial's images; a bar is shown only while they are still on their way. */
export async function loadImages({ preloader, stage }: SeriesParts, trial: TrialPlan): Promise<ShownImages> {
  const ready = preloader.ready(trial);
  const late = await Promise.race([ready.then(() => false), wait(UNNOTICED).then(() => true)]);
  if (!late) return ready;
  const cover = element("div", { class: "cover" });
  stage.append(cover);
  preloader.onProgress = showWaiting(cover, words().waiting.images);
  return ready.finally(() => {
    preloader.onProgress = () => {};
    cover.remove();
  });
}
