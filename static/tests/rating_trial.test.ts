/** The course of a rating in a simulated document: lock, a slider that stands nowhere, confirmation. */
import { beforeEach, expect, test } from "vitest";
import type { Answer } from "../src/protocol";
import { buildRating, type RatingScene } from "../src/rating_scene";
import { type RatingData, runRatingTrial } from "../src/rating_trial";
import type { TrialParameters } from "../src/trial_frame";

let display: HTMLElement;
let answers: Answer[];
let scene: RatingScene;

beforeEach(() => {
  display = document.createElement("div");
  document.body.replaceChildren(display);
  answers = [];
  const images = { left_0: "blob:0", left_1: "blob:1", right_0: "blob:2" };
  scene = buildRating(images, { prompt: "How well?", titles: { left: "These", right: "Those" }, ends: ["not at all", "well"] });
});

function start(changes: Partial<TrialParameters> = {}): Promise<RatingData> {
  return runRatingTrial(display, scene, {
    trial_id: "t",
    prompt: "How well?",
    progress_label: "Trial 1 of 2",
    trials_done: 0,
    trials_total: 2,
    correct_count: null,
    answer_lock: 0,
    on_answer: async (answer) => {
      answers.push(answer);
      return "none";
    },
    ...changes,
  });
}

const reached = async (wanted: string): Promise<void> =>
  void (await expect.poll(() => display.querySelector<HTMLElement>(".trial")?.dataset.state).toBe(wanted));
const confirm = (): HTMLButtonElement => display.querySelector(".confirm") as HTMLButtonElement;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function move(to: string): void {
  scene.slider.value = to;
  scene.slider.dispatchEvent(new Event("input"));
}

test("the_place_where_the_slider_begins_is_no_answer", async () => {
  void start();
  await reached("open");

  confirm().click();
  await settled();

  expect(answers).toEqual([]);
  expect(confirm().disabled).toBe(true);
  expect(scene.slider.getAttribute("aria-valuetext")).toBe("no answer yet");
  expect(scene.slider.dataset.touched).toBeUndefined();
});

test("a_moved_slider_is_recorded_when_it_is_confirmed", async () => {
  const course = start();
  await reached("open");

  move("70");
  await settled();
  move("-35");
  const before = [...answers];
  confirm().click();
  const data = await course;

  expect(before).toEqual([]);
  expect(answers).toHaveLength(1);
  expect(data).toMatchObject({ rating: -35, response: -35, trial_id: "t", input: "keyboard" });
  expect(data.rt).toBe(data.event_time - data.onset);
  expect(scene.slider.getAttribute("aria-valuetext")).toBe("-35");
});

test.each<[string, () => void]>([
  ["a_press_in_the_middle", () => scene.slider.click()],
  ["Enter", () => scene.slider.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }))],
  ["Space", () => scene.slider.dispatchEvent(new KeyboardEvent("keydown", { key: " " }))],
])("%s_makes_the_middle_an_answer", async (_, touch) => {
  const course = start();
  await reached("open");

  touch();
  await settled();
  confirm().click();

  expect(await course).toMatchObject({ rating: 0 });
});

test("a_locked_slider_takes_nothing", async () => {
  const course = start({ answer_lock: 60 });
  await reached("locked");

  const locked = scene.slider.disabled;
  await reached("open");
  const open = scene.slider.disabled;
  move("100");
  await settled();
  confirm().click();

  expect([locked, open]).toEqual([true, false]);
  expect(await course).toMatchObject({ rating: 100 });
});

test("the_slider_goes_from_left_to_right_between_its_words", () => {
  const { slider, root } = scene;

  expect([slider.min, slider.max, slider.type]).toEqual(["-100", "100", "range"]);
  expect(slider.getAttribute("aria-label")).toBe("How well?");
  expect([...root.querySelectorAll(".rating-ends span")].map(({ textContent }) => textContent)).toEqual(["not at all", "well"]);
  expect(root.dir).toBe("ltr");
});
