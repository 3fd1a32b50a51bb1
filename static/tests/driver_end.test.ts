/** The driver at the end: the last page, withdrawal, sessions that ended otherwise. */
import { expect, test, vi } from "vitest";
import { openStudy, play, players, screen, stage, startDriver, text } from "./driver_stage";

test("withdrawing_ends_the_session_at_once_and_sends_nothing_more", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  const running: boolean[] = [];
  const driver = await startDriver(undefined, (isRunning) => running.push(isRunning));
  const run = driver.run();
  play((trial) => (trial === "main-1" ? "1" : ""));
  await expect.poll(() => stage.querySelector("[data-trial=main-2][data-state=open]") !== null).toBe(true);

  const withdrawal = driver.withdraw();
  document.dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1" }));
  document.querySelector<HTMLButtonElement>("dialog .danger")?.click();
  await Promise.all([withdrawal, run]);
  document.dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1" }));

  expect(screen()).toBe("withdrawn");
  expect(text()).toContain("ERASE-73KD");
  expect(text()).toContain("/erase/");
  expect([...study.answers.keys()]).toEqual(["main-1"]);
  expect(running.at(-1)).toBe(false);
  expect(document.querySelector("dialog")).toBeNull();
});

test("a_withdrawal_that_fails_is_told_in_the_dialog_and_changes_nothing", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  study.canWithdraw = false;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const driver = await startDriver();
  const run = driver.run();
  await expect.poll(screen).toBe("instructions");

  const withdrawal = driver.withdraw();
  document.querySelector<HTMLButtonElement>("dialog .danger")?.click();
  await expect.poll(() => document.querySelector(".problem")?.textContent).toContain("This did not work");
  document.querySelector<HTMLButtonElement>("dialog .secondary")?.click();
  await withdrawal;
  play(() => "1");
  await run;

  expect(screen()).toBe("thanks");
});

test("the_last_page_has_code_thanks_contact_return_and_withdrawal", async () => {
  openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  play(() => "1");
  const driver = await startDriver();

  await driver.run();
  players.abort();
  const link = (start: string): HTMLAnchorElement | null => stage.querySelector(`a[href^="${start}"]`);

  expect(link("https://app.prolific.com")?.textContent).toBe("Return to Prolific");
  expect(link("mailto:")?.textContent).toBe("lab@example.org");
  expect(text()).toContain("Tell nobody what you saw.");
  expect(text()).toContain("ERASE-73KD");
  stage.querySelector<HTMLButtonElement>(".change-of-mind .page-buttons button")?.click();
  document.querySelector<HTMLButtonElement>("dialog .danger")?.click();
  await expect.poll(screen).toBe("withdrawn");
  expect(stage.querySelector(".code")?.textContent).toBe("WREN-4821");
});

test("the_last_page_has_the_erasure_code_although_the_reply_that_told_it_was_lost", async () => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  study.repliesLost.add("finish");
  play(() => "1");

  await (await startDriver()).run();

  expect([screen(), study.repliesLost.size]).toEqual(["thanks", 0]);
  expect(text()).toContain("WREN-4821");
  expect(text()).toContain("ERASE-73KD");
});

test.each(["thanks", "withdrawn"])("the_page_%s_has_the_erasure_code_when_it_is_loaded_anew", async (page) => {
  const study = openStudy({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  play(() => "1");
  await (await startDriver()).run();
  if (page === "withdrawn") study.handle("POST", "withdraw", {});
  stage.replaceChildren();

  await (await startDriver()).run();

  expect(screen()).toBe(page);
  expect(text()).toContain("WREN-4821");
  expect(text()).toContain("ERASE-73KD");
});

test.each(["returned", "withdrawn"] as const)("a_session_that_was_%s_says_so_and_ends", async (phase) => {
  const study = openStudy({ task: "two_afc", mainTrials: 1 });
  study.session.phase = phase;

  await (await startDriver()).run();

  expect(screen()).toBe(phase);
});
