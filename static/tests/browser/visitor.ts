/** A browser in front of the mock server, for tests: opens pages, answers trials, notes what the browser complains about. */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { MockOptions } from "../mock_study";
import { type MockServer, startMockServer } from "./mock_server";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SHOTS = process.env.SCREENSHOTS;

export let server: MockServer;
/** What the browser complained about since the last `visit`. */
export let complaints: string[] = [];
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: EXECUTABLE, args });
});
afterAll(() => browser.close());
afterEach(async () => {
  await context.close();
  await server.close();
});

/** Starts a study and opens it in a fresh browser profile. */
export async function visit(study: Omit<MockOptions, "source">, options: BrowserContextOptions = {}): Promise<Page> {
  server = await startMockServer(study);
  context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  complaints = [];
  return openTab();
}

/** One more tab of the same profile. */
export async function openTab(): Promise<Page> {
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(server.url);
  return page;
}

export async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

export const screen = (page: Page, name: string): Locator => page.locator(`[data-screen=${name}]`);

export function trial(page: Page, state: string, id?: string): Locator {
  return page.locator(`[data-screen=trial][data-state=${state}]${id ? `[data-trial="${id}"]` : ""}`);
}

/** Presses the button of a page that leads on. */
export async function goOn(page: Page): Promise<void> {
  await page.locator(".page-buttons .button").last().click();
}

export async function passInstructions(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await goOn(page);
  await page.locator(".example").waitFor();
  await goOn(page);
}

/** Answers the trial on the screen by key and goes on with Enter. */
export async function answerByKey(page: Page, id: string, key: string): Promise<void> {
  await trial(page, "open", id).waitFor();
  await page.keyboard.press(key);
  await trial(page, "done", id).waitFor();
  await page.keyboard.press("Enter");
}

/** By how many pixels the page is taller and wider than the window. */
export function overflow(page: Page): Promise<[down: number, aside: number]> {
  return page.evaluate(() => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = document.documentElement;
    return [scrollHeight - clientHeight, scrollWidth - clientWidth];
  });
}
