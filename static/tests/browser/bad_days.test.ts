/** The built page in Chromium on bad days: reloads, lost connections, broken images, two tabs, clocks that jump, second thoughts. */
import { expect, test } from "vitest";
import { answerByKey, complaints, goOn, openTab, passInstructions, screen, server, shoot, trial, visit } from "./visitor";

test("a reload in the middle goes on at the first unanswered trial, with the undelivered answer delivered", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 3 });
  await passInstructions(page);
  await answerByKey(page, "main-1", "1");
  await trial(page, "open", "main-2").waitFor();
  server.study.faults = Array.from({ length: 100 }, () => 503);
  await page.keyboard.press("4");
  await trial(page, "done", "main-2").waitFor();
  await page.locator("[data-banner=outbox]").waitFor();
  await shoot(page, "banner");
  expect(server.study.answers.has("main-2")).toBe(false);

  server.study.faults = [];
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await answerByKey(page, "main-3", "1");
  await screen(page, "thanks").waitFor();

  expect([...server.study.answers.keys()].sort()).toEqual(["main-1", "main-2", "main-3"]);
  expect(server.study.answers.get("main-2")).toMatchObject({ choice: "lower", confidence: 1 });
});

test("the back button, a closed tab and another visit go on where the person was", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 4 });
  await passInstructions(page);
  await answerByKey(page, "main-1", "1");
  await trial(page, "open", "main-2").waitFor();

  await page.goto(`${new URL(server.url).origin}/icon.svg`);
  await page.goBack();
  await answerByKey(page, "main-2", "2");
  await trial(page, "open", "main-3").waitFor();
  await page.close();
  const again = await openTab();
  await answerByKey(again, "main-3", "3");
  await trial(again, "open", "main-4").waitFor();
  await again.goto(server.url);
  await answerByKey(again, "main-4", "4");
  await screen(again, "thanks").waitFor();

  expect([...server.study.answers.keys()]).toEqual(["main-1", "main-2", "main-3", "main-4"]);
  expect(server.study.received).toBe(4);
});

test("an image that fails for good is explained, and can be tried again", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  server.brokenImages.add("/p/mock/images/main-1/left_3");
  await passInstructions(page);
  await page.getByRole("heading", { name: "Some images could not be loaded" }).waitFor();
  await shoot(page, "images-failed");

  server.brokenImages.clear();
  await page.getByRole("button", { name: "Try again" }).click();
  await answerByKey(page, "main-1", "3");
  await screen(page, "thanks").waitFor();

  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "upper", confidence: 3 });
});

test("a session that is gone says what to do and keeps the answer", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  server.study.faults = [401];
  await page.keyboard.press("1");
  await trial(page, "done", "main-1").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "This browser has lost the study" }).waitFor();
  await shoot(page, "gone");

  await page.getByRole("button", { name: "Try again" }).click();
  await answerByKey(page, "main-2", "1");
  await screen(page, "thanks").waitFor();

  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "upper", confidence: 1 });
});

test("two tabs take turns, and each answer is kept once", async () => {
  const first = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 4 });
  await passInstructions(first);
  await answerByKey(first, "main-1", "1");
  await trial(first, "open", "main-2").waitFor();

  const second = await openTab();
  await answerByKey(second, "main-2", "2");
  await trial(second, "open", "main-3").waitFor();
  await first.bringToFront();
  await first.keyboard.press("6");
  await screen(first, "elsewhere").waitFor();
  await shoot(first, "elsewhere");
  await goOn(first);
  await answerByKey(first, "main-3", "3");
  await second.bringToFront();
  await second.keyboard.press("4");
  await screen(second, "elsewhere").waitFor();
  await first.bringToFront();
  await answerByKey(first, "main-4", "1");
  await screen(first, "thanks").waitFor();

  const given = [...server.study.answers].map(([id, { choice, confidence }]) => [id, choice, confidence]);
  expect(given).toEqual([["main-1", "upper", 1], ["main-2", "upper", 2], ["main-3", "upper", 3], ["main-4", "upper", 1]]);
});

test("a paused study is waited for, and the answers before it stay", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  await passInstructions(page);
  await answerByKey(page, "main-1", "1");
  await trial(page, "open", "main-2").waitFor();
  server.study.isPaused = true;
  await page.reload();
  await page.getByRole("heading", { name: "This study is paused" }).waitFor();
  await shoot(page, "paused");

  server.study.isPaused = false;
  await trial(page, "open", "main-2").waitFor();
  await answerByKey(page, "main-2", "1");
  await screen(page, "thanks").waitFor();

  expect(server.study.answers.size).toBe(2);
});

const CLOCKS = {
  "stands still": "performance.now = () => 5000; Object.defineProperty(Event.prototype, 'timeStamp', { get: () => 5000 });",
  "is set back": "Object.defineProperty(Event.prototype, 'timeStamp', { get: () => -5000 });",
  "counts from 1970": "Object.defineProperty(Event.prototype, 'timeStamp', { get: () => Date.now() });",
  "is no number": "performance.now = () => NaN; Object.defineProperty(Event.prototype, 'timeStamp', { get: () => NaN });",
  "ticks in tenths of a second":
    "const frame = requestAnimationFrame; requestAnimationFrame = (f) => frame((t) => f(Math.floor(t / 100) * 100));",
};

test.each(Object.entries(CLOCKS))("a clock that %s keeps nobody from going on", async (_, script) => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  await page.addInitScript(script);
  await page.reload();
  await passInstructions(page);
  await answerByKey(page, "main-1", "1");
  await answerByKey(page, "main-2", "1");
  await screen(page, "thanks").waitFor();

  for (const answer of server.study.answers.values()) {
    const numbers = Object.entries(answer).filter(([name]) => !["key", "choice", "input", "cross_origin_isolated"].includes(name));
    for (const [name, value] of numbers) expect(value, name).toBeGreaterThanOrEqual(0);
    expect(answer.rt).toBeLessThanOrEqual(86_400_000);
  }
  expect(complaints).toEqual([]);
});

test("a withdrawal is confirmed in a dialog that the trial beneath does not hear", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  const withdraw = page.getByRole("button", { name: "Withdraw from the study" });

  await withdraw.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Withdraw from the study?" }).waitFor();
  await shoot(page, "withdraw");
  await page.keyboard.press("1");
  await page.keyboard.press("Escape");
  const focused = await withdraw.evaluate((node) => node === document.activeElement);
  const answered = server.study.answers.size;
  await answerByKey(page, "main-1", "1");
  await trial(page, "open", "main-2").waitFor();
  await withdraw.click();
  await page.getByRole("button", { name: "Withdraw", exact: true }).click();
  await screen(page, "withdrawn").waitFor();
  await shoot(page, "withdrawn");

  expect(focused).toBe(true);
  expect(answered).toBe(0);
  expect(await page.locator(".erasure-code").textContent()).toBe("ERASE-73KD");
  expect([...server.study.answers.keys()]).toEqual(["main-1"]);
  expect(complaints).toEqual([]);
});
