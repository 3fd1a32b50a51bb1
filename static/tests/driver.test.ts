/** The driver with the real outbox, preloader and jsPsych, against a study in memory behind `fetch`. */
import "fake-indexeddb/auto";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../src/api";
import { Driver } from "../src/driver";
import { Outbox } from "../src/outbox";
import { Preloader } from "../src/preload";
import { MockStudy } from "./mock_study";
import type { SessionOptions } from "./plans";

let study: MockStudy;
let stage: HTMLElement;
let players: AbortController;
let databases = 0;

const source: SessionOptions["source"] = (trial, place) => {
  const url = `/p/x/images/${trial}/${place}`;
  return { url, size: url.length, sha256: createHash("sha256").update(url).digest("hex") };
};

async function respond(url: string, options: RequestInit = {}): Promise<Response> {
  if (url.includes("/images/")) return new Response(url);
  const { method = "GET" } = options;
  const fault = method === "PUT" ? study.faults.shift() : undefined;
  if (fault === 0) throw new TypeError("Failed to fetch");
  if (fault) return new Response("{}", { status: fault });
  const { status, body } = study.handle(method, url.slice("/p/x/".length), JSON.parse(String(options.body ?? "{}")));
  return new Response(status === 204 ? null : JSON.stringify(body), { status });
}

beforeEach(() => {
  stage = document.createElement("div");
  document.body.replaceChildren(stage);
  players = new AbortController();
  vi.stubGlobal("fetch", respond);
});
afterEach(() => {
  players.abort();
  vi.unstubAllGlobals();
});

async function startDriver(name = `driver-${++databases}`): Promise<Driver> {
  const api = new Api("/p/x/");
  const send: Api["answer"] = (trial, answer) => api.answer(trial, answer);
  const outbox = await Outbox.open({ name, send, sendOnLeave: () => {}, onChange: () => {}, delay: () => 1 });
  return new Driver({ api, outbox, preloader: new Preloader({ delay: () => 0, decode: async () => {} }), stage });
}

/** A person who presses `key` at each trial and every button that leads on; keeps the titles that were seen. */
function play(key: (trial: string) => string): string[] {
  const seen: string[] = [];
  const { signal } = players;
  const timer = setInterval(() => {
    if (signal.aborted) return clearInterval(timer);
    const screen = stage.querySelector<HTMLElement>("[data-screen]");
    const title = screen?.dataset.trial ?? screen?.querySelector("h1")?.textContent ?? "";
    if (seen.at(-1) !== title) seen.push(title);
    if (screen?.dataset.state === "open") document.dispatchEvent(new KeyboardEvent("keydown", { code: `Digit${key(title)}` }));
    [...stage.querySelectorAll<HTMLButtonElement>(".button:not(.secondary):not([hidden])")].at(-1)?.click();
  }, 5);
  return seen;
}

test("a_session_runs_from_instructions_to_the_code", async () => {
  study = new MockStudy({ task: "two_afc", source, practiceTrials: 1, mainTrials: 2 });
  const seen = play(() => "2");

  await (await startDriver()).run();

  expect(study.session.phase).toBe("finished");
  expect(stage.querySelector(".code")?.textContent).toBe("WREN-4821");
  expect([...study.answers.keys()]).toEqual(["practice-1", "main-1", "main-2"]);
  expect(study.answers.get("main-2")).toMatchObject({ choice: "upper", confidence: 2, input: "keyboard" });
  expect(study.durations).toHaveLength(1);
  expect(seen.filter((title) => !title.endsWith("…") && title !== "")).toEqual(
    ["Welcome", "What you will see", "practice-1", "Well done", "main-1", "main-2"],
  );
});

test("practice_is_given_anew_until_it_is_right", async () => {
  study = new MockStudy({ task: "occlusion_choice", source, practiceTrials: 2, mainTrials: 1 });
  const seen = play((trial) => (trial === "practice-2" ? "1" : "5"));

  await (await startDriver()).run();

  expect(study.session.practice.attempt).toBe(2);
  expect(seen).toContain("Once more");
  expect(study.answers.get("practice-2-again-2")).toMatchObject({ choice: "right", confidence: 2 });
});

test("a_session_goes_on_at_the_first_unanswered_trial", async () => {
  study = new MockStudy({ task: "two_afc", source, mainTrials: 3 });
  study.session.phase = "main";
  const done = study.session.main.trials[0];
  if (done) done.answered = true;
  play(() => "1");

  await (await startDriver()).run();

  expect([...study.answers.keys()]).toEqual(["main-2", "main-3"]);
});

test("a_lost_connection_loses_no_answer_and_stops_nobody", async () => {
  study = new MockStudy({ task: "two_afc", source, practiceTrials: 0, mainTrials: 3 });
  study.faults = [0, 503, 0, 503, 0];
  play(() => "6");

  await (await startDriver()).run();

  expect([...study.answers.keys()]).toEqual(["main-1", "main-2", "main-3"]);
  expect(study.received).toBe(3);
});

test("a_contradiction_drops_the_answer_and_asks_the_server_again", async () => {
  study = new MockStudy({ task: "two_afc", source, practiceTrials: 0, mainTrials: 2 });
  study.answers.set("main-1", { key: "from another tab", choice: "lower", confidence: 3, rt: 900, input: "mouse" });
  play((trial) => {
    // The other tab's answer is known to the server from the moment of the contradiction on.
    const first = study.session.main.trials[0];
    if (first && trial === "main-1") queueMicrotask(() => setTimeout(() => (first.answered = true), 20));
    return "1";
  });

  await (await startDriver()).run();

  expect(study.answers.get("main-1")?.key).toBe("from another tab");
  expect(study.answers.get("main-2")).toMatchObject({ choice: "upper" });
});

test("trials_missing_at_the_end_are_told_and_played", async () => {
  study = new MockStudy({ task: "two_afc", source, practiceTrials: 0, mainTrials: 2 });
  let lost = false;
  const seen = play((trial) => {
    if (trial === "main-2" && !lost) {
      lost = true;
      study.answers.delete("main-1");
      for (const plan of study.session.main.trials) if (plan.id === "main-1") plan.answered = false;
    }
    return "1";
  });

  await (await startDriver()).run();

  expect(seen.filter((title) => title === "This did not work")).toHaveLength(1);
  expect([...study.answers.keys()].sort()).toEqual(["main-1", "main-2"]);
});
