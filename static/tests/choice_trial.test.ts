/** The course of a trial in a simulated document: lock, one answer, frame, feedback, Continue. */
import { beforeEach, expect, test } from "vitest";
import { type ChoiceParameters, runChoiceTrial, type Verdict } from "../src/choice_trial";
import { buildOcclusionChoice } from "../src/plugins/occlusion_choice";
import type { Answer } from "../src/protocol";
import type { Scene } from "../src/scene";

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

test.each<[Verdict, string, string]>([
  ["correct", "Correct! The network favors the right image.", "Correct answers: 5"],
  ["incorrect", "Incorrect! The network favors the left image.", "Correct answers: 4"],
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
