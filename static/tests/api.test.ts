import { afterEach, expect, test, vi } from "vitest";
import { Api, Refused, Unreachable } from "../src/api";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number): Api {
  const body = JSON.stringify({ field: "request", message: "no", remedy: "Wait a moment and try again" });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status, headers: { "Retry-After": "1" } })));
  return new Api("/p/shapes/");
}

test.each([408, 425, 429, 500, 503])("answer %i means later: the request is sent again", async (status) => {
  await expect(answering(status).finish()).rejects.toBeInstanceOf(Unreachable);
});

test.each([400, 401, 404, 409, 413])("answer %i means no", async (status) => {
  await expect(answering(status).finish()).rejects.toBeInstanceOf(Refused);
});
