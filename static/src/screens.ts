/** The pages around the trials: instructions, practice result, waiting, trouble, thanks. Each resolves when it is left. */
import { button, element, pressed } from "./dom";
import type { ExampleTrial, InstructionPage, Session, ShownImages } from "./protocol";
import { type SceneBuilder, sideName } from "./scene";
import { setLocked } from "./choice_trial";

/** Replaces what is on the stage by a page; the heading gets the focus, so that it is read out. */
function show(stage: HTMLElement, name: string, title: string, body: readonly Node[]): HTMLElement {
  const heading = element("h1", { text: title, attributes: { tabindex: "-1" } });
  const page = element("div", { class: "page", attributes: { "data-screen": name } }, [heading, ...body]);
  stage.replaceChildren(page);
  window.scrollTo(0, 0);
  heading.focus();
  return page;
}

function paragraphs(texts: readonly string[]): HTMLElement[] {
  return texts.filter((text) => text !== "").map((text) => element("p", { text }));
}

/** The example trial as it looks when the right answer has been given. */
function exampleFigure(example: ExampleTrial, images: ShownImages, session: Session, build: SceneBuilder): HTMLElement {
  const scene = build(images, session.presentation.titles);
  setLocked(scene, true);
  scene.figures[example.correct]?.classList.add("chosen", "correct");
  const caption = `Example. Here the network favors the ${sideName(example.correct)}.`;
  return element("figure", { class: "example" }, [scene.root, element("figcaption", { text: caption })]);
}

/**
 * Leads through the instruction pages, back and forth. `exampleImages` may still be loading when the first page is shown.
 * Returns the milliseconds spent on the pages.
 */
export async function showInstructions(
  stage: HTMLElement,
  session: Session,
  build: SceneBuilder,
  exampleImages: Promise<ShownImages>,
): Promise<number> {
  const began = performance.now();
  const pages = session.instructions;
  for (let index = 0; index < pages.length; ) {
    const page = pages[index] as InstructionPage;
    const { example } = session;
    const shown = page.shows_example && example ? [exampleFigure(example, await exampleImages, session, build)] : [];
    const step = await showInstructionPage(stage, session, index, shown);
    index += step;
  }
  return performance.now() - began;
}

async function showInstructionPage(stage: HTMLElement, session: Session, index: number, shown: Node[]): Promise<1 | -1> {
  const page = session.instructions[index] as InstructionPage;
  const last = index === session.instructions.length - 1;
  const back = button("Back", "button secondary");
  back.hidden = index === 0;
  const next = button(last ? "Start" : "Next");
  const place = element("span", { class: "page-number", text: `Page ${index + 1} of ${session.instructions.length}` });
  const buttons = element("div", { class: "page-buttons" }, [back, place, next]);
  const simulated = session.simulated ? "Simulated session: its answers are kept apart from those of people." : "";
  const notes = element("div", { class: "notice" }, paragraphs([session.notice, simulated]));
  show(stage, "instructions", page.title, [...paragraphs(page.paragraphs), ...shown, buttons, notes]);
  return Promise.race([pressed(back).then(() => -1 as const), pressed(next).then(() => 1 as const)]);
}

export async function showPracticeResult(stage: HTMLElement, passed: boolean, mainTrials: number): Promise<void> {
  const next = button(passed ? "Begin" : "Practice again");
  const texts = passed
    ? ["All practice answers were right.", `The main part has ${mainTrials} trials. Take the time you need.`]
    : ["Some of the practice answers were not right.", "You get new practice trials. Look at the examples closely."];
  const title = passed ? "Well done" : "Once more";
  show(stage, "practice-result", title, [...paragraphs(texts), element("div", { class: "page-buttons" }, [next])]);
  await pressed(next);
}

/** A page that waits; `report` moves its bar. */
export function showWaiting(stage: HTMLElement, title: string): (done: number, total: number) => void {
  const bar = element("progress", { class: "wide", attributes: { "aria-label": title } });
  show(stage, "waiting", title, [bar]);
  return (done, total) => {
    bar.max = Math.max(1, total);
    bar.value = done;
  };
}

/** Says what went wrong and that nothing is lost. Resolves on "Try again", or by itself after `retryAfter` ms. */
export async function showTrouble(stage: HTMLElement, title: string, texts: readonly string[], retryAfter?: number): Promise<void> {
  const again = button("Try again");
  show(stage, "trouble", title, [...paragraphs(texts), element("div", { class: "page-buttons" }, [again])]);
  const ways = [pressed(again)];
  if (retryAfter !== undefined) ways.push(new Promise((resolve) => setTimeout(resolve, retryAfter)));
  await Promise.race(ways);
}

/** The last page. The code comes from the server, which gives it only when it holds all answers. */
export function showThanks(stage: HTMLElement, studyTitle: string, code: string | null): void {
  const body = paragraphs([`You have completed “${studyTitle}”. All your answers are saved.`]);
  if (code !== null) {
    const output = element("output", { class: "code", text: code });
    const copy = button("Copy the code");
    const copied = element("span", { class: "copied", attributes: { role: "status" } });
    copy.addEventListener("click", () => void copyText(output, code).then((done) => (copied.textContent = done)));
    const label = element("p", { text: "Your completion code:" });
    body.push(label, output, element("div", { class: "page-buttons" }, [copy, copied]));
  }
  body.push(element("p", { text: "You may close this window now." }));
  show(stage, "thanks", "Thank you!", body);
}

async function copyText(output: HTMLElement, code: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(code);
    return "Copied";
  } catch {
    // Without HTTPS there is no clipboard: select the code, so that one key copies it.
    getSelection()?.selectAllChildren(output);
    return "Selected: press Ctrl+C";
  }
}
