/** The pages of a session that cannot go on just now: waiting, trouble, paused, opened elsewhere. */
import { wait } from "../backoff";
import { button, element, paragraphs, pressed } from "../dom";
import { words } from "../texts";
import type { Explanation } from "../trouble";
import { buttonRow, contactLine, showPage } from "./page";

/** Milliseconds after which a paused study is asked for again. */
const PAUSE_CHECK = 15_000;

/** A page that waits; the function it returns moves its bar. */
export function showWaiting(stage: HTMLElement, title: string): (done: number, total: number) => void {
  const bar = element("progress", { class: "wide", attributes: { "aria-label": title } });
  showPage(stage, "waiting", title, [bar]);
  return (done, total) => {
    bar.max = Math.max(1, total);
    bar.value = done;
  };
}

/** Says what went wrong and that nothing is lost. Resolves on "Try again", or by itself where that may help, as when the connection is back. */
export async function showTrouble(stage: HTMLElement, explanation: Explanation, contact: string): Promise<void> {
  const { title, texts, retryAfter, contact: label = words().trouble.contact } = explanation;
  const build = (): Node[] => [...paragraphs(texts), ...contactLine(label, contact)];
  const again = stayingPage(stage, "trouble", title, words().trouble.again, build);
  const online = new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
  await Promise.race([pressed(again), online, ...(retryAfter === undefined ? [] : [wait(retryAfter)])]);
}

/** Resolves when it is worth asking again whether the study goes on. */
export async function showPaused(stage: HTMLElement, contact: string): Promise<void> {
  const { title, texts, again: label } = words().paused;
  const build = (): Node[] => [...paragraphs(texts), ...contactLine(words().thanks.contact, contact)];
  const again = stayingPage(stage, "paused", title, label, build);
  await Promise.race([pressed(again), wait(PAUSE_CHECK)]);
}

/** Resolves when the person wants to go on in this tab. */
export async function showElsewhere(stage: HTMLElement): Promise<void> {
  const { title, texts, here } = words().elsewhere;
  await pressed(stayingPage(stage, "elsewhere", title, here, () => paragraphs(texts)));
}

/** The button of a page that, shown again and again, is left as it is: it is not read out anew, and keeps the focus. */
function stayingPage(stage: HTMLElement, name: string, title: string, label: string, build: () => Node[]): HTMLButtonElement {
  const shown = stage.querySelector(`[data-screen=${name}]`);
  const known = shown?.querySelector<HTMLButtonElement>(".page-buttons button");
  if (known && shown?.querySelector("h1")?.textContent === title) return known;
  const again = button(label);
  showPage(stage, name, title, [...build(), buttonRow(again)]);
  return again;
}
