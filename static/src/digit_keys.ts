/**
 * The digits that answer trials can be turned off: speech input and restless hands press single characters unintended
 * (WCAG 2.1.4). The state stands on the document, so that the style sheet hides the digits on the buttons.
 */
import { button } from "./dom";
import { words } from "./texts";

const STORED = "unitscope:digit-keys";

export function areDigitKeysOn(): boolean {
  return document.documentElement.dataset.digitKeys !== "off";
}

/** A button that turns the keys off and on; the browser remembers it until the tab is closed. */
export function digitKeySwitch(): HTMLButtonElement {
  const node = button("", "link digit-keys");
  const set = (state: string): void => {
    document.documentElement.dataset.digitKeys = state;
    node.textContent = areDigitKeysOn() ? words().keys.switchOff : words().keys.switchOn;
  };
  set(stored() ?? "on");
  node.addEventListener("click", () => {
    set(areDigitKeysOn() ? "off" : "on");
    store(document.documentElement.dataset.digitKeys ?? "on");
  });
  return node;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    // The browser forbids storage.
    return null;
  }
}

function store(state: string): void {
  try {
    sessionStorage.setItem(STORED, state);
  } catch {
    // Then it holds until the page is loaded again.
  }
}
