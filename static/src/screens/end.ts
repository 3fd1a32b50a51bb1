/** The last pages: thanks with the completion code, returned, withdrawn. */
import { button, element, paragraphs } from "../dom";
import type { Session } from "../protocol";
import { words } from "../texts";
import { buttonRow, codeBlock, contactLine, showPage, studyText } from "./page";

/** Where a code of erasure is of use, at any time. */
const ERASURE_PATH = "/erase/";
const RECRUITERS: readonly [host: string, name: string][] = [
  ["prolific.com", "Prolific"],
  ["mturk.com", "Amazon Mechanical Turk"],
];

/** What the server told at the end. */
export interface Farewell {
  url: string | null;
  erasureCode: string | null;
}

/** The code comes from the server, which gives it only when it holds all answers. `withdraw` begins a withdrawal. */
export function showThanks(stage: HTMLElement, session: Session, farewell: Farewell, withdraw: () => void): void {
  const { thanks, withdrawal } = words();
  const handIn = returnLink(farewell.url);
  const leaveStudy = button(withdrawal.button, "button secondary");
  leaveStudy.addEventListener("click", withdraw);
  showPage(stage, "thanks", thanks.title, [
    ...paragraphs([thanks.done(session.study_title)]),
    ...studyText(session.thanks),
    ...completionCode(session.code),
    ...(handIn ? [buttonRow(handIn)] : paragraphs([thanks.close])),
    ...contactLine(thanks.contact, session.contact),
    element("section", { class: "change-of-mind" }, [
      element("h2", { text: withdrawal.changeOfMind }),
      ...paragraphs([withdrawal.later]),
      ...erasure(farewell.erasureCode),
      buttonRow(leaveStudy),
    ]),
  ]);
}

export function showReturned(stage: HTMLElement, session: Session): void {
  const { returned, thanks } = words();
  const body = [...paragraphs([returned.text]), ...contactLine(thanks.contact, session.contact), ...paragraphs([thanks.close])];
  showPage(stage, "returned", returned.title, body);
}

/** A person who withdraws after the end keeps the completion code. */
export function showWithdrawn(stage: HTMLElement, session: Session, farewell: Farewell): void {
  const { thanks, withdrawal } = words();
  showPage(stage, "withdrawn", withdrawal.done, [
    ...paragraphs([withdrawal.doneText]),
    ...completionCode(session.code),
    ...erasure(farewell.erasureCode),
    ...contactLine(thanks.contact, session.contact),
    ...paragraphs([thanks.close]),
  ]);
}

function completionCode(code: string | null): HTMLElement[] {
  const { thanks } = words();
  return code === null ? [] : [codeBlock(code, { className: "code", label: thanks.code, copy: thanks.copy })];
}

function erasure(code: string | null): HTMLElement[] {
  if (code === null) return [];
  const { withdrawal } = words();
  const address = new URL(ERASURE_PATH, location.href).href;
  const link = element("a", { text: address, attributes: { href: address, dir: "ltr" } });
  const explanation = element("p", {}, [document.createTextNode(`${withdrawal.erasure} `), link, document.createTextNode(".")]);
  const about = { className: "erasure-code", label: withdrawal.erasureCode, copy: withdrawal.copyErasure };
  return [codeBlock(code, about), explanation];
}

/** A plain link to where a recruiter wants the person back; never followed by itself, since the code must be seen first. */
function returnLink(url: string | null): HTMLAnchorElement | null {
  const target = addressOf(url);
  if (target === null) return null;
  const host = target.hostname;
  const known = RECRUITERS.find(([domain]) => host === domain || host.endsWith(`.${domain}`));
  const text = words().thanks.returnTo(known?.[1] ?? host);
  return element("a", { class: "button", text, attributes: { href: target.href, rel: "noreferrer" } });
}

/** The address on the web that `url` is, if it is one. */
function addressOf(url: string | null): URL | null {
  try {
    const address = new URL(url ?? "");
    return /^https?:$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}
