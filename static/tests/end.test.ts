/** The last page with what a server may or may not tell. */
import { beforeEach, expect, test } from "vitest";
import { type Farewell, showThanks } from "../src/screens/end";
import { makeSession } from "./plans";

let stage: HTMLElement;

beforeEach(() => {
  stage = document.createElement("div");
  document.body.replaceChildren(stage);
});

function show(farewell: Partial<Farewell>, changes: object = {}): void {
  const source = (trial: string, place: string) => ({ url: `/${trial}/${place}`, size: 1, sha256: "" });
  const session = { ...makeSession({ task: "two_afc", source }), code: "ABC", ...changes };
  showThanks(stage, session, { url: null, erasureCode: null, ...farewell }, () => {});
}

test.each([
  ["https://app.prolific.com/submissions/complete?cc=X", "Return to Prolific"],
  ["https://www.mturk.com/mturk/externalSubmit", "Return to Amazon Mechanical Turk"],
  ["https://notprolific.com/x", "Return to notprolific.com"],
  ["http://panel.example.org/done", "Return to panel.example.org"],
])("a_link_leads_back_to_%s", (url, text) => {
  show({ url });

  const link = stage.querySelector<HTMLAnchorElement>("a.button");
  expect(link?.textContent).toBe(text);
  expect(link?.href).toBe(url);
});

test.each(["javascript:alert(1)", "data:text/html,x", "no address", ""])("%j_is_no_place_to_lead_to", (url) => {
  show({ url });

  expect(stage.querySelector("a.button")).toBeNull();
  expect(stage.textContent).toContain("You may close this window now.");
});

test("what_the_server_does_not_tell_is_not_shown", () => {
  show({}, { code: null, contact: "", thanks: "" });

  expect(stage.querySelector(".code")).toBeNull();
  expect(stage.querySelector(".erasure-code")).toBeNull();
  expect(stage.querySelector("a")).toBeNull();
  expect(stage.querySelector(".change-of-mind button")?.textContent).toBe("Withdraw my answers");
});

test("a_contact_that_is_no_address_is_shown_as_it_is", () => {
  show({}, { contact: "Dr. A. Example, room 12" });

  expect(stage.textContent).toContain("Dr. A. Example, room 12");
  expect(stage.querySelector("a[href^=mailto]")).toBeNull();
});

test("nothing_that_a_study_says_is_read_as_markup", () => {
  show({}, { thanks: "<img src=x>", study_title: "<b>x</b>", contact: "<i>me</i>" });

  expect(stage.querySelector("img, b, i")).toBeNull();
});
