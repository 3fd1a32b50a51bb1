/** Answers on their way to the server: kept on the shelf until acknowledged, sent in order, again and again until they arrive. */
import { type KeyedAnswer, Refused } from "./api";
import { backoff } from "./backoff";
import type { Answer, Receipt } from "./protocol";
import { randomId } from "./random_id";
import { type Parcel, type Row, Shelf } from "./shelf";

/** The answer to an answer that contradicts what is stored. */
const CONFLICT = 409;

export interface OutboxOptions {
  /** The shelf's name; one for each study, so that studies on one computer do not mix. */
  name: string;
  send: (trial: string, answer: KeyedAnswer) => Promise<Receipt>;
  sendOnLeave: (trial: string, answer: KeyedAnswer) => void;
  /** Called whenever the number of waiting answers or the state of the connection changes. */
  onChange: (outbox: Outbox) => void;
  /** Milliseconds to wait after the n-th failure in a row. */
  delay?: (failures: number) => number;
}

interface Waiting extends Parcel {
  row: Row;
  /** False as soon as it is known that the browser keeps it in memory only. */
  kept: boolean;
  /** Settled as the server answers; never, while there is no connection. */
  receipt: PendingReceipt;
}

/**
 * Only answers to the trials of the present session are sent (`adopt`): what another person left behind in this browser
 * stays where it is, since the server would refuse it.
 */
export class Outbox {
  /** Failures in a row; 0 while the connection is good. */
  failures = 0;
  /** Whether the server contradicted an answer, so that the page's plan is out of date. */
  contradicted = false;
  /** The refusal that ended the sending, because the session is gone. */
  gone: Refused | null = null;
  /** The refusal of an answer that the server cannot take; its trial has to be asked again. */
  refused: Refused | null = null;
  /** Told when the server says that another tab goes on with the session. */
  onElsewhere: () => void = () => {};
  private queue: Waiting[] = [];
  private sending = false;
  private wake: () => void = () => {};
  private readonly opened = Date.now();
  private readonly page = randomId();
  private count = 0;

  private constructor(
    private readonly shelf: Shelf,
    private readonly options: OutboxOptions,
  ) {}

  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(await Shelf.open(options.name), options);
    window.addEventListener("online", () => outbox.wake());
    window.addEventListener("pagehide", () => outbox.sendOnLeave());
    return outbox;
  }

  /** How many answers of this session the server has not acknowledged yet. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Whether an answer would be lost with the page: this browser cannot store it, and the server does not have it. */
  get atRisk(): boolean {
    return this.queue.some(({ kept }) => !kept);
  }

  /** Takes up the answers to `trials` that an earlier page could not deliver; returns how many there are. */
  async adopt(trials: ReadonlySet<string>): Promise<number> {
    const shelved = await this.shelf.all();
    const queued = new Set(this.queue.map(({ answer }) => answer.key));
    for (const [row, parcel] of shelved) {
      if (trials.has(parcel.trial) && !queued.has(parcel.answer.key)) this.enqueue(row, parcel);
    }
    void this.deliver();
    return this.queue.length;
  }

  /** Sends the answer, and stores it meanwhile. Resolves when the server has it; rejects when the server refuses it. */
  add(trial: string, answer: Answer): Promise<Receipt> {
    this.count += 1;
    const row: Row = [this.opened, this.page, this.count];
    const parcel = { trial, answer: { ...answer, key: randomId() } };
    const waiting = this.enqueue(row, parcel);
    const { promise } = waiting.receipt;
    void this.store(waiting);
    void this.deliver();
    return promise;
  }

  /** Resolves when nothing is waiting, or when nothing can be sent any more. */
  async settled(): Promise<void> {
    while (this.waiting > 0 && !this.gone) {
      void this.deliver();
      await this.queue[0]?.receipt.promise.catch(() => {});
    }
  }

  /** Forgets what is waiting: somebody who has withdrawn sends nothing more. */
  async discard(): Promise<void> {
    await Promise.all(this.queue.map((parcel) => this.remove(parcel)));
  }

  private async store(waiting: Waiting): Promise<void> {
    const { row, trial, answer } = waiting;
    waiting.kept = await this.shelf.put(row, { trial, answer });
    this.options.onChange(this);
  }

  private enqueue(row: Row, parcel: Parcel): Waiting {
    const waiting = { ...parcel, row, kept: true, receipt: newReceipt() };
    this.queue.push(waiting);
    this.options.onChange(this);
    return waiting;
  }

  private async deliver(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (let first = this.queue[0]; first && !this.gone; first = this.queue[0]) await this.deliverOne(first);
    this.sending = false;
  }

  private async deliverOne(parcel: Waiting): Promise<void> {
    try {
      const receipt = await this.options.send(parcel.trial, parcel.answer);
      this.failures = 0;
      void this.remove(parcel);
      parcel.receipt.resolve(receipt);
      if (receipt.elsewhere) this.onElsewhere();
    } catch (error) {
      if (error instanceof Refused) this.giveUp(parcel, error);
      else await this.pause();
    }
  }

  private giveUp(parcel: Waiting, refusal: Refused): void {
    const { reject } = parcel.receipt;
    this.failures = 0;
    if (refusal.gone) {
      this.gone = refusal;
      // The answer stays, and may be sent once more when the person has come back to the session.
      parcel.receipt = newReceipt();
    } else {
      if (refusal.status === CONFLICT) this.contradicted = true;
      else this.refused = refusal;
      void this.remove(parcel);
    }
    reject(refusal);
    this.options.onChange(this);
    if (refusal.elsewhere) this.onElsewhere();
  }

  private async pause(): Promise<void> {
    this.failures += 1;
    this.options.onChange(this);
    const delay = (this.options.delay ?? backoff)(this.failures);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, delay);
    });
  }

  private async remove(parcel: Waiting): Promise<void> {
    this.queue = this.queue.filter((other) => other !== parcel);
    this.options.onChange(this);
    // What stays behind because the page was left too soon is sent once more, which is harmless.
    await this.shelf.remove(parcel.row);
  }

  private sendOnLeave(): void {
    for (const { trial, answer } of this.queue) this.options.sendOnLeave(trial, answer);
  }
}

interface PendingReceipt {
  promise: Promise<Receipt>;
  resolve: (receipt: Receipt) => void;
  reject: (error: unknown) => void;
}

function newReceipt(): PendingReceipt {
  let resolve!: PendingReceipt["resolve"];
  let reject!: PendingReceipt["reject"];
  const promise = new Promise<Receipt>((onReceipt, onError) => {
    resolve = onReceipt;
    reject = onError;
  });
  // Often nobody waits for it: a refusal is told by `contradicted` and `gone` as well.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
