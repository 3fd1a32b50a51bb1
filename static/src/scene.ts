/** The parts that all tasks put on the screen: images, grids of references, rows of answer buttons. */
import { type Option, optionsOf } from "./choices";
import { element } from "./dom";
import type { Choice, Place, Sentences, ShownImages, Task, Titles } from "./protocol";
import { words } from "./texts";

/** A trial on the screen, before anything happens to it. */
export interface Scene {
  task: Task;
  root: HTMLElement;
  /** The images to choose between, or the one that is labelled under each of its labels. */
  figures: Partial<Record<Choice, HTMLElement>>;
  buttons: { option: Option; node: HTMLButtonElement }[];
}

export type SceneBuilder = (images: ShownImages, titles: Titles, answers?: Sentences) => Scene;

/** References `<prefix>_0`, `<prefix>_1`, … under a title; `node` is null where there are none. */
export interface References {
  node: HTMLElement | null;
  /** References side by side, and on top of one another. */
  across: number;
  down: number;
}

/** The frame of a scene. Left is left in every language: choices are stored as they were seen. */
export function sceneRoot(className: string, groups: readonly References[], children: readonly (Node | null)[]): HTMLElement {
  const nodes = children.filter((child) => child !== null);
  const root = element("div", { class: `scene ${className}`, attributes: { dir: "ltr" } }, nodes);
  // From these the style sheet knows how large the images can be.
  const across = groups.reduce((sum, group) => sum + group.across, 0);
  const down = Math.max(...groups.map((group) => group.down));
  root.dataset.references = String(across);
  root.style.setProperty("--across", String(Math.max(1, across)));
  root.style.setProperty("--down", String(Math.max(1, down)));
  return root;
}

export function groupTitle(text: string | undefined): HTMLElement {
  return written(element("h2", { class: "group-title", text: text ?? "" }));
}

/** Marks words inside a scene: they keep the document's direction of writing. */
export function written(node: HTMLElement): HTMLElement {
  node.dir = document.documentElement.dir || "ltr";
  return node;
}

export function picture(url: string | undefined, label: string): HTMLImageElement {
  const image = element("img", { attributes: { alt: label, draggable: "false" } });
  image.decoding = "sync";
  if (url) image.src = url;
  return image;
}

/** An image that can be chosen, with room for its frame. */
export function figure(images: ShownImages, choice: Place): HTMLElement {
  const image = picture(images[`query_${choice}`], words().images.choice[choice]);
  return element("figure", { class: "query", attributes: { "data-figure": choice } }, [image]);
}

export function references(images: ShownImages, prefix: "left" | "right" | "reference", title: string | undefined): References {
  const urls: string[] = [];
  for (let url = images[`${prefix}_0`]; url; url = images[`${prefix}_${urls.length}`]) urls.push(url);
  if (urls.length === 0) return { node: null, across: 0, down: 0 };
  const across = Math.ceil(Math.sqrt(urls.length));
  const grid = element("div", { class: "references-grid" });
  grid.style.setProperty("--columns", String(across));
  grid.append(...urls.map((url, index) => picture(url, words().images[prefix](index + 1))));
  const heading = title ? [groupTitle(title)] : [];
  const node = element("section", { class: `references references-${prefix}` }, [...heading, grid]);
  return { node, across, down: Math.ceil(urls.length / across) };
}

/** The three buttons of each choice, by choice, in the order of the screen. */
export function answerButtons(task: Exclude<Task, "domain_choice">): {
  buttons: Scene["buttons"];
  rows: Partial<Record<Choice, HTMLElement>>;
} {
  const rows: Partial<Record<Choice, HTMLElement>> = {};
  const { images, trial } = words();
  const buttons = optionsOf(task).map((option) => {
    const node = answerButton(option);
    const label = trial.confidenceGroup(images.choice[option.choice as Place]);
    const row = (rows[option.choice] ??= element("div", { class: "answer-row", attributes: { role: "group", "aria-label": label } }));
    row.append(node);
    return { option, node };
  });
  return { buttons, rows };
}

function answerButton({ choice, confidence, key }: Option): HTMLButtonElement {
  const { images, trial } = words();
  const attributes = {
    type: "button",
    "data-choice": choice,
    "data-confidence": String(confidence),
    "aria-label": trial.confidence(images.choice[choice as Place], Number(confidence)),
    "aria-keyshortcuts": key,
    // The style sheet prints it small beside the number: it is no part of the button's name.
    "data-key": key,
  };
  return element("button", { class: "answer", text: String(confidence), attributes });
}

export function setLocked(scene: Scene, locked: boolean): void {
  for (const { node } of scene.buttons) node.disabled = locked;
}

/** Shows what was chosen. The buttons stay where the keyboard can find them, so that the focus is not lost, but do nothing. */
export function freeze(scene: Scene, chosen: Option): void {
  scene.figures[chosen.choice]?.classList.add("chosen");
  for (const { option, node } of scene.buttons) {
    node.setAttribute("aria-disabled", "true");
    if (option.key === chosen.key) node.setAttribute("aria-pressed", "true");
  }
}
