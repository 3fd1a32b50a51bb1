/** A way through every screen that a participant can see; each is looked at under its name. */
import type { Page } from "playwright-core";
import type { MockOptions } from "../mock_study";
import { goOn, screen, server, trial } from "./visitor";

export type Look = (name: string) => Promise<void>;

/** The study that has all the screens. */
export const WHOLE: Omit<MockOptions, "source"> = {
  task: "two_afc",
  practiceTrials: 1,
  mainTrials: 2,
  ratings: 1,
  blockScore: true,
  answerLock: 500,
};
/** In the mock these answers are always wrong, and these right. */
const WRONG = "[data-choice=lower], [data-choice=left], [data-choice=rendition]";
const RIGHT = "[data-choice=upper], [data-choice=right], [data-choice=natural]";

export async function tour(page: Page, look: Look): Promise<void> {
  await tourPractice(page, look);
  await tourBlocks(page, look);
  await tourTrouble(page, look);
  await tourEnd(page, look);
}

async function tourPractice(page: Page, look: Look): Promise<void> {
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await look("instructions");
  await goOn(page);
  await page.locator(".example").waitFor();
  await look("example");
  await goOn(page);
  await trial(page, "locked", "practice-1").waitFor();
  await look("locked");
  await trial(page, "open", "practice-1").waitFor();
  await look("open");
  await answer(page, "practice-1", WRONG);
  await look("incorrect");
  await leaveTrial(page);
  await screen(page, "practice-result").waitFor();
  await look("practice-failed");
  await goOn(page);
  await answer(page, "practice-1-again-2", RIGHT);
  await look("correct");
  await leaveTrial(page);
  await screen(page, "practice-result").waitFor();
  await look("practice-passed");
  await goOn(page);
}

async function tourBlocks(page: Page, look: Look): Promise<void> {
  await page.getByRole("heading", { name: "First a rating" }).waitFor();
  await look("first-block");
  await goOn(page);
  await trial(page, "open", "rating-1").waitFor();
  await look("rating-open");
  await page.locator("input[type=range]").press("ArrowRight");
  await look("rating-moved");
  await page.getByRole("button", { name: "Confirm" }).click();
  await screen(page, "block").waitFor();
  await look("block");
  server.study.isPaused = true;
  await page.reload();
  await screen(page, "paused").waitFor();
  await look("paused");
  server.study.isPaused = false;
  await goOn(page);
  await screen(page, "block").waitFor();
  await goOn(page);
}

async function tourTrouble(page: Page, look: Look): Promise<void> {
  await trial(page, "open", "main-1").waitFor();
  server.study.tab = "another";
  await page.keyboard.press("1");
  await screen(page, "elsewhere").waitFor();
  await look("elsewhere");
  await goOn(page);
  server.study.faults = [400];
  await answer(page, "main-2", RIGHT);
  await leaveTrial(page);
  await screen(page, "trouble").waitFor();
  await look("trouble");
  await goOn(page);
  server.study.faults = Array.from({ length: 100 }, () => 503);
  await answer(page, "main-2", RIGHT);
  await page.locator("[data-banner=outbox]").waitFor();
  await look("banner");
  server.study.faults = [];
  await leaveTrial(page);
}

async function tourEnd(page: Page, look: Look): Promise<void> {
  await page.getByRole("heading", { name: "Block finished" }).waitFor();
  await look("score");
  await page.getByRole("button", { name: "Withdraw from the study" }).click();
  await page.getByRole("dialog").waitFor();
  await look("withdraw");
  await page.keyboard.press("Escape");
  await goOn(page);
  await screen(page, "thanks").waitFor();
  await look("thanks");
  await page.getByRole("button", { name: "Withdraw my answers" }).click();
  await page.getByRole("button", { name: "Withdraw", exact: true }).click();
  await screen(page, "withdrawn").waitFor();
  await look("withdrawn");
  server.study.session.phase = "returned";
  await page.reload();
  await screen(page, "returned").waitFor();
  await look("returned");
}

async function answer(page: Page, id: string, buttons: string): Promise<void> {
  await trial(page, "open", id).waitFor();
  await page.locator(buttons).first().click();
  await trial(page, "done", id).waitFor();
}

async function leaveTrial(page: Page): Promise<void> {
  await page.keyboard.press("Enter");
}
