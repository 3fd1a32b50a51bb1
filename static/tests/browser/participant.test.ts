/** The built page in Chromium, under the strict content security policy: both tasks from instructions to code, in every layout. */
import { expect, test } from "vitest";
import type { Task } from "../../src/protocol";
import type { ReferenceCounts } from "../plans";
import { answerByKey, complaints, goOn, overflow, passInstructions, screen, server, shoot, trial, visit } from "./visitor";

const CASES: [Task, ReferenceCounts, number, string][] = [
  ["two_afc", [9, 9], 1280, "2afc"],
  ["two_afc", [9, 9], 940, "2afc-small"],
  ["occlusion_choice", [9, 0], 1280, "occlusion"],
  ["occlusion_choice", [9, 0], 940, "occlusion-small"],
  ["occlusion_choice", [0, 0], 1280, "occlusion-none"],
];

test.each(CASES)("%s with %j references at %i px leads from instructions to the code", async (task, references, width, name) => {
  const viewport = { width, height: width === 940 ? 600 : 720 };
  const feedbackInMain = task === "two_afc";
  const page = await visit({ task, references, mainTrials: 2, feedbackInMain, answerLock: 300 }, { viewport });

  await passInstructions(page);
  await trial(page, "locked", "practice-1").waitFor();
  await shoot(page, `${name}-locked`);
  await trial(page, "open", "practice-1").waitFor();
  await shoot(page, `${name}-open`);
  expect(await overflow(page)).toEqual([0, 0]);
  await page.locator("[data-choice=lower][data-confidence='3'], [data-choice=left][data-confidence='3']").click();
  await trial(page, "done", "practice-1").waitFor();
  await shoot(page, `${name}-incorrect`);
  expect(await overflow(page)).toEqual([0, 0]);
  await page.getByRole("button", { name: "Continue" }).click();
  const good = task === "two_afc" ? "2" : "5";
  await answerByKey(page, "practice-2", good);
  await page.getByRole("heading", { name: "Once more" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await answerByKey(page, "practice-1-again-2", good);
  await answerByKey(page, "practice-2-again-2", good);
  await page.getByRole("heading", { name: "Well done" }).waitFor();
  await goOn(page);
  await trial(page, "open", "main-1").waitFor();
  await page.keyboard.press(good);
  await trial(page, "done", "main-1").waitFor();
  await page.keyboard.press(" ");
  await answerByKey(page, "main-2", "1");
  await screen(page, "thanks").waitFor();
  await shoot(page, `${name}-thanks`);

  expect(await page.locator(".code").textContent()).toBe("WREN-4821");
  expect(server.study.answers.get("practice-1")).toMatchObject({ confidence: 3, input: "mouse", cross_origin_isolated: true });
  expect(server.study.answers.get("main-1")).toMatchObject({ confidence: 2, input: "keyboard", dropped_frames: expect.any(Number) });
  expect(server.study.answers.get("main-2")).toMatchObject({ confidence: task === "two_afc" ? 1 : 3 });
  expect(complaints).toEqual([]);
});

test.each<[ReferenceCounts, number]>([
  [[0, 9], 9],
  [[1, 1], 2],
  [[0, 1], 1],
  [[0, 0], 0],
])("a 2-AFC with %j references fits the window and shows no empty side", async (references, shown) => {
  const page = await visit({ task: "two_afc", references, practiceTrials: 0, mainTrials: 1 });
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  await shoot(page, `2afc-${references.join("-")}`);

  const sides = await page.locator(".references img").evaluateAll((images) => images.map((image) => image.clientWidth));
  const query = await page.locator(".query img").first().evaluate((image) => image.clientWidth);

  expect(await overflow(page)).toEqual([0, 0]);
  expect(sides).toHaveLength(shown);
  expect(await page.locator(".group-title").count()).toBe(references.filter((count) => count > 0).length);
  // One image a side is no smaller than what is compared with it.
  if (shown > 0 && shown <= 2) expect(Math.min(...sides)).toBeGreaterThanOrEqual(query);
});

test("blocks, ratings and repeated trials lead through their pages to the code", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 1, blocks: 2, ratings: 1, blockScore: true, repeats: 1 });
  await passInstructions(page);
  await page.getByRole("heading", { name: "First a rating" }).waitFor();
  await goOn(page);
  await trial(page, "open", "rating-1").waitFor();
  await page.keyboard.press("Enter");
  const confirm = page.getByRole("button", { name: "Confirm" });
  const isClosed = await confirm.isDisabled();
  await page.keyboard.press("Tab");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await shoot(page, "rating");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const titles: (string | null)[] = [];
  for (const id of ["main-1", "main-2", "again-main-1"]) {
    do {
      await screen(page, "block").waitFor();
      titles.push(await page.locator("h1").textContent());
      await shoot(page, `block-${titles.length}`);
      const shown = await page.locator("[data-screen]").elementHandle();
      await goOn(page);
      await shown?.waitForElementState("hidden");
      await page.locator(`[data-screen=block], [data-trial=${id}][data-state=open]`).waitFor();
    } while (await screen(page, "block").isVisible());
    await answerByKey(page, id, "1");
  }
  await page.getByRole("heading", { name: "Block finished" }).waitFor();
  await goOn(page);
  await screen(page, "thanks").waitFor();

  expect(isClosed).toBe(true);
  expect(titles).toEqual(["A short rest", "A short rest", "Block finished", "Once again"]);
  expect(server.study.answers.get("rating-1")).toMatchObject({ rating: 99, input: "keyboard" });
  expect(complaints).toEqual([]);
});

test("reaction times agree with the moment of the key press in the page", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  await page.waitForTimeout(400);
  const before = await page.evaluate(() => performance.now());
  await page.keyboard.press("1");
  const after = await page.evaluate(() => performance.now());
  await trial(page, "done", "main-1").waitFor();

  const answer = server.study.answers.get("main-1") as unknown as Record<string, number>;
  expect(answer.rt).toBeCloseTo((answer.event_time as number) - (answer.onset as number), 6);
  expect(answer.event_time).toBeGreaterThan(before - 1);
  expect(answer.event_time).toBeLessThan(after + 1);
  expect(answer.second_frame).toBeGreaterThan(answer.onset as number);
});

test("a 2-AFC of nine references a side takes the window of a phone, and tells of no keys", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 1 }, phone);
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  await shoot(page, "2afc-phone");

  const sides = await page.locator(".scene img").evaluateAll((images) => images.map((image) => image.clientWidth));

  expect(await overflow(page)).toEqual([0, 0]);
  expect(sides).toHaveLength(20);
  expect(Math.min(...sides)).toBeGreaterThanOrEqual(64);
  expect(await page.getByText(/keys/).filter({ visible: true }).count()).toBe(0);
  expect(await page.locator(".answer").first().evaluate((node) => getComputedStyle(node, "::after").display)).toBe("none");
});
