/** The explorer's script: a newer rendering of a part takes the place of the older one without taking the focus from people. */
import { beforeEach, describe, expect, it } from "vitest";
import { replace } from "../src/explorer";

function part(state: string, progress: string): HTMLElement {
  const holder = document.createElement("div");
  holder.innerHTML = `<section data-state="${state}"><h2 tabindex="-1">Exemplars</h2>
    <p class="under-way">${progress}</p><button>Cancel</button></section>`;
  return holder.firstElementChild as HTMLElement;
}

describe("replace", () => {
  let shown: HTMLElement;

  beforeEach(() => {
    document.body.innerHTML = '<p id="news"></p>';
    shown = part("started", "1/9");
    document.body.append(shown);
    shown.querySelector("button")?.focus();
  });

  it("changes only the progress while the state is the same, so that the button keeps the focus", () => {
    const now = replace(shown, part("started", "2/9"));

    expect(now).toBe(shown);
    expect(shown.textContent).toContain("2/9");
    expect(document.activeElement).toBe(shown.querySelector("button"));
    expect(document.getElementById("news")?.textContent).toBe("");
  });

  it("brings the new state, tells it, and leaves the focus on the part's heading", () => {
    const now = replace(shown, part("finished", ""));

    expect(document.querySelector("section")).toBe(now);
    expect(document.activeElement).toBe(now.querySelector("h2"));
    expect(document.getElementById("news")?.textContent).toBe("Exemplars: finished");
  });
});
