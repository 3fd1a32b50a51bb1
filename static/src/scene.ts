/** The parts that both tasks put on the screen: images, grids of references, rows of answer buttons. */
import { type Option, optionsOf } from "./choices";
import { element } from "./dom";
import type { Choice, ShownImages, Task } from "./protocol";

/** A trial on the screen, before anything happens to it. */
export interface Scene {
  task: Task;
  root: HTMLElement;
  /** The two images to choose between. */
  figures: Partial<Record<Choice, HTMLElement>>;
  buttons: { option: Option; node: HTMLButtonElement }[];
}

export type SceneBuilder = (images: ShownImages, titles: Partial<Record<string, string>>) => Scene;

const SIDE: Record<Choice, string> = { upper: "Upper image", lower: "Lower image", left: "Left image", right: "Right image" };

export function sideName(choice: Choice): string {
  return SIDE[choice].toLowerCase();
}

export function picture(url: string | undefined, label: string): HTMLImageElement {
  const image = element("img", { attributes: { alt: label, draggable: "false" } });
  image.decoding = "sync";
  if (url) image.src = url;
  return image;
}

/** An image that can be chosen, with room for its frame. */
export function figure(images: ShownImages, choice: Choice): HTMLElement {
  const attributes = { "data-figure": choice };
  return element("figure", { class: "query", attributes }, [picture(images[`query_${choice}`], SIDE[choice])]);
}

/** The references `<prefix>_0`, `<prefix>_1`, … in a square grid, under a title; empty where there are none. */
export function references(images: ShownImages, prefix: string, label: string, title: string | undefined): HTMLElement {
  const urls: string[] = [];
  for (let url = images[`${prefix}_0`]; url; url = images[`${prefix}_${urls.length}`]) urls.push(url);
  const grid = element("div", { class: "references-grid" });
  grid.style.setProperty("--columns", String(Math.max(1, Math.ceil(Math.sqrt(urls.length)))));
  grid.append(...urls.map((url, index) => picture(url, `${label} ${index + 1}`)));
  const heading = element("h2", { class: "group-title", text: title ?? "" });
  return element("section", { class: `references references-${prefix}` }, urls.length > 0 ? [heading, grid] : []);
}

/** The three buttons of each choice, by choice, in the order of the screen. */
export function answerButtons(task: Task): { buttons: Scene["buttons"]; rows: Partial<Record<Choice, HTMLElement>> } {
  const rows: Partial<Record<Choice, HTMLElement>> = {};
  const buttons = optionsOf(task).map((option) => {
    const node = answerButton(option);
    const row = (rows[option.choice] ??= element("div", {
      class: "answer-row",
      attributes: { role: "group", "aria-label": `${SIDE[option.choice]}: how confident are you?` },
    }));
    row.append(node);
    return { option, node };
  });
  return { buttons, rows };
}

function answerButton({ choice, confidence, key }: Option): HTMLButtonElement {
  const attributes = {
    type: "button",
    "data-choice": choice,
    "data-confidence": String(confidence),
    "aria-label": `${SIDE[choice]}, confidence ${confidence} of 3`,
    "aria-keyshortcuts": key,
  };
  const hint = element("kbd", { text: key, attributes: { "aria-hidden": "true" } });
  return element("button", { class: "answer", attributes }, [element("span", { text: String(confidence) }), hint]);
}
