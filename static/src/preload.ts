/** Fetches, checks and decodes the images of a session: six at a time, three tries each, in the background of the instructions. */
import { backoff, wait } from "./backoff";
import type { ImageSource, ShownImages, TrialPlan } from "./protocol";

const AT_ONCE = 6;
const TRIES = 3;
const TIMEOUT = 30_000;

/** Some images of a trial could not be had. */
export class PreloadFailed extends Error {}

export interface PreloadOptions {
  /** Milliseconds to wait after the n-th failed try of a file. */
  delay?: (failures: number) => number;
  /** Resolves when the image behind a blob URL can be painted at once; rejects when it is no image. */
  decode?: (url: string) => Promise<void>;
}

interface Job {
  source: ImageSource;
  url: Promise<string>;
  start: () => void;
}

export class Preloader {
  /** Told how many files have been dealt with, of how many. */
  onProgress: (done: number, total: number) => void = () => {};
  private readonly jobs = new Map<string, Job>();
  private readonly pending: Job[] = [];
  private running = 0;
  private done = 0;

  constructor(private readonly options: PreloadOptions = {}) {}

  /** Begins to fetch the images of `trials`, in that order, where this has not begun before. */
  enqueue(trials: readonly TrialPlan[]): void {
    this.pending.push(...trials.flatMap((trial) => this.newJobs(trial)));
    this.startNext();
  }

  /**
   * The images of a trial by place, as blob URLs that can be painted at once. What failed in the background is tried again.
   * Throws PreloadFailed when a file could not be had in three tries; calling again tries these files again.
   */
  async ready(trial: TrialPlan): Promise<ShownImages> {
    this.pending.unshift(...this.newJobs(trial));
    this.startNext();
    const places = Object.entries(trial.images);
    const urls = await Promise.allSettled(places.map(([, source]) => this.jobs.get(source.url)?.url));
    const failed = urls.filter(({ status }) => status === "rejected").length;
    if (failed > 0) throw new PreloadFailed(`${failed} of ${places.length} images could not be loaded`);
    return Object.fromEntries(places.map(([place], index) => [place, (urls[index] as PromiseFulfilledResult<string>).value]));
  }

  /** Frees the memory of a trial that will not be shown again. */
  async release(trial: TrialPlan): Promise<void> {
    for (const source of Object.values(trial.images)) {
      const job = this.jobs.get(source.url);
      this.jobs.delete(source.url);
      const url = await job?.url.catch(() => undefined);
      if (url) URL.revokeObjectURL(url);
    }
  }

  private newJobs(trial: TrialPlan): Job[] {
    return Object.values(trial.images).flatMap((source) => (this.jobs.has(source.url) ? [] : [this.createJob(source)]));
  }

  private createJob(source: ImageSource): Job {
    let start: () => void = () => {};
    const turn = new Promise<void>((resolve) => (start = resolve));
    const url = turn.then(() => this.fetchWithRetry(source));
    const job = { source, url, start };
    this.jobs.set(source.url, job);
    // The failure is reported by `ready`, to the trial that needs the file, if it waits by now.
    url.catch(() => this.forget(job)).finally(() => this.finishJob());
    return job;
  }

  private forget(job: Job): void {
    if (this.jobs.get(job.source.url) === job) this.jobs.delete(job.source.url);
  }

  private startNext(): void {
    while (this.running < AT_ONCE) {
      const job = this.pending.shift();
      if (!job) return;
      this.running += 1;
      job.start();
    }
  }

  private finishJob(): void {
    this.running -= 1;
    this.done += 1;
    this.onProgress(this.done, this.done + this.running + this.pending.length);
    this.startNext();
  }

  private async fetchWithRetry(source: ImageSource): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.fetchOnce(source, attempt);
      } catch (error) {
        if (attempt === TRIES) throw error;
        await wait((this.options.delay ?? backoff)(attempt));
      }
    }
  }

  private async fetchOnce(source: ImageSource, attempt: number): Promise<string> {
    // A spoilt copy in the browser's cache must not spoil the next try as well.
    const cache = attempt === 1 ? "default" : "reload";
    const response = await fetch(source.url, { signal: AbortSignal.timeout(TIMEOUT), cache });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const blob = await response.blob();
    await check(blob, source);
    const url = URL.createObjectURL(blob);
    try {
      await (this.options.decode ?? decode)(url);
    } catch (error) {
      URL.revokeObjectURL(url);
      throw error;
    }
    return url;
  }
}

async function check(blob: Blob, source: ImageSource): Promise<void> {
  if (blob.size !== source.size) throw new Error(`${blob.size} bytes instead of ${source.size}`);
  // Browsers offer SubtleCrypto on HTTPS and localhost only.
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== source.sha256) throw new Error("the file's content is not what was announced");
}

async function decode(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await image.decode();
}
