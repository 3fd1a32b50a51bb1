/** Time as the trials measure it: onset by animation frame, reaction time by event timestamp, dropped frames, losses of focus. */
import type { InputDevice } from "./protocol";

/** Resolves with the timestamp of the next animation frame, in milliseconds since `performance.timeOrigin`. */
export function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Milliseconds from the onset frame to the input event. Both stamps are on the same clock. */
export function reactionTime(onset: number, eventTime: number): number {
  return eventTime - onset;
}

/** The median of `values`, which must not be empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * How many frames the screen was due but did not get, given the intervals between those that it got. None are counted where
 * the browser's clock is so coarse that the interval is 0.
 */
export function countDroppedFrames(intervals: readonly number[], refreshInterval: number): number {
  if (!(refreshInterval > 0)) return 0;
  return intervals.reduce((sum, interval) => sum + Math.max(0, Math.round(interval / refreshInterval) - 1), 0);
}

/** Stamps every animation frame from the onset on, until it is stopped. */
export class FrameClock {
  /** The frame in which the images were first painted. */
  onset = Number.NaN;
  /** The frame after it: by then the first one was on its way to the screen. */
  readonly secondFrame: Promise<number>;
  private readonly intervals: number[] = [];
  private last: number | null = null;
  private request = 0;
  private reachSecondFrame: (stamp: number) => void = () => {};

  /** `isShown` ends the stamping of a trial that was taken off the page. */
  constructor(private readonly isShown: () => boolean = () => true) {
    this.secondFrame = new Promise((resolve) => (this.reachSecondFrame = resolve));
  }

  /** Runs `paint` inside an animation frame; that frame is the onset. Returns its timestamp. */
  async start(paint: () => void): Promise<number> {
    this.onset = await new Promise((resolve) =>
      requestAnimationFrame((stamp) => {
        paint();
        this.last = stamp;
        this.request = requestAnimationFrame(this.tick);
        resolve(stamp);
      }),
    );
    // A hidden page gets no frames; the gap is a loss of attention, not a dropped frame.
    document.addEventListener("visibilitychange", this.forgetLast);
    return this.onset;
  }

  /** The median interval between frames in milliseconds, and the number of frames dropped since the onset. */
  stop(): { refresh_interval: number; dropped_frames: number } {
    cancelAnimationFrame(this.request);
    document.removeEventListener("visibilitychange", this.forgetLast);
    const refreshInterval = median(this.intervals);
    return { refresh_interval: refreshInterval, dropped_frames: countDroppedFrames(this.intervals, refreshInterval) };
  }

  private readonly forgetLast = (): void => {
    this.last = null;
  };

  private readonly tick = (stamp: number): void => {
    if (this.last !== null) this.intervals.push(stamp - this.last);
    if (this.intervals.length === 1) this.reachSecondFrame(stamp);
    this.last = stamp;
    if (this.isShown()) this.request = requestAnimationFrame(this.tick);
  };
}

/** Counts how often the page lost the person's attention: another window, another tab, a minimized browser. */
export class FocusWatch {
  losses = 0;
  private away = false;
  private tabbing = false;

  constructor() {
    window.addEventListener("blur", this.blur);
    window.addEventListener("keydown", this.keyDown, true);
    window.addEventListener("keyup", this.keyUp, true);
    window.addEventListener("focus", this.comeBack);
    document.addEventListener("visibilitychange", this.changeVisibility);
  }

  stop(): number {
    window.removeEventListener("blur", this.blur);
    window.removeEventListener("keydown", this.keyDown, true);
    window.removeEventListener("keyup", this.keyUp, true);
    window.removeEventListener("focus", this.comeBack);
    document.removeEventListener("visibilitychange", this.changeVisibility);
    return this.losses;
  }

  // Tab from the last control goes on to the browser's own: whoever works by keyboard has not turned away.
  private readonly blur = (): void => {
    if (!this.tabbing) this.leave();
    this.tabbing = false;
  };

  private readonly keyDown = (event: KeyboardEvent): void => {
    this.tabbing = event.key === "Tab" && !event.altKey && !event.ctrlKey && !event.metaKey;
  };

  private readonly keyUp = (): void => {
    this.tabbing = false;
  };

  // Switching tabs fires both blur and visibilitychange: together they are one loss.
  private readonly leave = (): void => {
    if (!this.away) this.losses += 1;
    this.away = true;
  };

  private readonly comeBack = (): void => {
    this.away = false;
  };

  private readonly changeVisibility = (): void => {
    if (document.visibilityState === "hidden") this.leave();
    else this.comeBack();
  };
}

/** The device behind a click. A click without a pointer (`detail` 0) came from Enter or Space on a focused button. */
export function inputDevice(event: Event): InputDevice {
  if (event instanceof KeyboardEvent) return "keyboard";
  if (event instanceof MouseEvent && event.detail === 0) return "keyboard";
  const pointer = "pointerType" in event ? event.pointerType : "";
  return pointer === "touch" || pointer === "pen" ? pointer : "mouse";
}
