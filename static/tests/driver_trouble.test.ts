/** The driver on bad days: no connection, refused answers, a second tab, a paused study. */
import { expect, test, vi } from "vitest";
import { openStudy, passed, play, screen, stage, startDriver, text } from "./driver_stage";

test("a_lost_connection_loses_no_answer_and_stops_nobody", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 3 });
  study.faults = [0, 503, 0, 503, 0];
  play(() => "6");

  await (await startDriver()).run();

  expect([...study.answers.keys()]).toEqual(["main-1", "main-2", "main-3"]);
  expect(study.received).toBe(3);
});

test("a_contradiction_drops_the_answer_and_asks_the_server_again", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  study.answers.set("main-1", { key: "from another tab", choice: "lower", confidence: 3, rt: 900, input: "mouse" });
  play((trial) => {
    // The other tab's answer is known to the server from the moment of the contradiction on.
    const first = study.session.main.trials[0];
    if (first && trial === "main-1") queueMicrotask(() => setTimeout(() => (first.answered = true), 20));
    return "1";
  });

  await (await startDriver()).run();

  expect(study.answers.get("main-1")?.key).toBe("from another tab");
  expect(study.answers.get("main-2")).toMatchObject({ choice: "upper" });
});

test("an_end_without_code_and_without_more_trials_is_told", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  const { handle } = study;
  let refusals = 2;
  study.handle = (method, path, ...rest) =>
    path === "finish" && refusals-- > 0 ? { status: 200, body: { code: null } } : handle.call(study, method, path, ...rest);
  const complaint = vi.spyOn(console, "error").mockImplementation(() => {});
  const seen = play(() => "1");

  await (await startDriver()).run();

  expect(passed(seen)).toContain("Something went wrong on this page");
  expect(complaint).toHaveBeenCalledTimes(1);
  expect(screen()).toBe("thanks");
});

test("a_paused_study_says_so_and_goes_on_when_it_is_open_again", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  study.isPaused = true;
  const driver = await startDriver();
  const running = driver.run();
  await expect.poll(screen).toBe("paused");
  const again = stage.querySelector("button");

  again?.click();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const same = stage.querySelector("button");
  study.isPaused = false;
  same?.click();
  await expect.poll(screen).toBe("instructions");
  play(() => "1");
  await running;

  // The page stays as it is, so that it is not read out again and the focus is kept.
  expect(same).toBe(again);
  expect(study.answers.size).toBe(1);
});

test("an_answer_that_the_server_cannot_take_is_told_and_its_trial_is_asked_again", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  study.faults = [400];
  const seen = play(() => "1");

  await (await startDriver()).run();

  const titles = passed(seen);
  expect(titles.slice(titles.indexOf("main-1"))).toEqual(["main-1", "An answer was not accepted", "main-1", "main-2"]);
  expect([...study.answers.keys()]).toEqual(["main-1", "main-2"]);
});

test("a_tab_whose_session_went_elsewhere_stops_and_can_take_it_back", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 3 });
  const running = (await startDriver()).run();
  const press = (code: string): boolean => document.dispatchEvent(new KeyboardEvent("keydown", { code }));
  const at = async (trial: string): Promise<void> =>
    void (await expect.poll(() => stage.querySelector(`[data-trial=${trial}][data-state=open]`) !== null).toBe(true));
  for (const title of ["Welcome", "What you will see"]) {
    await expect.poll(() => stage.querySelector("h1")?.textContent).toBe(title);
    [...stage.querySelectorAll<HTMLButtonElement>(".page-buttons button")].at(-1)?.click();
  }
  await at("main-1");

  study.tab = "another";
  press("Digit1");
  await expect.poll(screen).toBe("elsewhere");
  press("Digit2");
  const answered = [...study.answers.keys()];
  const keptTab = study.tab;
  stage.querySelector<HTMLButtonElement>(".page-buttons button")?.click();
  await at("main-2");

  expect(answered).toEqual(["main-1"]);
  expect(keptTab).toBe("another");
  expect(study.tab).not.toBe("another");
  play(() => "1");
  await running;
  expect([...study.answers.keys()]).toEqual(["main-1", "main-2", "main-3"]);
});

test("a_contradiction_by_another_tab_stops_this_one", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  study.answers.set("main-1", { key: "from another tab", choice: "lower", confidence: 3, rt: 900, input: "mouse" });
  const seen = play((trial) => {
    study.tab = "another";
    for (const plan of study.session.main.trials) if (plan.id === trial) queueMicrotask(() => (plan.answered = true));
    return "1";
  });

  await (await startDriver()).run();

  expect(seen).toContain("Opened in another tab");
  expect(study.answers.get("main-1")?.key).toBe("from another tab");
});

test("a_tab_that_hears_of_another_one_stops_at_once_and_stays_as_it_is", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  const driver = await startDriver();
  const running = driver.run();
  await expect.poll(screen).toBe("instructions");

  driver.leaveTurn();
  await expect.poll(screen).toBe("elsewhere");
  const here = stage.querySelector(".page-buttons button");
  driver.leaveTurn();
  await new Promise((resolve) => setTimeout(resolve, 30));

  expect(stage.querySelector(".page-buttons button")).toBe(here);
  play(() => "1");
  await running;
  expect([...study.answers.keys()]).toEqual(["main-1"]);
});

test("a_connection_that_is_back_ends_the_trouble", async () => {
  openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  const reachable = fetch;
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const running = (await startDriver()).run();
  await expect.poll(screen).toBe("trouble");

  vi.stubGlobal("fetch", reachable);
  window.dispatchEvent(new Event("online"));
  // Sooner than it would be tried again by itself.
  await expect.poll(screen, { timeout: 900 }).toBe("instructions");

  play(() => "1");
  await running;
});

test("practice_without_end_ends_and_says_whom_to_write_to", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 1, mainTrials: 1, language: "de" });
  study.session.contact = "lab@example.org";
  const { handle } = study;
  const refusal = { field: "practice", message: "it was not passed in 200 attempts", remedy: "Write to lab@example.org" };
  let isOver = true;
  study.handle = (method, path, ...rest) =>
    path === "practice" && isOver ? { status: 409, body: refusal } : handle.call(study, method, path, ...rest);
  play(() => "1");

  const running = (await startDriver()).run();

  await expect.poll(() => stage.querySelector("h1")?.textContent).toBe("Die Übung endet hier");
  expect(stage.querySelector("a")?.href).toBe("mailto:lab@example.org");
  expect(text()).toContain("Fragen? Schreiben Sie an:");
  isOver = false;
  await running;
});
