/** The driver with the real outbox, preloader and jsPsych, against a study in memory behind `fetch`: the way through a session. */
import { expect, test } from "vitest";
import { openStudy, passed, play, screen, stage, startDriver } from "./driver_stage";

test("a_session_runs_from_instructions_to_the_code", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 1, mainTrials: 2 });
  const seen = play(() => "2");

  await (await startDriver()).run();

  expect(study.session.phase).toBe("finished");
  expect(stage.querySelector(".code")?.textContent).toBe("WREN-4821");
  expect([...study.answers.keys()]).toEqual(["practice-1", "main-1", "main-2"]);
  expect(study.answers.get("main-2")).toMatchObject({ choice: "upper", confidence: 2, input: "keyboard" });
  expect(study.durations).toHaveLength(1);
  expect(passed(seen)).toEqual(["Welcome", "What you will see", "practice-1", "Well done", "main-1", "main-2"]);
});

test("practice_is_given_anew_until_it_is_right", async () => {
  const study = openStudy({ task: "occlusion_choice", practiceTrials: 2, mainTrials: 1 });
  const seen = play((trial) => (trial === "practice-2" ? "1" : "5"));

  await (await startDriver()).run();

  expect(study.session.practice.attempt).toBe(2);
  expect(seen).toContain("Once more");
  expect(study.answers.get("practice-2-again-2")).toMatchObject({ choice: "right", confidence: 2 });
});

test("a_labelling_session_shows_a_label_in_its_example_and_stores_labels", async () => {
  const study = openStudy({ task: "domain_choice", practiceTrials: 1, mainTrials: 2, feedbackInMain: false });
  play((trial) => (trial === "main-2" ? "3" : "1"));

  await (await startDriver()).run();

  expect([...study.answers.values()].map(({ choice }) => choice)).toEqual(["natural", "natural", "ambiguous"]);
  expect([...study.answers.values()].filter((answer) => "confidence" in answer)).toEqual([]);
});

test("a_session_goes_on_at_the_first_unanswered_trial", async () => {
  const study = openStudy({ task: "two_afc", mainTrials: 3 });
  study.session.phase = "main";
  const done = study.session.main.trials[0];
  if (done) done.answered = true;
  play(() => "1");

  await (await startDriver()).run();

  expect([...study.answers.keys()]).toEqual(["main-2", "main-3"]);
});

test("trials_missing_at_the_end_are_played", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  let lost = false;
  play((trial) => {
    if (trial === "main-2" && !lost) {
      lost = true;
      study.answers.delete("main-1");
      for (const plan of study.session.main.trials) if (plan.id === "main-1") plan.answered = false;
    }
    return "1";
  });

  await (await startDriver()).run();

  expect([...study.answers.keys()].sort()).toEqual(["main-1", "main-2"]);
});

test("blocks_have_a_page_between_them_with_the_score_of_the_one_before", async () => {
  openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2, blocks: 2, blockScore: true, feedbackInMain: false });
  const scores: string[] = [];
  const seen = play((trial) => (trial === "main-2" ? "4" : "1"));
  const watch = new MutationObserver(() => scores.push(stage.querySelector(".score")?.textContent ?? ""));
  watch.observe(stage, { childList: true });

  await (await startDriver()).run();
  watch.disconnect();

  expect(passed(seen)).toEqual(["Welcome", "What you will see", "A short rest", "main-1", "main-2", "A short rest", "main-3", "main-4", "Block finished"]);
  expect(scores.filter((score) => score !== "")).toEqual([
    "In the block you have just finished, 1 of 2 answers were right.",
    "In the block you have just finished, 2 of 2 answers were right.",
  ]);
});

test("a_block_that_was_begun_goes_on_without_its_page", async () => {
  const study = openStudy({ task: "two_afc", mainTrials: 2, blocks: 2 });
  study.session.phase = "main";
  for (const trial of study.session.main.trials.slice(0, 3)) trial.answered = true;
  const seen = play(() => "1");

  await (await startDriver()).run();

  expect(passed(seen)).toEqual(["main-4"]);
});

test("ratings_and_choices_are_answered_each_in_its_way", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1, ratings: 2 });
  const seen = play(() => "1");

  await (await startDriver()).run();

  expect(passed(seen)).toEqual(["Welcome", "What you will see", "First a rating", "rating-1", "rating-2", "A short rest", "main-1"]);
  expect(study.answers.get("rating-2")).toMatchObject({ rating: 40, rt: expect.any(Number) });
  expect(study.answers.get("rating-2")).not.toHaveProperty("choice");
  expect(study.answers.get("main-1")).toMatchObject({ choice: "upper", confidence: 1 });
});

test("trials_that_are_asked_again_at_the_end_are_played_before_the_code", async () => {
  openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2, repeats: 1 });
  const seen = play(() => "1");

  await (await startDriver()).run();

  expect(passed(seen)).toEqual(["Welcome", "What you will see", "main-1", "main-2", "Once again", "again-main-1"]);
  expect(stage.querySelector(".code")?.textContent).toBe("WREN-4821");
});

test("a_german_session_speaks_german", async () => {
  openStudy({ task: "two_afc", mainTrials: 1, language: "de" });
  const run = (await startDriver()).run();
  await expect.poll(screen).toBe("instructions");

  const next = stage.querySelector(".page-buttons button:not([hidden])")?.textContent;
  play(() => "1");
  await run;

  expect(next).toBe("Weiter");
  expect(document.documentElement.lang).toBe("de");
  expect(stage.querySelector("h1")?.textContent).toBe("Vielen Dank!");
});
