/** A stage for tests of the driver: the real outbox, preloader and jsPsych, a study in memory behind `fetch`, and a person. */
import "fake-indexeddb/auto";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, vi } from "vitest";
import { Api } from "../src/api";
import { Driver } from "../src/driver";
import { Outbox } from "../src/outbox";
import { Preloader } from "../src/preload";
import { speak } from "../src/texts";
import { type MockOptions, MockStudy } from "./mock_study";

export let stage: HTMLElement;
/** Ends the persons who play. */
export let players: AbortController;
let study: MockStudy;
let databases = 0;

const source: MockOptions["source"] = (trial, place) => {
  const url = `/p/x/images/${trial}/${place}`;
  return { url, size: url.length, sha256: createHash("sha256").update(url).digest("hex") };
};

async function respond(url: string, options: RequestInit = {}): Promise<Response> {
  if (url.includes("/images/")) return new Response(url);
  const { method = "GET" } = options;
  const fault = method === "PUT" ? study.faults.shift() : undefined;
  if (fault === 0) throw new TypeError("Failed to fetch");
  if (fault) return new Response("{}", { status: fault });
  const tab = new Headers(options.headers).get("X-Tab") ?? "";
  const path = url.slice("/p/x/".length);
  const { status, body } = study.handle(method, path, JSON.parse(String(options.body ?? "{}")), tab);
  if (study.repliesLost.delete(path)) throw new TypeError("Failed to fetch");
  return new Response(status === 204 ? null : JSON.stringify(body), { status });
}

beforeEach(() => {
  speak("en");
  stage = document.createElement("div");
  document.body.replaceChildren(stage);
  players = new AbortController();
  vi.stubGlobal("fetch", respond);
});
afterEach(() => {
  players.abort();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The study that the driver finds. */
export function openStudy(options: Omit<MockOptions, "source">): MockStudy {
  study = new MockStudy({ ...options, source });
  return study;
}

export async function startDriver(name = `driver-${++databases}`, onSession = (_: boolean): void => {}): Promise<Driver> {
  const api = new Api("/p/x/");
  const send: Api["answer"] = (trial, answer) => api.answer(trial, answer);
  const outbox = await Outbox.open({ name, send, sendOnLeave: () => {}, onChange: () => {}, delay: () => 1 });
  return new Driver({ api, outbox, preloader: new Preloader({ delay: () => 0, decode: async () => {} }), stage, onSession });
}

/** A person who presses `key` at each choice, rates 40, and presses every button that leads on; keeps the titles that were seen. */
export function play(key: (trial: string) => string): string[] {
  const seen: string[] = [];
  const { signal } = players;
  const timer = setInterval(() => {
    if (signal.aborted) return clearInterval(timer);
    const screen = stage.querySelector<HTMLElement>("[data-screen]");
    const title = screen?.dataset.trial ?? screen?.querySelector("h1")?.textContent ?? "";
    if (seen.at(-1) !== title) seen.push(title);
    const slider = stage.querySelector<HTMLInputElement>("[data-state=open] input");
    if (slider) {
      slider.value = "40";
      slider.dispatchEvent(new Event("input"));
    } else if (screen?.dataset.state === "open") document.dispatchEvent(new KeyboardEvent("keydown", { code: `Digit${key(title)}` }));
    [...stage.querySelectorAll<HTMLButtonElement>("button.button:not(.secondary, [hidden], :disabled)")].at(-1)?.click();
  }, 5);
  return seen;
}

/** The titles of pages and the ids of trials, without pages that merely wait. */
export const passed = (seen: string[]): string[] => seen.filter((title) => !title.endsWith("…") && title !== "");
export const screen = (): string | undefined => stage.querySelector<HTMLElement>("[data-screen]")?.dataset.screen;
export const text = (): string => stage.textContent ?? "";
