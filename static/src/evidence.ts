/** Watches a trial from its onset to its answer, and tells what was measured in the form in which the server takes it. */
import { FocusWatch, FrameClock, inputDevice, reactionTime } from "./clock";
import type { Timing } from "./protocol";

/** The server's limits, in milliseconds, pixels and counts. */
const DAY = 86_400_000;
const LATEST = 1e12;
const LONGEST_FRAME = 10_000;
const LARGEST_WINDOW = 100_000;
const LARGEST_COUNT = 2 ** 31 - 1;
/** Milliseconds that an input may take at most from the device to the page, on a computer that is very busy. */
const LONGEST_WAY = 1000;

export class TrialWatch {
  private readonly clock: FrameClock;
  private readonly focus = new FocusWatch();

  /** Watches as long as `scene` is on the page. */
  constructor(scene: HTMLElement) {
    this.clock = new FrameClock(() => scene.isConnected);
  }

  /** Runs `paint` inside an animation frame; that frame is the onset. */
  async start(paint: () => void): Promise<void> {
    await this.clock.start(paint);
  }

  /**
   * Whether `event`, whose handler runs at `now`, was on its way before the onset. Where no way is that long the clock jumped
   * or stands still, and whoever pressed must not be kept waiting for it.
   */
  isEarly(event: Event, now: number): boolean {
    return event.timeStamp < this.clock.onset && now - event.timeStamp < LONGEST_WAY;
  }

  /** What is known of the moment of `event`, whose handler ran at `handlerTime`. */
  async stop(event: Event, handlerTime: number): Promise<Timing> {
    const focusLosses = this.focus.stop();
    // A person never answers within a frame; a simulated one may, and both stamps belong to every answer.
    const secondFrame = await this.clock.secondFrame;
    return sendable({
      rt: reactionTime(this.clock.onset, event.timeStamp),
      input: inputDevice(event),
      onset: this.clock.onset,
      second_frame: secondFrame,
      event_time: event.timeStamp,
      handler_time: handlerTime,
      ...this.clock.stop(),
      focus_losses: focusLosses,
      viewport_width: window.innerWidth,
      viewport_height: window.innerHeight,
      cross_origin_isolated: window.crossOriginIsolated,
    });
  }
}

/**
 * The nearest evidence that the server takes: numbers stay as they were measured as long as they are finite and within its
 * limits. A clock that jumped must not keep somebody from going on; the server sees from the stamps that it jumped.
 */
export function sendable(timing: Timing): Timing {
  return {
    ...timing,
    rt: within(timing.rt, DAY),
    onset: within(timing.onset, LATEST),
    second_frame: within(timing.second_frame, LATEST),
    event_time: within(timing.event_time, LATEST),
    handler_time: within(timing.handler_time, LATEST),
    refresh_interval: within(timing.refresh_interval, LONGEST_FRAME),
    dropped_frames: Math.round(within(timing.dropped_frames, LARGEST_COUNT)),
    focus_losses: Math.round(within(timing.focus_losses, LARGEST_COUNT)),
    viewport_width: Math.round(within(timing.viewport_width, LARGEST_WINDOW)),
    viewport_height: Math.round(within(timing.viewport_height, LARGEST_WINDOW)),
  };
}

/** Milliseconds on the instruction pages, within what the server takes. */
export function sendableDuration(duration: number): number {
  return within(duration, DAY);
}

/** The number nearest to `value` from 0 to `high`; 0 if it is no number at all. */
function within(value: number, high: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), high);
}
