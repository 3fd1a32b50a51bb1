/** The shelf in browsers that will not keep anything, and the outbox that goes on with it. */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type KeyedAnswer, Unreachable } from "../src/api";
import { Outbox } from "../src/outbox";
import { Shelf } from "../src/shelf";

const ANSWER = { choice: "upper", rt: 812.5, key: "k" } as KeyedAnswer;
const UNWILLING: [string, () => void][] = [
  ["has_no_storage", () => vi.stubGlobal("indexedDB", undefined)],
  ["refuses_at_once", () => vi.spyOn(indexedDB, "open").mockImplementation(() => { throw new DOMException("denied", "SecurityError"); })],
  ["never_replies", () => vi.spyOn(indexedDB, "open").mockReturnValue(new EventTarget() as IDBOpenDBRequest)],
];

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("what_is_put_is_found_in_order_until_it_is_removed", async () => {
  const shelf = await Shelf.open("shelf");

  const isKept = await shelf.put([2, "page", 1], { trial: "b", answer: ANSWER });
  await shelf.put([1, "page", 1], { trial: "a", answer: ANSWER });
  const found = await (await Shelf.open("shelf")).all();
  await shelf.remove([1, "page", 1]);

  expect(isKept).toBe(true);
  expect(found.map(([row, { trial }]) => [row[0], trial])).toEqual([[1, "a"], [2, "b"]]);
  expect((await shelf.all()).map(([, { trial }]) => trial)).toEqual(["b"]);
});

test.each(UNWILLING)("a_browser_that_%s_still_sends_and_knows_what_is_at_risk", async (_, forbid) => {
  forbid();
  let isConnected = false;
  const send = async (): Promise<{ saved: true; correct: null; elsewhere: false }> => {
    if (!isConnected) throw new Unreachable("down");
    return { saved: true, correct: null, elsewhere: false };
  };
  const outbox = await Outbox.open({ name: "unwilling", send, sendOnLeave: () => {}, onChange: () => {}, delay: () => 5 });
  const adopted = await outbox.adopt(new Set(["a"]));

  const receipt = outbox.add("a", ANSWER);
  await expect.poll(() => outbox.atRisk).toBe(true);
  isConnected = true;

  expect(adopted).toBe(0);
  expect((await receipt).saved).toBe(true);
  expect([outbox.waiting, outbox.atRisk]).toEqual([0, false]);
});

test("what_is_on_the_disk_is_not_at_risk", async () => {
  const send = (): Promise<never> => Promise.reject(new Unreachable("down"));
  const outbox = await Outbox.open({ name: "willing", send, sendOnLeave: () => {}, onChange: () => {}, delay: () => 5 });

  void outbox.add("a", ANSWER);
  await expect.poll(async () => (await (await Shelf.open("willing")).all()).length).toBe(1);

  expect([outbox.waiting, outbox.atRisk]).toEqual([1, false]);
});
