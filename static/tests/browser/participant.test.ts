/** The built page in Chromium, under the strict content security policy: both tasks from instructions to code, and the bad days. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Task } from "../../src/protocol";
import { type MockServer, startMockServer } from "./mock_server";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SHOTS = process.env.SCREENSHOTS;

let browser: Browser;
let context: BrowserContext;
let server: MockServer;
let complaints: string[] = [];

beforeAll(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: EXECUTABLE, args });
});
afterAll(() => browser.close());
afterEach(async () => {
  await context.close();
  await server.close();
});

async function open(width = 1280, height = 720): Promise<Page> {
  context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(server.url);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

async function passInstructions(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Start" }).click();
}

const trial = (page: Page, state: string, id?: string) => page.locator(`[data-screen=trial][data-state=${state}]${id ? `[data-trial=${id}]` : ""}`);

/** Answers the trial on the screen by key and goes on with Enter. */
async function answerByKey(page: Page, id: string, key: string): Promise<void> {
  await trial(page, "open", id).waitFor();
  await page.keyboard.press(key);
  await trial(page, "done", id).waitFor();
  await page.keyboard.press("Enter");
}

async function overflow(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = document.documentElement;
    return [scrollHeight - clientHeight, scrollWidth - clientWidth];
  });
}

const CASES: [Task, number, number, string][] = [
  ["two_afc", 9, 1280, "2afc"],
  ["two_afc", 9, 940, "2afc-small"],
  ["occlusion_choice", 9, 1280, "occlusion"],
  ["occlusion_choice", 9, 940, "occlusion-small"],
  ["occlusion_choice", 0, 1280, "occlusion-none"],
];

test.each(CASES)("%s with %i references at %i px leads from instructions to the code", async (task, references, width, name) => {
  server = await startMockServer({ task, references, mainTrials: 2, feedbackInMain: task === "two_afc", answerLock: 300 });
  const page = await open(width, width === 940 ? 600 : 720);

  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await shoot(page, `${name}-1-instructions`);
  await page.getByRole("button", { name: "Next" }).click();
  await page.locator(".example img").first().waitFor();
  await shoot(page, `${name}-2-example`);
  await page.getByRole("button", { name: "Start" }).click();
  await trial(page, "locked", "practice-1").waitFor();
  await shoot(page, `${name}-3-locked`);
  await trial(page, "open", "practice-1").waitFor();
  await shoot(page, `${name}-4-open`);
  expect(await overflow(page)).toEqual([0, 0]);
  await page.locator("[data-choice=lower][data-confidence='3'], [data-choice=left][data-confidence='3']").click();
  await trial(page, "done", "practice-1").waitFor();
  await shoot(page, `${name}-5-incorrect`);
  expect(await overflow(page)).toEqual([0, 0]);
  await page.getByRole("button", { name: "Continue" }).click();
  const good = task === "two_afc" ? "2" : "5";
  await answerByKey(page, "practice-2", good);
  await page.getByRole("heading", { name: "Once more" }).waitFor();
  await shoot(page, `${name}-6-once-more`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await answerByKey(page, "practice-1-again-2", good);
  await answerByKey(page, "practice-2-again-2", good);
  await page.getByRole("heading", { name: "Well done" }).waitFor();
  await page.getByRole("button", { name: "Begin" }).click();
  await trial(page, "open", "main-1").waitFor();
  await page.keyboard.press(good);
  await trial(page, "done", "main-1").waitFor();
  await shoot(page, `${name}-7-main-done`);
  await page.keyboard.press(" ");
  await answerByKey(page, "main-2", "1");
  await page.getByRole("heading", { name: "Thank you!" }).waitFor();
  await shoot(page, `${name}-8-thanks`);

  expect(await page.locator(".code").textContent()).toBe("WREN-4821");
  expect(server.study.answers.get("practice-1")).toMatchObject({ confidence: 3, input: "mouse", cross_origin_isolated: true });
  expect(server.study.answers.get("main-1")).toMatchObject({ confidence: 2, input: "keyboard", dropped_frames: expect.any(Number) });
  expect(server.study.answers.get("main-2")).toMatchObject({ confidence: task === "two_afc" ? 1 : 3 });
  expect(complaints).toEqual([]);
});

test("a reload in the middle goes on at the first unanswered trial, with the undelivered answer delivered", async () => {
  server = await startMockServer({ task: "two_afc", practiceTrials: 0, mainTrials: 3 });
  const page = await open();
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
  await page.getByRole("heading", { name: "Thank you!" }).waitFor();

  expect([...server.study.answers.keys()].sort()).toEqual(["main-1", "main-2", "main-3"]);
  expect(server.study.answers.get("main-2")).toMatchObject({ choice: "lower", confidence: 1 });
});

test("an image that fails for good is explained, and can be tried again", async () => {
  server = await startMockServer({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  server.brokenImages.add("/p/mock/images/main-1/left_3");
  const page = await open();
  await passInstructions(page);
  await page.getByRole("heading", { name: "Some images could not be loaded" }).waitFor();
  await shoot(page, "images-failed");
  expect(server.imageRequests.get("/p/mock/images/main-1/left_3")).toBe(3);

  server.brokenImages.clear();
  await page.getByRole("button", { name: "Try again" }).click();
  await answerByKey(page, "main-1", "3");
  await page.getByRole("heading", { name: "Thank you!" }).waitFor();

  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "upper", confidence: 3 });
});

test("a session that is gone shows the server's words and keeps the answer", async () => {
  server = await startMockServer({ task: "two_afc", practiceTrials: 0, mainTrials: 2 });
  const page = await open();
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  server.study.faults = [401];
  await page.keyboard.press("1");
  await trial(page, "done", "main-1").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("[data-screen=trouble]").waitFor();
  await shoot(page, "gone");

  await page.getByRole("button", { name: "Try again" }).click();
  await answerByKey(page, "main-2", "1");
  await page.getByRole("heading", { name: "Thank you!" }).waitFor();

  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "upper", confidence: 1 });
});

test("reaction times agree with the moment of the key press in the page", async () => {
  server = await startMockServer({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  const page = await open();
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
