/** Preloading against a stand-in for the network: retries, checks, the limit of six, and giving up without losing anything. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PreloadFailed, Preloader } from "../src/preload";
import type { ImageSource, TrialPlan } from "../src/protocol";

/** The files of the network; a function decides what the n-th request for a file gets. */
let respond: (url: string, attempt: number) => Response | Promise<Response>;
let requests: string[] = [];

const content = (url: string): string => `the image at ${url}`;
const found = (url: string): Response => new Response(content(url));

beforeEach(() => {
  requests = [];
  respond = found;
  vi.stubGlobal("fetch", async (url: string) => {
    requests.push(url);
    return respond(url, requests.filter((other) => other === url).length);
  });
});
afterEach(() => vi.unstubAllGlobals());

function source(url: string): ImageSource {
  return { url, size: content(url).length, sha256: createHash("sha256").update(content(url)).digest("hex") };
}

function trial(...urls: string[]): TrialPlan {
  return { id: "t", form: "choice", images: Object.fromEntries(urls.map((url, index) => [`left_${index}`, source(url)])), answered: false };
}

const preloader = (decode: (url: string) => Promise<void> = async () => {}): Preloader => new Preloader({ delay: () => 0, decode });

test("ready_gives_a_blob_url_for_each_place", async () => {
  const images = await preloader().ready(trial("/a", "/b"));

  expect(Object.keys(images)).toEqual(["left_0", "left_1"]);
  expect(Object.values(images).every((url) => url.startsWith("blob:"))).toBe(true);
});

test("a_file_is_fetched_once_however_often_it_is_asked_for", async () => {
  const loader = preloader();
  loader.enqueue([trial("/a")]);

  await Promise.all([loader.ready(trial("/a")), loader.ready(trial("/a"))]);

  expect(requests).toEqual(["/a"]);
});

test("at_most_six_files_are_under_way", async () => {
  let open = 0;
  let most = 0;
  respond = async (url) => {
    most = Math.max(most, (open += 1));
    await new Promise((resolve) => setTimeout(resolve, 2));
    open -= 1;
    return found(url);
  };

  await preloader().ready(trial(...Array.from({ length: 20 }, (_, index) => `/${index}`)));

  expect(most).toBe(6);
});

test.each<[string, (url: string) => Response]>([
  ["a_server_error", () => new Response("", { status: 500 })],
  ["a_wrong_size", () => new Response("short")],
  ["a_wrong_hash", (url) => new Response(content(url).replace("the", "The"))],
])("%s_is_tried_three_times_and_may_pass", async (_, bad) => {
  respond = (url, attempt) => (attempt < 3 ? bad(url) : found(url));

  const images = await preloader().ready(trial("/a"));

  expect(images.left_0).toMatch(/^blob:/);
  expect(requests).toHaveLength(3);
});

test("a_file_that_fails_for_good_is_reported_and_can_be_tried_again", async () => {
  const loader = preloader();
  respond = (url) => (url === "/b" ? new Response("", { status: 404 }) : found(url));

  await expect(loader.ready(trial("/a", "/b"))).rejects.toThrow(PreloadFailed);
  respond = found;
  const images = await loader.ready(trial("/a", "/b"));

  expect(Object.keys(images)).toHaveLength(2);
  expect(requests).toEqual(["/a", "/b", "/b", "/b", "/b"]);
});

test("a_file_that_is_no_image_fails", async () => {
  const loader = preloader(() => Promise.reject(new Error("not an image")));

  await expect(loader.ready(trial("/a"))).rejects.toThrow(PreloadFailed);
});

test("progress_ends_when_all_files_are_dealt_with", async () => {
  const loader = preloader();
  const reports: [number, number][] = [];
  loader.onProgress = (done, total) => void reports.push([done, total]);

  await loader.ready(trial("/a", "/b", "/c"));
  await new Promise((resolve) => setTimeout(resolve, 0));

  expect(reports).toEqual([[1, 3], [2, 3], [3, 3]]);
});

test("what_failed_in_the_background_is_tried_again_before_the_rest_when_its_trial_comes", async () => {
  const loader = preloader();
  respond = () => Promise.reject(new TypeError("Failed to fetch"));
  loader.enqueue([trial("/a")]);
  await expect.poll(() => requests.length).toBe(3);
  respond = found;
  const rest = Array.from({ length: 20 }, (_, index) => `/${index}`);
  loader.enqueue([trial(...rest)]);

  await loader.ready(trial("/a"));

  expect(requests.slice(3).indexOf("/a")).toBeLessThan(7);
});
