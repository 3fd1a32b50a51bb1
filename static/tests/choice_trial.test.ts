/** The course of a trial in a simulated document: lock, one answer, frame, feedback, Continue. */
import { beforeEach, expect, test, vi } from "vitest";
import { type ChoiceParameters, runChoiceTrial } from "../src/choice_trial";
import { digitKeySwitch } from "../src/digit_keys";
import { buildDomainChoice } from "../src/plugins/domain_choice";
import { buildOcclusionChoice } from "../src/plugins/occlusion_choice";
import type { Answer } from "../src/protocol";
import type { Scene } from "../src/scene";
import type { Verdict } from "../src/trial_frame";

let display: HTMLElement;
let answers: Answer[];

beforeEach(() => {
  display = document.createElement("div");
  document.body.replaceChildren(display);
  answers = [];
});

function parameters(verdict: Verdict, changes: Partial<ChoiceParameters> = {}): ChoiceParameters {
  return {
    trial_id: "t",
    prompt: "Which?",
    progress_label: "Trial 1 of 2",
    trials_done: 0,
    trials_total: 2,
    correct_count: 4,
    answer_lock: 0,
    feedback_delay: 1,
    feedback_duration: 1,
    on_answer: async (answer) => {
      answers.push(answer);
      return verdict;
    },
    ...changes,
  };
}

const state = (): string | undefined => display.querySelector<HTMLElement>(".trial")?.dataset.state;
const reached = (wanted: string): Promise<void> => expect.poll(state).toBe(wanted) as unknown as Promise<void>;
const press = (code: string, key = ""): boolean => document.dispatchEvent(new KeyboardEvent("keydown", { code, key }));
const buttons = (scene: Scene): boolean[] => scene.buttons.map(({ node }) => node.disabled);

test("keys_do_nothing_until_the_lock_opens", async () => {
  const scene = buildOcclusionChoice({}, {});
  const course = runChoiceTrial(display, scene, parameters("none", { answer_lock: 60 }));
  await reached("locked");

  press("Digit1");
  const lockedButtons = buttons(scene);
  await reached("open");

  expect(answers).toEqual([]);
  expect(new Set(lockedButtons)).toEqual(new Set([true]));
  expect(new Set(buttons(scene))).toEqual(new Set([false]));
  press("Digit2");
  await reached("done");
  press("Enter", "Enter");
  expect(await course).toMatchObject({ choice: "left", confidence: 2 });
});

test("one_key_gives_choice_and_the_confidence_on_the_label", async () => {
  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");

  press("Digit1");
  press("Digit6");
  await reached("done");
  press("Enter", "Enter");
  const data = await course;

  expect(answers).toHaveLength(1);
  expect(data).toMatchObject({ choice: "left", response: "left", confidence: 3, input: "keyboard", verdict: "none", trial_id: "t" });
  expect(data.rt).toBe(data.event_time - data.onset);
  expect(data.second_frame).toBeGreaterThan(data.onset);
});

test("a_press_from_before_the_onset_that_arrives_late_is_no_answer", async () => {
  let onset = Number.NaN;
  const request = requestAnimationFrame;
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) =>
    request((stamp) => {
      if (state() === "decoding") onset = stamp;
      callback(stamp);
    }),
  );
  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");
  vi.unstubAllGlobals();
  const early = new KeyboardEvent("keydown", { code: "Digit1" });
  Object.defineProperty(early, "timeStamp", { value: onset - 2 });

  document.dispatchEvent(early);
  press("Digit6");
  await reached("done");
  press("Enter", "Enter");

  expect(await course).toMatchObject({ choice: "right", confidence: 3, onset });
  expect(answers).toHaveLength(1);
});

test("the_scene_is_drawn_in_some_frames_before_the_one_that_shows_it", async () => {
  const request = requestAnimationFrame;
  const states: (string | undefined)[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) =>
    request((stamp) => {
      states.push(state());
      callback(stamp);
    }),
  );

  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");
  vi.unstubAllGlobals();
  press("Digit1");
  await reached("done");
  press("Enter", "Enter");
  await course;

  expect(states.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "decoding"));
});

test.each<[Verdict, string, string]>([
  ["correct", "Correct! The answer is the right image.", "Correct answers: 5"],
  ["incorrect", "Incorrect! The answer is the left image.", "Correct answers: 4"],
  ["pending", "Saved on this computer, sending… You can go on.", "Correct answers: 4"],
  ["none", "", "Correct answers: 4"],
])("verdict_%s_is_told_in_words_and_by_a_frame", async (verdict, words, count) => {
  const scene = buildOcclusionChoice({}, {});
  const course = runChoiceTrial(display, scene, parameters(verdict));
  await reached("open");

  scene.buttons[4]?.node.click();
  await reached("done");

  const told = verdict === "correct" || verdict === "incorrect";
  expect(display.querySelector(".status")?.textContent).toBe(words);
  expect(display.querySelector(".count")?.textContent).toBe(count);
  expect(scene.figures.right?.className).toBe(told ? `query chosen ${verdict}` : "query chosen");
  expect(scene.figures.left?.className).toBe("query");
  display.querySelector<HTMLButtonElement>(".continue")?.click();
  expect(await course).toMatchObject({ choice: "right", confidence: 2, verdict });
});

test.each<[Verdict, string]>([
  ["correct", "Correct! It is a rendition."],
  ["incorrect", "Incorrect! Another answer fits better."],
])("verdict_%s_on_a_label_is_told_without_a_confidence", async (verdict, words) => {
  const scene = buildDomainChoice({}, {});
  const course = runChoiceTrial(display, scene, parameters(verdict));
  await reached("open");

  press("Digit2");
  await reached("done");

  expect(display.querySelector(".status")?.textContent).toBe(words);
  expect(scene.figures.natural?.className).toBe(`query chosen ${verdict}`);
  expect(scene.buttons.map(({ node }) => node.getAttribute("aria-pressed"))).toEqual([null, "true", null]);
  press("Enter", "Enter");
  expect(await course).toMatchObject({ choice: "rendition", verdict });
  expect(answers[0]).not.toHaveProperty("confidence");
});

test("digit_keys_that_were_turned_off_answer_nothing", async () => {
  const keys = digitKeySwitch();
  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");

  keys.click();
  press("Digit1");
  const whileOff = [...answers];
  const label = keys.textContent;
  keys.click();
  press("Digit1");
  await reached("done");
  press("Enter", "Enter");
  await course;

  expect(whileOff).toEqual([]);
  expect(label).toBe("Turn the digit keys on");
  expect(answers).toHaveLength(1);
});

test("a_trial_under_a_dialog_takes_no_keys", async () => {
  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");
  const dialog = document.body.appendChild(document.createElement("dialog"));

  dialog.showModal();
  press("Digit1");
  dialog.remove();
  const underDialog = [...answers];
  press("Digit2");
  await reached("done");
  press("Enter", "Enter");
  await course;

  expect(underDialog).toEqual([]);
});

test("a_trial_that_was_taken_off_the_page_takes_no_keys", async () => {
  void runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  await reached("open");

  display.replaceChildren();
  press("Digit1");

  expect(answers).toEqual([]);
});

test("enter_on_another_control_works_that_control_and_nothing_else", async () => {
  const course = runChoiceTrial(display, buildOcclusionChoice({}, {}), parameters("none"));
  const other = document.body.appendChild(document.createElement("button"));
  await reached("open");
  press("Digit1");
  await reached("done");

  const enter = (target: EventTarget): boolean =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  const leftToTheControl = enter(other);
  const stillThere = display.querySelector(".continue") !== null;
  const taken = !enter(document.body);
  await course;

  expect(leftToTheControl).toBe(true);
  expect(stillThere).toBe(true);
  expect(taken).toBe(true);
});

test("the_focus_goes_from_question_to_pressed_button_to_continue", async () => {
  const scene = buildOcclusionChoice({}, {});
  const focused: (Element | null)[] = [];
  const onAnswer = async (): Promise<Verdict> => {
    focused.push(document.activeElement);
    return "correct";
  };
  const course = runChoiceTrial(display, scene, parameters("correct", { on_answer: onAnswer }));
  await reached("open");
  focused.push(document.activeElement);

  scene.buttons[4]?.node.focus();
  scene.buttons[4]?.node.click();
  await reached("done");
  focused.push(document.activeElement);
  press("Enter", "Enter");
  await course;

  expect(focused.map((node) => node?.className.split(" ").at(-1))).toEqual(["prompt", "answer", "continue"]);
  expect(focused[1]).toBe(scene.buttons[4]?.node);
});
