/** The participant interface over HTTP: one function for each request, and errors that say what to do about them. */
import type { Answer, Finish, Receipt, Session, Withdrawal } from "./protocol";
import { randomId } from "./random_id";

/** Long enough for a slow connection, short enough that a dead one is noticed. */
const TIMEOUT = 20_000;
/** Answers that mean "later", not "no". */
const PASSING = new Set([408, 425, 429]);
/** Answers that mean that this browser no longer belongs to a session. */
const GONE = new Set([401, 403, 404, 410]);

/** The server could not be reached, or is in trouble; the same request may succeed later. */
export class Unreachable extends Error {}

/** The server understood and said no. Its own words are kept for the person to read. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Whether another tab goes on with the session, if the server says so. */
    readonly elsewhere = false,
    /** What the server found at fault, in its own word. */
    readonly field = "",
  ) {
    super(message);
  }

  /** Whether the session itself is over or foreign, so that nothing more can be sent. */
  get gone(): boolean {
    return GONE.has(this.status);
  }
}

/** An answer as it is sent: `key` is made once, so that sending it again is harmless. */
export type KeyedAnswer = Answer & { key: string };

export class Api {
  /** Which tab asks. The one that asked for the session last goes on with it. */
  private readonly tab = randomId();

  /** `base` is the page's path with its closing slash, such as `/p/shapes/`. */
  constructor(private readonly base: string) {}

  session(): Promise<Session> {
    return this.request("GET", "session") as Promise<Session>;
  }

  async leaveInstructions(duration: number): Promise<void> {
    await this.request("POST", "instructions", { duration });
  }

  answer(trial: string, answer: KeyedAnswer): Promise<Receipt> {
    return this.request("PUT", answerPath(trial), answer) as Promise<Receipt>;
  }

  finishPractice(): Promise<{ passed: boolean }> {
    return this.request("POST", "practice", {}) as Promise<{ passed: boolean }>;
  }

  finish(): Promise<Finish> {
    return this.request("POST", "finish", {}) as Promise<Finish>;
  }

  withdraw(): Promise<Withdrawal> {
    return this.request("POST", "withdraw", {}) as Promise<Withdrawal>;
  }

  /** Sends an answer while the page is being left. Nobody will hear whether it arrived. */
  answerOnLeave(trial: string, answer: KeyedAnswer): void {
    const options = { method: "PUT", headers: this.headers(), body: JSON.stringify(answer), keepalive: true };
    fetch(this.base + answerPath(trial), options).catch(() => {});
  }

  private async request(method: string, path: string, body?: object): Promise<unknown> {
    const options: RequestInit = { method, headers: this.headers(), signal: AbortSignal.timeout(TIMEOUT), cache: "no-store" };
    if (body) options.body = JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch(this.base + path, options);
      if (response.status === 204) return null;
      if (response.ok) return await response.json();
    } catch (error) {
      throw new Unreachable(String(error));
    }
    if (response.status >= 500 || PASSING.has(response.status)) throw new Unreachable(`HTTP ${response.status}`);
    throw await refusal(response);
  }

  private headers(): Record<string, string> {
    const types = { Accept: "application/json", "Content-Type": "application/json" };
    return { ...types, "X-CSRFToken": cookie("csrftoken"), "X-Tab": this.tab };
  }
}

function answerPath(trial: string): string {
  return `trials/${encodeURIComponent(trial)}/answer`;
}

function cookie(name: string): string {
  const pair = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}

async function refusal(response: Response): Promise<Refused> {
  // A proxy in front of the server may answer with HTML; the status is then all that is known.
  const detail = (await response.json().catch(() => ({}))) as { message?: string; elsewhere?: boolean; field?: string };
  return new Refused(response.status, detail.message ?? `HTTP ${response.status}`, detail.elsewhere, detail.field);
}
