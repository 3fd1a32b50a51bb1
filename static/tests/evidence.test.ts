/** What is sent of a measurement: the measurement, and where the server would refuse it, what is nearest to it. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { sendable, sendableDuration, TrialWatch } from "../src/evidence";
import type { Timing } from "../src/protocol";

const MEASURED: Timing = {
  rt: 812.5,
  input: "keyboard",
  onset: 100.125,
  second_frame: 116.75,
  event_time: 912.625,
  handler_time: 913,
  refresh_interval: 16.7,
  dropped_frames: 2,
  focus_losses: 1,
  viewport_width: 1280,
  viewport_height: 720,
  cross_origin_isolated: true,
};
/** The limits that the server's serializer states; all values begin at 0. */
const LIMITS = {
  rt: 86_400_000,
  onset: 1e12,
  second_frame: 1e12,
  event_time: 1e12,
  handler_time: 1e12,
  refresh_interval: 10_000,
  dropped_frames: 2 ** 31 - 1,
  focus_losses: 2 ** 31 - 1,
  viewport_width: 100_000,
  viewport_height: 100_000,
} as const;
const COUNTS = ["dropped_frames", "focus_losses", "viewport_width", "viewport_height"] as const;
const NAMES = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

test("sendable_leaves_a_measurement_as_it_is", () => {
  expect(sendable(MEASURED)).toEqual(MEASURED);
});

test("sendable_never_gives_what_the_server_refuses", () => {
  const numbers = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.double()])) as Record<keyof typeof LIMITS, fc.Arbitrary<number>>);
  fc.assert(
    fc.property(numbers, (wild) => {
      const sent = sendable({ ...MEASURED, ...wild });
      for (const name of NAMES) {
        expect(Number.isFinite(sent[name])).toBe(true);
        expect(sent[name]).toBeGreaterThanOrEqual(0);
        expect(sent[name]).toBeLessThanOrEqual(LIMITS[name]);
      }
      for (const name of COUNTS) expect(Number.isInteger(sent[name])).toBe(true);
      expect(JSON.parse(JSON.stringify(sent))).toEqual(sent);
    }),
  );
});

test("sendable_gives_what_is_nearest", () => {
  const jumped = { ...MEASURED, rt: -40, event_time: 1.7e12, second_frame: Number.NaN, dropped_frames: 1e300 };

  expect(sendable(jumped)).toMatchObject({ rt: 0, event_time: 1e12, second_frame: 0, dropped_frames: 2 ** 31 - 1, onset: 100.125 });
});

test("sendableDuration_ends_at_a_day", () => {
  expect([1500.5, -3, Number.NaN, 1e9].map(sendableDuration)).toEqual([1500.5, 0, 0, 86_400_000]);
});

test("isEarly_tells_a_late_arrival_from_a_clock_that_jumped", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  const watch = new TrialWatch(document.body);

  const started = watch.start(() => {});
  frames.shift()?.(5000);
  await started;
  vi.unstubAllGlobals();
  const stamps = [0, 3999, 4001, 4999.9, 5000, 5000.1, Number.NaN];
  const [early, afterSeconds] = [5000.5, 8000].map((now) => stamps.map((timeStamp) => watch.isEarly({ timeStamp } as Event, now)));

  expect(early).toEqual([false, false, true, true, false, false, false]);
  // A clock that stands still keeps nobody from answering for more than a second.
  expect(new Set(afterSeconds)).toEqual(new Set([false]));
});

test("a_clock_that_jumps_back_gives_an_answer_all_the_same", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  const watch = new TrialWatch(document.body);

  const started = watch.start(() => {});
  for (const stamp of [5000, 4000, Number.NaN, 4032]) frames.shift()?.(stamp);
  await started;
  const event = new KeyboardEvent("keydown", { key: "1" });
  Object.defineProperty(event, "timeStamp", { value: 4500 });
  const timing = await watch.stop(event, Number.NaN);
  vi.unstubAllGlobals();

  expect(timing).toMatchObject({ rt: 0, onset: 5000, second_frame: 4000, event_time: 4500, handler_time: 0 });
  expect(JSON.parse(JSON.stringify(timing))).toEqual(timing);
});
