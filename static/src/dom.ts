/** Builds document nodes. Text is always set as text, so nothing that comes from a study is ever read as markup. */

export interface Properties {
  class?: string;
  text?: string;
  attributes?: Record<string, string>;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  children: readonly Node[] = [],
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (properties.class) node.className = properties.class;
  if (properties.text !== undefined) node.textContent = properties.text;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function button(text: string, className = "button"): HTMLButtonElement {
  return element("button", { class: className, text, attributes: { type: "button" } });
}

export function paragraphs(texts: readonly string[]): HTMLElement[] {
  return texts.filter((text) => text !== "").map((text) => element("p", { text }));
}

/** Resolves when the button is pressed. */
export function pressed(target: HTMLButtonElement): Promise<void> {
  return new Promise((resolve) => target.addEventListener("click", () => resolve(), { once: true }));
}

/** Whether a modal dialog lies over the page, which then takes no keys. */
export function isCovered(): boolean {
  return document.querySelector("dialog[open]") !== null;
}
