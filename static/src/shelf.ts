/** Answers on this computer's disk, in IndexedDB. Where a browser forbids it, is full or never replies, the page goes on without. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { KeyedAnswer } from "./api";
import { wait } from "./backoff";

/** Milliseconds for which the browser's storage is waited for. */
const PATIENCE = 2000;

export interface Parcel {
  trial: string;
  answer: KeyedAnswer;
}

/** When the page was opened, which page it was, and the answer's number there: pages side by side never share a row. */
export type Row = [opened: number, page: string, number: number];

interface Tables extends DBSchema {
  answers: { key: Row; value: Parcel };
}

export class Shelf {
  private constructor(private readonly database: IDBPDatabase<Tables> | null) {}

  static async open(name: string): Promise<Shelf> {
    const opening = (): Promise<IDBPDatabase<Tables>> =>
      openDB<Tables>(name, 1, { upgrade: (database) => void database.createObjectStore("answers") });
    return new Shelf(await inTime(opening, null));
  }

  /** Everything on the shelf, in the order of its rows. */
  all(): Promise<[Row, Parcel][]> {
    return inTime(async () => {
      const rows = (await this.database?.getAllKeys("answers")) ?? [];
      const parcels = (await this.database?.getAll("answers")) ?? [];
      return parcels.flatMap((parcel, index): [Row, Parcel][] => (rows[index] ? [[rows[index], parcel]] : []));
    }, []);
  }

  /** Whether the parcel is on the disk now. */
  put(row: Row, parcel: Parcel): Promise<boolean> {
    return inTime(async () => {
      // `strict` asks for the disk, not for its cache: the answer survives a crash of the computer.
      const transaction = this.database?.transaction("answers", "readwrite", { durability: "strict" });
      await Promise.all([transaction?.store.put(parcel, row), transaction?.done]);
      return transaction !== undefined;
    }, false);
  }

  async remove(row: Row): Promise<void> {
    await inTime(async () => this.database?.delete("answers", row), undefined);
  }
}

/** What `work` gives, or `otherwise` if the browser refuses or takes too long. */
async function inTime<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await Promise.race([work(), wait(PATIENCE).then(() => otherwise)]);
  } catch (error) {
    console.warn("this browser keeps no answers", error);
    return otherwise;
  }
}
