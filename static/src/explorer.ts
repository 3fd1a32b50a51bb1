/** Looks again at the parts of a page that are still being made, and puts the server's newer rendering in their place. */

const LOOK_MS = 1000;
/** So long a rest after an answer that did not come. */
const TROUBLE_MS = 5000;

/** The same part as the server renders it now; undefined if it does not answer. */
async function rendered(part: HTMLElement): Promise<HTMLElement | undefined> {
  try {
    const answer = await fetch(part.dataset.live ?? "", { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return undefined;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return parsed.querySelector<HTMLElement>("[data-state]") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Tells people who do not see the page what a part has become. */
function tell(part: HTMLElement): void {
  const news = document.getElementById("news");
  if (news) news.textContent = `${part.querySelector("h2")?.textContent ?? ""}: ${part.dataset.state ?? ""}`;
}

/** Puts a newer rendering in a part's place. While only the progress has changed, buttons keep their focus. */
export function replace(part: HTMLElement, newer: HTMLElement): HTMLElement {
  const [bar, newBar] = [part.querySelector(".under-way"), newer.querySelector(".under-way")];
  if (part.dataset.state === newer.dataset.state && bar && newBar) {
    bar.replaceWith(newBar);
    return part;
  }
  const hadFocus = part.contains(document.activeElement);
  part.replaceWith(newer);
  if (hadFocus) newer.querySelector("h2")?.focus();
  tell(newer);
  return newer;
}

/** Looks at a part until it is no longer on its way. */
export async function watch(part: HTMLElement): Promise<void> {
  let shown = part;
  let rest = LOOK_MS;
  while (shown.dataset.live !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, rest));
    const newer = document.hidden ? undefined : await rendered(shown);
    rest = newer || document.hidden ? LOOK_MS : TROUBLE_MS;
    if (newer) shown = replace(shown, newer);
  }
}

for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) void watch(part);
