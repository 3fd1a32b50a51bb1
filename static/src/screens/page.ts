/** A page of text: how it is put on the stage, and the parts that several pages share. */
import { button, element, paragraphs } from "../dom";
import { words } from "../texts";

/** Replaces what is on the stage by a page; the heading gets the focus, so that it is read out and nothing is lost. */
export function showPage(stage: HTMLElement, name: string, title: string, body: readonly Node[]): HTMLElement {
  const heading = element("h1", { text: title, attributes: { tabindex: "-1" } });
  const page = element("div", { class: "page", attributes: { "data-screen": name } }, [heading, ...body]);
  stage.replaceChildren(page);
  window.scrollTo(0, 0);
  heading.focus();
  return page;
}

export function buttonRow(...nodes: Node[]): HTMLElement {
  return element("div", { class: "page-buttons" }, nodes);
}

/** What the study's researchers wrote: a blank line begins a new paragraph. */
export function studyText(text: string): HTMLElement[] {
  return paragraphs(text.split(/\n\s*\n/).map((part) => part.trim()));
}

/** Whom to write to, as a link where it is an address; nothing if nobody is named. */
export function contactLine(lead: string, contact: string): HTMLElement[] {
  if (contact === "") return [];
  const isAddress = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(contact);
  const whom = isAddress ? element("a", { text: contact, attributes: { href: `mailto:${contact}` } }) : element("span", { text: contact });
  whom.dir = "auto";
  return [element("p", {}, [document.createTextNode(`${lead} `), whom])];
}

/** A code under its label, large enough to be copied by hand, with a button that copies it. */
export function codeBlock(code: string, about: { className: string; label: string; copy: string }): HTMLElement {
  const output = element("output", { class: about.className, text: code, attributes: { dir: "ltr" } });
  const copy = button(about.copy, "button secondary");
  const copied = element("span", { class: "copied", attributes: { role: "status" } });
  copy.addEventListener("click", () => void copyText(output, code).then((done) => (copied.textContent = done)));
  const label = element("p", { class: "code-label", text: about.label });
  return element("div", { class: "code-block" }, [label, output, element("div", { class: "code-copy" }, [copy, copied])]);
}

async function copyText(output: HTMLElement, code: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(code);
    return words().thanks.copied;
  } catch {
    // Without HTTPS there is no clipboard: select the code, so that one key copies it.
    getSelection()?.selectAllChildren(output);
    return words().thanks.selected;
  }
}
