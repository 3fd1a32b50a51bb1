/** A study that keeps the server's side of the protocol in memory: a stand-in for the web server, with faults on demand. */
import type { MainTrial, Session, TrialPlan } from "../src/protocol";
import { makeSession, RIGHT, type SessionOptions } from "./plans";

export interface Reply {
  status: number;
  body: unknown;
}

export interface MockOptions extends SessionOptions {
  /** Trials that are asked again at the end. */
  repeats?: number;
}

export interface Stored {
  key: string;
  choice?: string;
  confidence?: number;
  rating?: number;
  rt: number;
  input: string;
}

const refuse = (status: number, field: string, message: string, more: object = {}): Reply => ({
  status,
  body: { field, message, remedy: "Open your link again", ...more },
});

/** In the mock the same answer is always the correct one. */
const CORRECT: ReadonlySet<string> = new Set(Object.values(RIGHT));

export class MockStudy {
  readonly session: Session;
  readonly answers = new Map<string, Stored>();
  readonly durations: number[] = [];
  /** How many answers arrived, counting those sent again. */
  received = 0;
  /** Status with which the next answers are answered before they are looked at; 0 means a broken connection. */
  faults: number[] = [];
  /** Requests, by their path, of which the next is handled and its reply lost. */
  readonly repliesLost = new Set<string>();
  isPaused = false;
  /** Whether the server knows how to withdraw. */
  canWithdraw = true;
  /** Which tab asked for the session last. */
  tab = "";

  constructor(private readonly options: MockOptions) {
    this.session = makeSession(options);
  }

  handle(method: string, path: string, body: Record<string, unknown>, tab = ""): Reply {
    if (method === "GET" && path === "session") return this.plan(tab);
    if (method === "POST" && path === "instructions") return this.leaveInstructions(Number(body.duration));
    if (method === "POST" && path === "practice") return this.finishPractice();
    if (method === "POST" && path === "finish") return this.finish();
    if (method === "POST" && path === "withdraw" && this.canWithdraw) return this.withdraw();
    const trial = /^trials\/([^/]+)\/answer$/.exec(path)?.[1];
    if (method === "PUT" && trial) return this.answer(trial, body as unknown as Stored, tab !== this.tab);
    return refuse(404, "path", "there is no such page");
  }

  private plan(tab: string): Reply {
    this.tab = tab;
    const isOver = ["finished", "withdrawn", "returned"].includes(this.session.phase);
    return { status: 200, body: { ...this.session, phase: this.isPaused && !isOver ? "paused" : this.session.phase } };
  }

  private leaveInstructions(duration: number): Reply {
    this.durations.push(duration);
    this.session.phase = this.session.practice.trials.length > 0 ? "practice" : "main";
    return { status: 204, body: null };
  }

  private answer(id: string, answer: Stored, elsewhere: boolean): Reply {
    this.received += 1;
    const trial = this.trials().find((plan) => plan.id === id);
    if (!trial) return refuse(404, "trial", "this trial is not yours");
    if ((trial.form === "rating") !== ("rating" in answer)) return refuse(400, "rating", "it does not belong here");
    const known = this.answers.get(id);
    if (known && known.key !== answer.key) return refuse(409, "choice", "this trial has been answered", { elsewhere });
    const correct = trial.form === "rating" ? null : CORRECT.has(answer.choice ?? "");
    const isMain = (this.session.main.trials as TrialPlan[]).includes(trial);
    if (!known && isMain && correct) this.count(trial as MainTrial);
    this.answers.set(id, answer);
    trial.answered = true;
    const tellsVerdict = !isMain || this.options.feedbackInMain !== false;
    return { status: 200, body: { saved: true, correct: tellsVerdict ? correct : null, elsewhere } };
  }

  private count(trial: MainTrial): void {
    const { main } = this.session;
    const block = main.blocks[trial.block];
    if (main.correct_so_far !== null) main.correct_so_far += 1;
    if (block && block.correct_so_far !== null) block.correct_so_far += 1;
  }

  private finishPractice(): Reply {
    const { practice } = this.session;
    const passed = practice.trials.every(({ id }) => CORRECT.has(this.answers.get(id)?.choice ?? ""));
    if (passed) this.session.phase = "main";
    else {
      const attempt = practice.attempt + 1;
      const fresh = makeSession(this.options).practice.trials.map((trial) => ({ ...trial, id: `${trial.id}-again-${attempt}` }));
      this.session.practice = { ...practice, attempt, trials: fresh };
    }
    return { status: 200, body: { passed, practice: this.session.practice } };
  }

  private finish(): Reply {
    const { main } = this.session;
    const missing = main.trials.filter(({ answered }) => !answered);
    if (missing.length > 0) return refuse(409, "answers", `${missing.length} trials have no answer yet`);
    const repeats = main.trials.some(({ id }) => id.startsWith("again-")) ? 0 : (this.options.repeats ?? 0);
    if (repeats > 0) {
      const again = main.trials.filter(({ form }) => form === "choice").slice(0, repeats);
      main.trials.push(...again.map((trial) => ({ ...trial, id: `again-${trial.id}`, answered: false, block: main.blocks.length })));
      const page = { title: "Once again", paragraphs: ["Some trials come again."], shows_example: false };
      main.blocks.push({ ...(main.blocks.at(-1) as Session["main"]["blocks"][number]), page });
      return { status: 200, body: { code: null } };
    }
    this.session.phase = "finished";
    this.session.code = "WREN-4821";
    return { status: 200, body: { code: this.session.code, url: "https://app.prolific.com/submissions/complete?cc=WREN", erasure_code: "ERASE-73KD" } };
  }

  private withdraw(): Reply {
    this.session.phase = "withdrawn";
    return { status: 200, body: { withdrawn: true, erasure_code: "ERASE-73KD" } };
  }

  private trials(): TrialPlan[] {
    return [...this.session.practice.trials, ...this.session.main.trials];
  }
}
