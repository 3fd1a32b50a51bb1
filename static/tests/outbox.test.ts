/** The outbox with a real (in-memory) IndexedDB: nothing is lost, nothing is sent out of order or under a second key. */
import "fake-indexeddb/auto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type KeyedAnswer, Refused, Unreachable } from "../src/api";
import { backoff } from "../src/backoff";
import { Outbox, type OutboxOptions } from "../src/outbox";
import type { Answer, Receipt } from "../src/protocol";

const ANSWER: Answer = {
  choice: "upper",
  confidence: 2,
  rt: 812.5,
  input: "keyboard",
  onset: 100,
  second_frame: 116,
  event_time: 912.5,
  handler_time: 913,
  refresh_interval: 16.7,
  dropped_frames: 0,
  focus_losses: 0,
  viewport_width: 1280,
  viewport_height: 720,
  cross_origin_isolated: true,
};
const SAVED: Receipt = { saved: true, correct: true, elsewhere: false };

type Sent = [trial: string, key: string];

let databases = 0;

/** A line to the server: each send takes the next outcome, and succeeds when there is none. */
function line(outcomes: Error[] = []): { sent: Sent[]; send: OutboxOptions["send"] } {
  const sent: Sent[] = [];
  const send = async (trial: string, answer: KeyedAnswer): Promise<Receipt> => {
    sent.push([trial, answer.key]);
    const outcome = outcomes.shift();
    if (outcome) throw outcome;
    return SAVED;
  };
  return { sent, send };
}

const never: OutboxOptions["send"] = () => new Promise(() => {});

function open(send: OutboxOptions["send"], name = `outbox-${++databases}`, sendOnLeave: OutboxOptions["sendOnLeave"] = () => {}): Promise<Outbox> {
  return Outbox.open({ name, send, sendOnLeave, onChange: () => {}, delay: () => 0 });
}

/** Long enough for the answer to be stored. */
const stored = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

test("add_resolves_with_the_receipt_and_empties_the_outbox", async () => {
  const { send, sent } = line();
  const outbox = await open(send);

  const receipt = await outbox.add("a", ANSWER);

  expect(receipt).toEqual(SAVED);
  expect(outbox.waiting).toBe(0);
  expect(sent).toHaveLength(1);
});

test("answers_survive_a_reload_and_keep_order_and_keys", async () => {
  const before: Sent[] = [];
  const first = await open(async (trial, { key }) => (before.push([trial, key]), never(trial, { ...ANSWER, key })), "reload");
  void first.add("a", ANSWER);
  void first.add("b", { ...ANSWER, confidence: 3 });
  await stored();
  const { send, sent } = line();

  const second = await open(send, "reload");
  const taken = await second.adopt(new Set(["a", "b"]));
  await second.settled();

  expect(taken).toBe(2);
  expect(sent.map(([trial]) => trial)).toEqual(["a", "b"]);
  expect(sent[0]).toEqual(before[0]);
  expect(await (await open(send, "reload")).adopt(new Set(["a", "b"]))).toBe(0);
});

test("adopt_leaves_the_answers_of_another_session_alone", async () => {
  const first = await open(never, "stranger");
  void first.add("theirs", ANSWER);
  await stored();
  const { send, sent } = line();

  const second = await open(send, "stranger");
  await second.adopt(new Set(["mine"]));
  await second.settled();

  expect(sent).toEqual([]);
  expect(await (await open(never, "stranger")).adopt(new Set(["theirs"]))).toBe(1);
});

test("a_lost_connection_is_tried_again_with_the_same_key_in_order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 }), async (answers, failures) => {
      const { send, sent } = line(Array.from({ length: failures }, () => new Unreachable("down")));
      const outbox = await open(send);
      const trials = Array.from({ length: answers }, (_, index) => `trial-${index}`);

      await Promise.all(trials.map((trial) => outbox.add(trial, ANSWER)));

      expect(sent).toHaveLength(answers + failures);
      expect([...new Set(sent.map(([trial]) => trial))]).toEqual(trials);
      expect(new Set(sent.map(([, key]) => key)).size).toBe(answers);
      expect(outbox.failures).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test("a_contradicted_answer_is_dropped_and_told", async () => {
  const { send } = line([new Refused(409, "this trial has been answered")]);
  const outbox = await open(send);

  await expect(outbox.add("a", ANSWER)).rejects.toThrow("this trial has been answered");

  expect(outbox.contradicted).toBe(true);
  expect(outbox.waiting).toBe(0);
});

test("a_session_that_is_gone_keeps_the_answer_until_it_is_back", async () => {
  const { send, sent } = line([new Refused(401, "no session")]);
  const outbox = await open(send);

  await expect(outbox.add("a", ANSWER)).rejects.toThrow("no session");
  await outbox.settled();
  const waiting = outbox.waiting;
  outbox.gone = null;
  await outbox.adopt(new Set(["a"]));
  await outbox.settled();

  expect(waiting).toBe(1);
  expect(outbox.waiting).toBe(0);
  expect(sent[1]).toEqual(sent[0]);
});

test("leaving_the_page_sends_what_waits_once_more", async () => {
  const sent: string[] = [];
  const outbox = await open(never, "leaving", (trial) => void sent.push(trial));
  void outbox.add("a", ANSWER);
  void outbox.add("b", ANSWER);

  window.dispatchEvent(new Event("pagehide"));

  expect(sent).toEqual(["a", "b"]);
});

test("an_answer_that_the_server_cannot_take_does_not_hold_up_the_others", async () => {
  const { send, sent } = line([new Refused(400, "it is not a number")]);
  const outbox = await open(send);

  const first = outbox.add("a", ANSWER);
  const second = outbox.add("b", ANSWER);

  await expect(first).rejects.toThrow("it is not a number");
  expect(await second).toEqual(SAVED);
  expect(outbox.refused?.status).toBe(400);
  expect(outbox.contradicted).toBe(false);
  expect(sent).toHaveLength(2);
});

test.each<[string, OutboxOptions["send"]]>([
  ["receipt", async () => ({ ...SAVED, elsewhere: true })],
  ["contradiction", () => Promise.reject(new Refused(409, "this trial has been answered", true))],
])("a_%s_from_elsewhere_is_told", async (_, send) => {
  const outbox = await open(send);
  let told = 0;
  outbox.onElsewhere = () => (told += 1);

  await outbox.add("a", ANSWER).catch(() => {});

  expect(told).toBe(1);
  expect(outbox.waiting).toBe(0);
});

test("pages_side_by_side_keep_their_answers_apart", async () => {
  const one = await open(never, "side-by-side");
  const other = await open(never, "side-by-side");
  void one.add("a", ANSWER);
  void other.add("b", ANSWER);
  await stored();
  const { send, sent } = line();

  const later = await open(send, "side-by-side");
  const taken = await later.adopt(new Set(["a", "b"]));
  await later.settled();

  expect(taken).toBe(2);
  expect(sent.map(([trial]) => trial).sort()).toEqual(["a", "b"]);
});

test("what_was_discarded_is_never_sent", async () => {
  const outbox = await open(never, "discarded");
  void outbox.add("a", ANSWER);
  void outbox.add("b", ANSWER);
  await stored();

  await outbox.discard();

  expect(outbox.waiting).toBe(0);
  expect(await (await open(never, "discarded")).adopt(new Set(["a", "b"]))).toBe(0);
});

test("backoff_doubles_with_jitter_up_to_its_limit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const ceiling = Math.min(15_000, 500 * 2 ** (failures - 1));
      const delay = backoff(failures, () => random);
      expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }),
  );
});
