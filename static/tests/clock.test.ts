/** Arithmetic of time, against hand-made frame sequences. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { countDroppedFrames, FocusWatch, FrameClock, inputDevice, median, reactionTime } from "../src/clock";

test("reactionTime_is_event_minus_onset", () => {
  expect(reactionTime(1000.25, 1734.75)).toBe(734.5);
});

test("median_agrees_with_its_definition", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (values) => {
      const middle = median(values);
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("countDroppedFrames_counts_what_was_left_out", () => {
  const interval = 1000 / 60;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (steps) => {
      const intervals = steps.map((step) => step * interval + 0.3);
      const dropped = steps.reduce((sum, step) => sum + step - 1, 0);
      expect(countDroppedFrames(intervals, interval)).toBe(dropped);
    }),
  );
});

test("FrameClock_stamps_the_frame_that_painted_and_the_one_after", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  const clock = new FrameClock();
  const painted: string[] = [];

  const started = clock.start(() => painted.push("images"));
  for (const stamp of [100, 116, 132, 180, 196]) frames.shift()?.(stamp);

  expect(await started).toBe(100);
  expect(painted).toEqual(["images"]);
  expect(await clock.secondFrame).toBe(116);
  expect(clock.stop()).toEqual({ refresh_interval: 16, dropped_frames: 2 });
  vi.unstubAllGlobals();
});

test("FrameClock_takes_a_hidden_page_for_no_dropped_frames_even_right_after_the_onset", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  const clock = new FrameClock();

  const started = clock.start(() => {});
  frames.shift()?.(100);
  await started;
  document.dispatchEvent(new Event("visibilitychange"));
  for (const stamp of [5000, 5016, 5032]) frames.shift()?.(stamp);

  expect(await clock.secondFrame).toBe(5016);
  expect(clock.stop()).toEqual({ refresh_interval: 16, dropped_frames: 0 });
  vi.unstubAllGlobals();
});

test("FocusWatch_counts_a_change_of_tab_once", () => {
  const watch = new FocusWatch();

  window.dispatchEvent(new Event("blur"));
  window.dispatchEvent(new Event("blur"));
  window.dispatchEvent(new Event("focus"));
  window.dispatchEvent(new Event("blur"));
  const losses = watch.stop();
  window.dispatchEvent(new Event("focus"));
  window.dispatchEvent(new Event("blur"));

  expect(losses).toBe(2);
  expect(watch.losses).toBe(2);
});

test("FocusWatch_does_not_count_Tab_from_the_last_control", () => {
  const watch = new FocusWatch();

  window.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab" }));
  window.dispatchEvent(new Event("blur"));
  window.dispatchEvent(new Event("focus"));
  const tabbed = watch.losses;
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab" }));
  window.dispatchEvent(new KeyboardEvent("keyup", { key: "Tab" }));
  window.dispatchEvent(new Event("blur"));

  expect(tabbed).toBe(0);
  expect(watch.stop()).toBe(1);
});

test.each([
  [new KeyboardEvent("keydown", { key: "1" }), "keyboard"],
  [new PointerEvent("click", { detail: 1, pointerType: "touch" }), "touch"],
  [new PointerEvent("click", { detail: 1, pointerType: "pen" }), "pen"],
  [new PointerEvent("click", { detail: 1, pointerType: "mouse" }), "mouse"],
  [new MouseEvent("click", { detail: 1 }), "mouse"],
  [new PointerEvent("click", { detail: 0, pointerType: "" }), "keyboard"],
])("inputDevice_names_what_pressed_%#", (event, device) => {
  expect(inputDevice(event)).toBe(device);
});
