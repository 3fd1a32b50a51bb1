/** A study that keeps the server's side of the protocol in memory: a stand-in for the web server, with faults on demand. */
import type { Session, TrialPlan } from "../src/protocol";
import { makeSession, type SessionOptions } from "./plans";

export interface Reply {
  status: number;
  body: unknown;
}

interface Stored {
  key: string;
  choice: string;
  confidence: number;
  rt: number;
  input: string;
}

const refuse = (status: number, field: string, message: string): Reply => ({ status, body: { field, message, remedy: "Open your link again" } });

/** In the mock the upper or right image is always the correct one. */
const CORRECT = new Set(["upper", "right"]);

export class MockStudy {
  readonly session: Session;
  readonly answers = new Map<string, Stored>();
  readonly durations: number[] = [];
  /** How many answers arrived, counting those sent again. */
  received = 0;
  /** Status with which the next requests are answered before they are looked at; 0 means a broken connection. */
  faults: number[] = [];

  constructor(private readonly options: SessionOptions) {
    this.session = makeSession(options);
  }

  handle(method: string, path: string, body: Record<string, unknown>): Reply {
    if (method === "GET" && path === "session") return { status: 200, body: this.session };
    if (method === "POST" && path === "instructions") return this.leaveInstructions(Number(body.duration));
    if (method === "POST" && path === "practice") return this.finishPractice();
    if (method === "POST" && path === "finish") return this.finish();
    const trial = /^trials\/([^/]+)\/answer$/.exec(path)?.[1];
    if (method === "PUT" && trial) return this.answer(trial, body as unknown as Stored);
    return refuse(404, "path", "there is no such page");
  }

  private leaveInstructions(duration: number): Reply {
    this.durations.push(duration);
    this.session.phase = this.session.practice.trials.length > 0 ? "practice" : "main";
    return { status: 204, body: null };
  }

  private answer(id: string, answer: Stored): Reply {
    this.received += 1;
    const trial = this.trials().find((plan) => plan.id === id);
    if (!trial) return refuse(404, "trial", "this trial is not yours");
    const correct = CORRECT.has(answer.choice);
    const known = this.answers.get(id);
    if (known && known.key !== answer.key) return refuse(409, "choice", "this trial has been answered");
    const isMain = this.session.main.trials.includes(trial);
    if (!known && isMain && correct) this.session.main.correct_so_far += 1;
    this.answers.set(id, answer);
    trial.answered = true;
    return { status: 200, body: { saved: true, correct: isMain && !this.options.feedbackInMain ? null : correct } };
  }

  private finishPractice(): Reply {
    const { practice } = this.session;
    const passed = practice.trials.every(({ id }) => CORRECT.has(this.answers.get(id)?.choice ?? ""));
    if (passed) this.session.phase = "main";
    else {
      const attempt = practice.attempt + 1;
      const fresh = makeSession(this.options).practice.trials.map((trial) => ({ ...trial, id: `${trial.id}-again-${attempt}` }));
      this.session.practice = { attempt, trials: fresh };
    }
    return { status: 200, body: { passed, practice: this.session.practice } };
  }

  private finish(): Reply {
    const missing = this.session.main.trials.filter(({ answered }) => !answered);
    if (missing.length > 0) return refuse(409, "answers", `${missing.length} trials have no answer yet`);
    this.session.phase = "finished";
    this.session.code = "WREN-4821";
    return { status: 200, body: { code: this.session.code } };
  }

  private trials(): TrialPlan[] {
    return [...this.session.practice.trials, ...this.session.main.trials];
  }
}
