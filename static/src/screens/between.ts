/** The pages between trials: the result of practice, and the rest between two blocks. Each resolves when it is left. */
import { button, element, paragraphs, pressed } from "../dom";
import type { InstructionPage } from "../protocol";
import { words } from "../texts";
import { pageTexts } from "./instructions";
import { buttonRow, showPage } from "./page";

export async function showPracticeResult(stage: HTMLElement, passed: boolean, mainTrials: number): Promise<void> {
  const { practice } = words();
  const next = button(passed ? practice.begin : practice.again);
  const texts = passed ? practice.passedTexts(mainTrials) : practice.failedTexts;
  showPage(stage, "practice-result", passed ? practice.passed : practice.failed, [...paragraphs(texts), buttonRow(next)]);
  await pressed(next);
}

export interface Score {
  right: number;
  total: number;
}

/** A rest of any length: how the block before went, where people are told, and what the study says of the next one. */
export async function showBlockPage(stage: HTMLElement, page: InstructionPage | null, score: Score | null): Promise<void> {
  if (!page && !score) return;
  const { block, trial } = words();
  const next = button(trial.goOn);
  const told = score ? [element("p", { class: "score", text: block.score(score.right, score.total) })] : [];
  showPage(stage, "block", page?.title ?? block.ended, [...told, ...(page ? pageTexts(page) : []), buttonRow(next)]);
  await pressed(next);
}
