/** Answers on their way to the server: kept in IndexedDB until acknowledged, sent in order, again and again until they arrive. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type KeyedAnswer, Refused } from "./api";
import { backoff } from "./backoff";
import type { Answer, Receipt } from "./protocol";
import { randomId } from "./random_id";

/** The answer to an answer that contradicts what is stored. */
const CONFLICT = 409;

export interface Parcel {
  trial: string;
  answer: KeyedAnswer;
}

/** When the page was opened, which page it was, and the answer's number there: pages side by side never share a row. */
type Row = [opened: number, page: string, number: number];

interface Tables extends DBSchema {
  answers: { key: Row; value: Parcel };
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
  row: Row;
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
    /** Null where the browser forbids storage: then answers are kept in memory only. */
    private readonly database: IDBPDatabase<Tables> | null,
    private readonly options: OutboxOptions,
  ) {}

  static async open(options: OutboxOptions): Promise<Outbox> {
    const opening = openDB<Tables>(options.name, 1, { upgrade: (db) => void db.createObjectStore("answers") });
    const outbox = new Outbox(await opening.catch(() => null), options);
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
    const rows = (await this.database?.getAllKeys("answers")) ?? [];
    const parcels = (await this.database?.getAll("answers")) ?? [];
    const queued = new Set(this.queue.map(({ answer }) => answer.key));
    parcels.forEach((parcel, index) => {
      const row = rows[index];
      if (row !== undefined && trials.has(parcel.trial) && !queued.has(parcel.answer.key)) this.enqueue(row, parcel);
    });
    void this.deliver();
    return this.queue.length;
  }

  /** Stores the answer and begins to send it. Resolves when the server has it; rejects when the server refuses it. */
  async add(trial: string, answer: Answer): Promise<Receipt> {
    this.count += 1;
    const row: Row = [this.opened, this.page, this.count];
    const parcel = { trial, answer: { ...answer, key: randomId() } };
    const waiting = this.enqueue(row, parcel);
    const { promise } = waiting.receipt;
    // A full disk must not stop the answer from being sent.
    await this.store(row, parcel).catch((error: unknown) => console.warn("an answer could not be stored here", error));
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
    for (const parcel of [...this.queue]) await this.remove(parcel);
  }

  private async store(row: Row, parcel: Parcel): Promise<void> {
    // `strict` asks for the disk, not for its cache: the answer survives a crash of the computer.
    const transaction = this.database?.transaction("answers", "readwrite", { durability: "strict" });
    await Promise.all([transaction?.store.put(parcel, row), transaction?.done]);
  }

  private enqueue(row: Row, parcel: Parcel): Waiting {
    const waiting = { ...parcel, row, receipt: newReceipt() };
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
      if (receipt.elsewhere) this.onElsewhere();
    } catch (error) {
      if (error instanceof Refused) await this.giveUp(parcel, error);
      else await this.pause();
    }
  }

  private async giveUp(parcel: Waiting, refusal: Refused): Promise<void> {
    const { reject } = parcel.receipt;
    this.failures = 0;
    if (refusal.gone) {
      this.gone = refusal;
      // The answer stays, and may be sent once more when the person has come back to the session.
      parcel.receipt = newReceipt();
    } else {
      if (refusal.status === CONFLICT) this.contradicted = true;
      else this.refused = refusal;
      await this.remove(parcel);
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
    await this.database?.delete("answers", parcel.row).catch((error: unknown) => console.warn(error));
    this.queue = this.queue.filter((other) => other !== parcel);
    this.options.onChange(this);
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
