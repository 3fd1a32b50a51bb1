/** The pages before the trials, with the solved example on one of them. */
import { button, element, paragraphs, pressed } from "../dom";
import type { ExampleTrial, InstructionPage, Session, ShownImages } from "../protocol";
import { type SceneBuilder, setLocked } from "../scene";
import { words } from "../texts";
import { buttonRow, showPage, studyText } from "./page";

export interface Instructions {
  session: Session;
  build: SceneBuilder;
  /** The example's images; asked for when a page shows it. */
  loadExample: () => Promise<ShownImages>;
}

/** Leads through the instruction pages, back and forth. Returns the milliseconds spent on them. */
export async function showInstructions(stage: HTMLElement, instructions: Instructions): Promise<number> {
  const began = performance.now();
  const pages = instructions.session.instructions;
  for (let index = 0; index < pages.length; ) index += await showInstructionPage(stage, instructions, index);
  return performance.now() - began;
}

async function showInstructionPage(stage: HTMLElement, { session, build, loadExample }: Instructions, index: number): Promise<1 | -1> {
  const page = session.instructions[index] as InstructionPage;
  const total = session.instructions.length;
  const { instructions } = words();
  const shown = page.shows_example ? [exampleFigure(session.example, await loadExample(), build)] : [];
  const back = button(instructions.back, "button secondary");
  back.hidden = index === 0;
  const next = button(index === total - 1 ? instructions.start : instructions.next);
  const place = element("span", { class: "page-number", text: instructions.page(index + 1, total) });
  const notes = element("div", { class: "notice" }, [...studyText(session.notice), ...paragraphs(session.simulated ? [instructions.simulated] : [])]);
  showPage(stage, "instructions", page.title, [...pageTexts(page), ...shown, buttonRow(back, place, next), notes]);
  return Promise.race([pressed(back).then(() => -1 as const), pressed(next).then(() => 1 as const)]);
}

export function pageTexts(page: InstructionPage): HTMLElement[] {
  return page.paragraphs.flatMap(studyText);
}

/** The example trial as it looks when the right answer has been given. */
function exampleFigure(example: ExampleTrial, images: ShownImages, build: SceneBuilder): HTMLElement {
  const scene = build(images, example.presentation.titles, example.presentation.answers);
  setLocked(scene, true);
  for (const { option, node } of scene.buttons) {
    // Of a label the button is the answer; of a chosen image it would tell a confidence, which is nobody's business here.
    if (option.confidence === null && option.choice === example.correct) node.setAttribute("aria-pressed", "true");
  }
  scene.figures[example.correct]?.classList.add("chosen", "correct");
  const caption = `${words().instructions.example} ${words().trial.answerIs[example.correct]}`;
  return element("figure", { class: "example" }, [scene.root, element("figcaption", { text: caption })]);
}
