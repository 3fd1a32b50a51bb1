/** Leads a person through a session. The server knows where the session stands; after each part it is asked again. */
import type { Api } from "./api";
import { sendableDuration } from "./evidence";
import type { Outbox } from "./outbox";
import { buildDomainChoice } from "./plugins/domain_choice";
import { buildOcclusionChoice } from "./plugins/occlusion_choice";
import { buildTwoAfc } from "./plugins/two_afc";
import type { Preloader } from "./preload";
import type { Phase, Session, ShownImages } from "./protocol";
import { type Score, showBlockPage, showPracticeResult } from "./screens/between";
import { type Farewell, showReturned, showThanks, showWithdrawn } from "./screens/end";
import { showInstructions } from "./screens/instructions";
import { showElsewhere, showPaused, showTrouble, showWaiting } from "./screens/waiting";
import { blockSeries, practiceSeries } from "./plan";
import { loadImages, playSeries, type Series } from "./series";
import { speak, words } from "./texts";
import { explanationOf } from "./trouble";
import { askToWithdraw } from "./withdrawal";

const RUNNING: ReadonlySet<Phase> = new Set(["instructions", "practice", "main", "paused"]);
const SCENES = { two_afc: buildTwoAfc, occlusion_choice: buildOcclusionChoice, domain_choice: buildDomainChoice };

export interface DriverParts {
  api: Api;
  outbox: Outbox;
  preloader: Preloader;
  /** Where pages and trials are shown. */
  stage: HTMLElement;
  /** Told whenever the session was loaded, before its next page: whether it still runs. */
  onSession: (isRunning: boolean) => void;
}

/** Another tab goes on with the session. */
class Elsewhere extends Error {}
/** The person has withdrawn, just now and here. */
class Withdrawn extends Error {}

export class Driver {
  private turn = new AbortController();
  private failures = 0;
  private session: Session | null = null;
  private farewell: Farewell = { url: null, erasureCode: null };
  private readonly scoresTold = new Set<number>();
  /** Trials of the plan when the server last said that there is more to do. */
  private trialsBefore = 0;

  constructor(private readonly parts: DriverParts) {
    parts.outbox.onElsewhere = () => this.leaveTurn();
  }

  /** Another tab goes on with the session; what waits here is still sent. */
  leaveTurn(): void {
    this.turn.abort(new Elsewhere());
  }

  /** Runs until one of the last pages is shown. */
  async run(): Promise<void> {
    let trouble: unknown = null;
    for (let over = false; !over; ) {
      this.turn = new AbortController();
      const { signal } = this.turn;
      try {
        if (trouble) await Promise.race([this.explain(trouble), interruption(signal)]);
        trouble = null;
        over = await Promise.race([this.takeTurn(signal), interruption(signal)]);
      } catch (error) {
        trouble = error;
        over = error instanceof Withdrawn;
      }
    }
    if (trouble instanceof Withdrawn && this.session) this.showEnd(showWithdrawn, this.session);
  }

  /** Asks whether the person really wants to withdraw, and ends the session if so. */
  async withdraw(): Promise<void> {
    const { api, outbox } = this.parts;
    const told = await askToWithdraw(() => api.withdraw());
    if (!told) return;
    this.farewell.erasureCode = told.erasure_code ?? this.farewell.erasureCode;
    await outbox.discard();
    const isOver = this.session?.phase === "finished";
    if (isOver && this.session) this.showEnd(showWithdrawn, this.session);
    else this.turn.abort(new Withdrawn());
  }

  private async takeTurn(signal: AbortSignal): Promise<boolean> {
    const session = await this.load(signal);
    this.failures = 0;
    switch (session.phase) {
      case "instructions":
        await this.playInstructions(session);
        return false;
      case "practice":
        await this.playPractice(session, signal);
        return false;
      case "main":
        await this.playMain(session, signal);
        return false;
      case "paused":
        await showPaused(this.parts.stage, session.contact);
        return false;
      case "finished":
        // The reply that told the code may have been lost, and a page that is loaded anew never had it. It is the same each time.
        this.farewell.erasureCode ??= (await this.parts.api.finish()).erasure_code ?? null;
        signal.throwIfAborted();
        this.farewell.url = session.url ?? this.farewell.url;
        showThanks(this.parts.stage, session, this.farewell, () => void this.withdraw());
        return true;
      case "withdrawn":
        this.farewell.erasureCode ??= (await this.parts.api.withdraw()).erasure_code ?? null;
        signal.throwIfAborted();
        this.showEnd(showWithdrawn, session);
        return true;
      case "returned":
        this.showEnd(showReturned, session);
        return true;
    }
  }

  /** The session as the server sees it once it holds every answer that waited here. */
  private async load(signal: AbortSignal): Promise<Session> {
    const { outbox, preloader } = this.parts;
    outbox.contradicted = false;
    outbox.refused = null;
    let session = await this.ask(signal);
    const trials = [...session.practice.trials, ...session.main.trials];
    if ((await outbox.adopt(new Set(trials.map(({ id }) => id)))) > 0) {
      await this.settle(signal);
      session = await this.ask(signal);
    }
    const ahead = [...session.practice.trials, ...session.main.trials].filter(({ answered }) => !answered);
    if (session.phase === "instructions") preloader.enqueue([session.example]);
    if (RUNNING.has(session.phase)) preloader.enqueue(ahead);
    return session;
  }

  private async ask(signal: AbortSignal): Promise<Session> {
    const session = await this.parts.api.session();
    signal.throwIfAborted();
    this.session = session;
    speak(session.language);
    this.parts.onSession(RUNNING.has(session.phase));
    return session;
  }

  private async playInstructions(session: Session): Promise<void> {
    const { api, stage } = this.parts;
    const loadExample = (): Promise<ShownImages> => loadImages(this.parts, session.example);
    const duration = await showInstructions(stage, { session, build: SCENES[session.task], loadExample });
    await api.leaveInstructions(sendableDuration(duration));
  }

  private async playPractice(session: Session, signal: AbortSignal): Promise<void> {
    const { api, outbox, stage } = this.parts;
    await this.play(practiceSeries(session), signal);
    if (outbox.contradicted) return;
    const { passed } = await api.finishPractice();
    await showPracticeResult(stage, passed, session.main.trials.length);
  }

  /** Plays the first block that is not yet answered, as far as it is not; after the last one, finishes. */
  private async playMain(session: Session, signal: AbortSignal): Promise<void> {
    const { blocks, trials } = session.main;
    const next = trials.find(({ answered }) => !answered);
    const index = next?.block ?? blocks.length;
    const isNew = trials.every((trial) => trial.block !== index || !trial.answered);
    if (isNew) await showBlockPage(this.parts.stage, blocks[index]?.page ?? null, this.scoreOf(session, index - 1));
    if (next) await this.play(blockSeries(session, index), signal);
    else await this.finish(session);
  }

  /** How a block went that has just ended; null if it was told already, or nobody may know. */
  private scoreOf({ main }: Session, index: number): Score | null {
    const right = main.blocks[index]?.correct_so_far ?? null;
    const total = main.trials.filter(({ block, form }) => block === index && form === "choice").length;
    if (right === null || total === 0 || this.scoresTold.has(index)) return null;
    this.scoresTold.add(index);
    return { right, total };
  }

  private async finish({ main }: Session): Promise<void> {
    const { code, url, erasure_code: erasureCode } = await this.parts.api.finish();
    this.farewell = { url: url ?? null, erasureCode: erasureCode ?? this.farewell.erasureCode };
    if (code !== null) return;
    // Trials are asked again: the plan holds them from now on. If it did not, nobody would know what to do next.
    if (main.trials.length === this.trialsBefore) throw new Error("the server has neither a code nor more trials");
    this.trialsBefore = main.trials.length;
  }

  private async play(series: Series, signal: AbortSignal): Promise<void> {
    await playSeries(this.parts, series);
    await this.settle(signal);
    const { refused } = this.parts.outbox;
    if (refused) throw refused;
  }

  /** Waits until the server holds every answer, with a page that says so if it takes long. */
  private async settle(signal: AbortSignal): Promise<void> {
    const { outbox, stage } = this.parts;
    if (outbox.waiting > 0) showWaiting(stage, words().waiting.answers);
    await outbox.settled();
    signal.throwIfAborted();
    if (outbox.gone) throw outbox.gone;
  }

  private async explain(error: unknown): Promise<void> {
    const { outbox, stage } = this.parts;
    if (error instanceof Elsewhere) return showElsewhere(stage);
    outbox.gone = null;
    this.failures += 1;
    const { safe, unsafe } = words().trouble;
    const explanation = explanationOf(error, this.failures, outbox.atRisk ? unsafe : safe);
    await showTrouble(stage, explanation, this.session?.contact ?? "");
  }

  private showEnd(show: typeof showWithdrawn, session: Session): void {
    this.parts.onSession(false);
    show(this.parts.stage, session, this.farewell);
  }
}

/** Rejects when the turn is interrupted. */
function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
