/** Answers on their way to the server: kept in IndexedDB until acknowledged, sent in order, again and again until they arrive. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type KeyedAnswer, Refused } from "./api";
import { backoff } from "./backoff";
import type { Answer, Receipt } from "./protocol";

export interface Parcel {
  trial: string;
  answer: KeyedAnswer;
}

interface Tables extends DBSchema {
  answers: { key: number; value: Parcel };
}

export interface OutboxOptions {
  /** The database's name; one for each study, so that studies on one computer do not mix. */
  name: string;
  send: (trial: string, answer: KeyedAnswer) => Promise<Receipt>;
  sendOnLeave: (trial: string, answer: KeyedAnswer) => void;
  /** Called whenever the number of waiting answers or the state of the connection changes. */
  onChange: (outbox: Outbox) => void;
  /** Milliseconds to wait after the n-th failure in a row. */
  delay?: (failures: number) => number;
}

interface Waiting extends Parcel {
  row: number;
  /** Settled as the server answers; never, while there is no connection. */
  receipt: PromiseWithHandles<Receipt>;
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
  private queue: Waiting[] = [];
  private sending = false;
  private wake: () => void = () => {};
  private nextRow = 1;

  private constructor(
    private readonly database: IDBPDatabase<Tables>,
    private readonly options: OutboxOptions,
  ) {}

  static async open(options: OutboxOptions): Promise<Outbox> {
    const database = await openDB<Tables>(options.name, 1, { upgrade: (db) => void db.createObjectStore("answers") });
    const outbox = new Outbox(database, options);
    outbox.nextRow = Math.max(0, ...(await database.getAllKeys("answers"))) + 1;
    window.addEventListener("online", () => outbox.wake());
    window.addEventListener("pagehide", () => outbox.sendOnLeave());
    return outbox;
  }

  /** How many answers of this session the server has not acknowledged yet. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Takes up the answers to `trials` that an earlier page could not deliver; returns how many there are. */
  async adopt(trials: ReadonlySet<string>): Promise<number> {
    const [rows, parcels] = await Promise.all([this.database.getAllKeys("answers"), this.database.getAll("answers")]);
    const queued = new Set(this.queue.map(({ row }) => row));
    parcels.forEach((parcel, index) => {
      const row = rows[index];
      if (row !== undefined && trials.has(parcel.trial) && !queued.has(row)) this.enqueue(row, parcel);
    });
    void this.deliver();
    return this.queue.length;
  }

  /** Stores the answer and begins to send it. Resolves when the server has it; rejects when the server refuses it. */
  async add(trial: string, answer: Answer): Promise<Receipt> {
    const row = this.nextRow++;
    const parcel = { trial, answer: { ...answer, key: crypto.randomUUID() } };
    const waiting = this.enqueue(row, parcel);
    try {
      // `strict` asks for the disk, not for its cache: the answer survives a crash of the computer.
      const transaction = this.database.transaction("answers", "readwrite", { durability: "strict" });
      await Promise.all([transaction.store.put(parcel, row), transaction.done]);
    } catch (error) {
      // A full or forbidden disk must not stop the answer from being sent.
      console.warn("the answer could not be stored on this computer", error);
    }
    void this.deliver();
    return waiting.receipt.promise;
  }

  /** Resolves when nothing is waiting, or when nothing can be sent any more. */
  async settled(): Promise<void> {
    while (this.waiting > 0 && !this.gone) {
      void this.deliver();
      await this.queue[0]?.receipt.promise.catch(() => {});
    }
  }

  private enqueue(row: number, parcel: Parcel): Waiting {
    const waiting = { ...parcel, row, receipt: promiseWithHandles<Receipt>() };
    // Nobody waits for an answer taken up from an earlier page; its refusal is told by `contradicted` and `gone`.
    waiting.receipt.promise.catch(() => {});
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
      await this.remove(parcel);
      parcel.receipt.resolve(receipt);
    } catch (error) {
      if (error instanceof Refused) await this.giveUp(parcel, error);
      else await this.pause();
    }
  }

  private async giveUp(parcel: Waiting, refusal: Refused): Promise<void> {
    this.failures = 0;
    if (refusal.gone) this.gone = refusal;
    else {
      this.contradicted = true;
      await this.remove(parcel);
    }
    parcel.receipt.reject(refusal);
    this.options.onChange(this);
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
    await this.database.delete("answers", parcel.row).catch((error: unknown) => console.warn(error));
    this.queue = this.queue.filter((other) => other !== parcel);
    this.options.onChange(this);
  }

  private sendOnLeave(): void {
    for (const { trial, answer } of this.queue) this.options.sendOnLeave(trial, answer);
  }
}

interface PromiseWithHandles<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

// Promise.withResolvers is younger than some browsers that take part.
function promiseWithHandles<T>(): PromiseWithHandles<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
