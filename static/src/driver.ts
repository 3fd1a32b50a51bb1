/** Leads a person through a session. The server knows where the session stands; after each phase it is asked again. */
import { type Api, Refused, Unreachable } from "./api";
import { backoff, wait } from "./backoff";
import { type BlockTrial, playBlock } from "./block";
import type { Verdict } from "./choice_trial";
import { element } from "./dom";
import type { Outbox } from "./outbox";
import { buildOcclusionChoice } from "./plugins/occlusion_choice";
import { buildTwoAfc } from "./plugins/two_afc";
import { PreloadFailed, type Preloader } from "./preload";
import type { Answer, Session, ShownImages, TrialPlan } from "./protocol";
import { showInstructions, showPracticeResult, showThanks, showTrouble, showWaiting } from "./screens";

/** Milliseconds that feedback is waited for before the person may go on without it. */
const PATIENCE = 3000;
const SCENES = { two_afc: buildTwoAfc, occlusion_choice: buildOcclusionChoice };
const SAFE = "Nothing is lost: your answers are kept on this computer.";

export interface DriverParts {
  api: Api;
  outbox: Outbox;
  preloader: Preloader;
  /** Where pages and trials are shown. */
  stage: HTMLElement;
}

export class Driver {
  private correct = 0;
  private failures = 0;

  constructor(private readonly parts: DriverParts) {}

  /** Runs until the thank-you page is shown. */
  async run(): Promise<void> {
    for (let finished = false; !finished; ) {
      try {
        const session = await this.load();
        this.failures = 0;
        finished = await this.playPhase(session);
      } catch (error) {
        await this.explain(error);
      }
    }
  }

  /** The session as the server sees it once it holds every answer that waited here. */
  private async load(): Promise<Session> {
    const { api, outbox, preloader } = this.parts;
    outbox.contradicted = false;
    let session = await api.session();
    const trials = [...session.practice.trials, ...session.main.trials];
    if ((await outbox.adopt(new Set(trials.map(({ id }) => id)))) > 0) {
      await this.settle();
      session = await api.session();
    }
    if (session.example) preloader.enqueue([session.example]);
    preloader.enqueue([...session.practice.trials, ...session.main.trials].filter(({ answered }) => !answered));
    return session;
  }

  private async playPhase(session: Session): Promise<boolean> {
    if (session.phase === "finished") showThanks(this.parts.stage, session.study_title, session.code);
    else if (session.phase === "instructions") await this.playInstructions(session);
    else if (session.phase === "practice" && session.practice.trials.length > 0) await this.playPractice(session);
    else await this.playMain(session);
    return session.phase === "finished";
  }

  private async playInstructions(session: Session): Promise<void> {
    const { api, preloader, stage } = this.parts;
    const images = session.example ? preloader.ready(session.example) : Promise.resolve({});
    images.catch(() => {});
    const duration = await showInstructions(stage, session, SCENES[session.task], images);
    await api.leaveInstructions(duration);
  }

  private async playPractice(session: Session): Promise<void> {
    const { api, outbox, stage } = this.parts;
    await this.playTrials(session, session.practice.trials, "Practice");
    if (outbox.contradicted) return;
    const { passed } = await api.finishPractice();
    await showPracticeResult(stage, passed, session.main.trials.length);
  }

  private async playMain(session: Session): Promise<void> {
    const { api, outbox } = this.parts;
    await this.playTrials(session, session.main.trials, "Trial");
    if (!outbox.contradicted) await api.finish();
  }

  /** Plays the trials not yet answered, and waits until the server has all answers. */
  private async playTrials(session: Session, trials: readonly TrialPlan[], word: "Practice" | "Trial"): Promise<void> {
    const { outbox, preloader, stage } = this.parts;
    this.correct = session.main.correct_so_far;
    const isMain = word === "Trial";
    const remaining = trials.map((trial, index) => ({ trial, index })).filter(({ trial }) => !trial.answered);
    let current: TrialPlan | null = null;
    let failure: unknown = null;
    const next = async (): Promise<BlockTrial | null> => {
      if (current) void preloader.release(current);
      const upcoming = remaining.shift();
      if (!upcoming || outbox.contradicted || outbox.gone) return null;
      current = upcoming.trial;
      const label = `${word} ${upcoming.index + 1} of ${trials.length}`;
      const place = { trial_id: current.id, progress_label: label, trials_done: upcoming.index, trials_total: trials.length };
      try {
        return { ...place, ...this.presentation(session, isMain), images: await this.imagesOf(current) };
      } catch (error) {
        // jsPsych would swallow it: the block ends here, and the failure is told afterward.
        failure = error;
        return null;
      }
    };
    const givesFeedback = !isMain || session.presentation.feedback_in_main;
    const onAnswer = (answer: Answer): Promise<Verdict> => this.save(current as TrialPlan, answer, givesFeedback, isMain);
    stage.replaceChildren(element("div", { class: "block" }));
    await playBlock(stage.firstElementChild as HTMLElement, session.task, { next, on_answer: onAnswer });
    if (failure) throw failure;
    await this.settle();
  }

  private presentation(session: Session, isMain: boolean): Omit<BlockTrial, "trial_id" | "images" | `${"trials" | "progress"}_${string}`> {
    const { prompt, titles, answer_lock, feedback_delay, feedback_duration, running_count } = session.presentation;
    const correctCount = running_count && isMain ? this.correct : null;
    return { prompt, titles, answer_lock, feedback_delay, feedback_duration, correct_count: correctCount };
  }

  /** The trial's images; a bar is shown only while they are still on their way. */
  private async imagesOf(trial: TrialPlan): Promise<ShownImages> {
    const { preloader, stage } = this.parts;
    const ready = preloader.ready(trial);
    const late = await Promise.race([ready.then(() => false), wait(150).then(() => true)]);
    if (!late) return ready;
    const cover = element("div", { class: "cover" });
    stage.append(cover);
    preloader.onProgress = showWaiting(cover, "Loading images…");
    return ready.finally(() => {
      preloader.onProgress = () => {};
      cover.remove();
    });
  }

  private async save(trial: TrialPlan, answer: Answer, givesFeedback: boolean, isMain: boolean): Promise<Verdict> {
    const { outbox } = this.parts;
    const patience = outbox.failures > 0 ? 0 : PATIENCE;
    const verdict = outbox.add(trial.id, answer).then(
      ({ correct }): Verdict => {
        if (correct && isMain) this.correct += 1;
        return correct === null ? "none" : correct ? "correct" : "incorrect";
      },
      (): Verdict => "pending",
    );
    if (!givesFeedback) return outbox.failures > 0 ? "pending" : "none";
    return Promise.race([verdict, wait(patience).then((): Verdict => "pending")]);
  }

  /** Waits until the server holds every answer, with a page that says so if it takes long. */
  private async settle(): Promise<void> {
    const { outbox, stage } = this.parts;
    if (outbox.waiting > 0) showWaiting(stage, "Sending your answers…");
    await outbox.settled();
    if (outbox.gone) throw outbox.gone;
  }

  private async explain(error: unknown): Promise<void> {
    const { outbox, stage } = this.parts;
    outbox.gone = null;
    this.failures += 1;
    if (error instanceof Refused) {
      await showTrouble(stage, "This did not work", [error.message, error.remedy, SAFE]);
    } else if (error instanceof PreloadFailed) {
      await showTrouble(stage, "Some images could not be loaded", ["Check your connection, then try again.", SAFE]);
    } else if (error instanceof Unreachable) {
      const texts = ["The server cannot be reached. We keep trying.", SAFE];
      await showTrouble(stage, "No connection", texts, backoff(this.failures + 2));
    } else {
      console.error(error);
      await showTrouble(stage, "Something went wrong on this page", ["Please try again.", SAFE]);
    }
  }
}
