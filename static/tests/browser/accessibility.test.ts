/** Accessibility of every screen: axe's WCAG rules, keyboard and focus, 200 % zoom, right-to-left languages, own colors. */
import { readFileSync } from "node:fs";
import { type BrowserContextOptions, type Page } from "playwright-core";
import { expect, test } from "vitest";
import type { MockOptions } from "../mock_study";
import { tour, WHOLE } from "./tour";
import { goOn, openTab, overflow, passInstructions, screen, server, shoot, trial, visit } from "./visitor";

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const ZOOMED: BrowserContextOptions = { viewport: { width: 640, height: 360 } };
const PHONE: BrowserContextOptions = { viewport: { width: 320, height: 640 } };

/** What axe finds, as "rule: places". The policy forbids script elements, so its source is evaluated. */
async function violations(page: Page): Promise<string[]> {
  // A color that is on its way to another one has no contrast yet.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { target: string[] }[];
    }
    const result = await axe.run(document, { runOnly: rules });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  }, RULES);
}

test.each<[string, BrowserContextOptions, Partial<MockOptions>]>([
  ["as usual", {}, {}],
  ["at 200 % zoom", ZOOMED, {}],
  ["at 320 px", PHONE, {}],
  ["with occluded images", ZOOMED, { task: "occlusion_choice" }],
  ["with labels", ZOOMED, { task: "domain_choice" }],
  ["from right to left", {}, { language: "ar" }],
  ["in the person's own colors", { forcedColors: "active" }, {}],
  ["with less motion", { reducedMotion: "reduce" }, {}],
])("every screen passes axe, keeps a focus, and never scrolls sideways %s", async (name, options, study) => {
  const page = await visit({ ...WHOLE, ...study }, options);
  const found: [screen: string, problem: unknown][] = [];

  await tour(page, async (place) => {
    await shoot(page, `${name.replaceAll(/\W+/g, "-")}-${place}`);
    for (const violation of await violations(page)) found.push([place, violation]);
    const [, aside] = await overflow(page);
    if (aside !== 0) found.push([place, `scrolls sideways by ${aside} px`]);
    if (await page.evaluate(() => document.activeElement === document.body)) found.push([place, "nothing has the focus"]);
  });

  expect(found).toEqual([]);
});

test.each<[MockOptions["task"], MockOptions["references"]]>([
  ["two_afc", [9, 9]],
  ["two_afc", [0, 9]],
  ["two_afc", [1, 1]],
  ["occlusion_choice", [9, 0]],
  ["occlusion_choice", [0, 0]],
  ["domain_choice", [0, 0]],
])("nothing of a %s with %j references is cut off at twice the size, and all targets are large enough", async (task, references) => {
  const page = await visit({ task, ...(references && { references }), practiceTrials: 1 }, ZOOMED);
  await passInstructions(page);
  await trial(page, "open").waitFor();

  const boxes = await page.locator("[data-screen=trial] :is(img, button, h1, h2, p)").evaluateAll((nodes) =>
    nodes.map((node) => {
      const { left, right, width, height } = node.getBoundingClientRect();
      return { left, right, width, height, isButton: node instanceof HTMLButtonElement, isImage: node instanceof HTMLImageElement };
    }),
  );

  expect(boxes.filter(({ left, right }) => left < 0 || right > 640)).toEqual([]);
  expect(boxes.filter(({ isButton, width, height }) => isButton && Math.min(width, height) < 24)).toEqual([]);
  expect(boxes.filter(({ isImage, width, height }) => isImage && (width < 40 || width !== height))).toEqual([]);
});

test("where people write from right to left, left and right of a trial stay where they are", async () => {
  const page = await visit({ task: "occlusion_choice", practiceTrials: 1, language: "ar" });
  await passInstructions(page);
  await trial(page, "open", "practice-1").waitFor();
  const x = async (selector: string): Promise<number> => (await page.locator(selector).first().boundingBox())?.x ?? Number.NaN;

  const [references, left, right] = [await x(".references"), await x("[data-figure=left]"), await x("[data-figure=right]")];
  const [label, withdraw] = [await x(".progress-label"), await x(".page-footer button:last-child")];
  await page.keyboard.press("1");
  await trial(page, "done", "practice-1").waitFor();
  await shoot(page, "right-to-left");

  expect([references, left, right]).toEqual([references, left, right].toSorted((a, b) => a - b));
  expect(server.study.answers.get("practice-1")).toMatchObject({ choice: "left", confidence: 3 });
  // Words flow the other way: the progress stands on the right, the last button of the footer on the left.
  expect(label).toBeGreaterThan(640);
  expect(withdraw).toBeLessThan(640);
});

test("a keyboard alone leads through a whole session, and its focus is always seen", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 1, mainTrials: 1, ratings: 1, blockScore: true });
  const unseen: string[] = [];
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let presses = 0; presses < 20; presses += 1) {
      await page.keyboard.press("Tab");
      const [label, outline] = await page.evaluate(() => {
        const node = document.activeElement as HTMLElement;
        return [node.ariaLabel ?? node.textContent ?? "", getComputedStyle(node).outlineStyle];
      });
      if (outline === "none") unseen.push(label);
      if (name.test(label)) return;
    }
    throw new Error(`the Tab key does not lead to ${name}`);
  };
  const press = async (name: RegExp): Promise<void> => {
    await tabTo(name);
    await page.keyboard.press("Enter");
  };

  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await press(/^Next$/);
  await page.getByRole("heading", { name: "What you will see" }).waitFor();
  await press(/^Start$/);
  await trial(page, "open", "practice-1").waitFor();
  await press(/^Upper image, confidence 2 of 3$/);
  await trial(page, "done", "practice-1").waitFor();
  await page.keyboard.press("Space");
  await screen(page, "practice-result").waitFor();
  await press(/^Begin$/);
  await page.getByRole("heading", { name: "First a rating" }).waitFor();
  await press(/^Continue$/);
  await trial(page, "open", "rating-1").waitFor();
  await tabTo(/^How well/);
  await page.keyboard.press("Home");
  await press(/^Confirm$/);
  await screen(page, "block").waitFor();
  await press(/^Continue$/);
  await trial(page, "open", "main-1").waitFor();
  await press(/^Lower image, confidence 3 of 3$/);
  await trial(page, "done", "main-1").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Block finished" }).waitFor();
  await press(/^Continue$/);
  await screen(page, "thanks").waitFor();
  await press(/^Copy the code$/);

  expect(unseen).toEqual([]);
  expect(server.study.answers.get("rating-1")).toMatchObject({ rating: -100, input: "keyboard" });
  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "lower", confidence: 3, input: "keyboard" });
});

test("digit keys that are turned off stay off in this tab, and buttons still answer", async () => {
  const page = await visit({ task: "two_afc", practiceTrials: 0, mainTrials: 1 });
  await passInstructions(page);
  await trial(page, "open", "main-1").waitFor();
  await page.getByRole("button", { name: "Turn the digit keys off" }).click();
  await page.reload();
  await trial(page, "open", "main-1").waitFor();

  await page.keyboard.press("1");
  const answered = server.study.answers.size;
  const other = await openTab();
  const elsewhere = await other.getByRole("button", { name: /digit keys/ }).textContent();
  await other.close();
  await screen(page, "elsewhere").waitFor();
  await goOn(page);
  await page.locator("[data-choice=upper][data-confidence='1']").click();
  await trial(page, "done", "main-1").waitFor();

  expect(answered).toBe(0);
  expect(elsewhere).toBe("Turn the digit keys off");
  expect(server.study.answers.get("main-1")).toMatchObject({ choice: "upper", input: "mouse" });
});
