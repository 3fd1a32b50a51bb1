/** Serves the built page, generated images and a MockStudy over HTTP, under the web server's content security policy. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ImageSource } from "../../src/protocol";
import { type MockOptions, MockStudy } from "../mock_study";
import { makePng } from "./png";

const BASE = "/p/mock/";
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLES = ["participant", "controls", "trial", "scenes", "labels"].map((name) => `/css/${name}.css`);
const PAGE = `<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>Mock study</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${STYLES.map((path) => `<link rel="stylesheet" href="${path}">`).join("")}
<link rel="icon" href="/icon.svg"></head><body><main id="unitscope" data-base="${BASE}"></main><script src="/participant.js" defer></script></body></html>`;
const FILES: Record<string, [string, string]> = {
  "/participant.js": ["dist/participant.js", "text/javascript"],
  "/participant.js.map": ["dist/participant.js.map", "application/json"],
  "/icon.svg": ["public/icon.svg", "image/svg+xml"],
  ...Object.fromEntries(STYLES.map((path): [string, [string, string]] => [path, [`public${path}`, "text/css"]])),
};

export interface MockServer {
  url: string;
  study: MockStudy;
  /** How often each image was asked for. */
  imageRequests: Map<string, number>;
  /** Image paths that are answered with an error. */
  brokenImages: Set<string>;
  close: () => Promise<void>;
}

export async function startMockServer(options: Omit<MockOptions, "source">): Promise<MockServer> {
  const images = new Map<string, Buffer>();
  const source = (trial: string, place: string): ImageSource => {
    const url = `${BASE}images/${trial}/${place}`;
    if (!images.has(url)) images.set(url, makePng(place.startsWith("query") || place === "base" ? 224 : 128, images.size + 1));
    const bytes = images.get(url) as Buffer;
    return { url, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const mock = { study: new MockStudy({ ...options, source }), imageRequests: new Map<string, number>(), brokenImages: new Set<string>() };
  const server = createServer((request, response) => void serve(request, response, mock, images));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { ...mock, url: `http://127.0.0.1:${port}${BASE}`, close: () => stop(server) };
}

type Mock = Pick<MockServer, "study" | "imageRequests" | "brokenImages">;

async function serve(request: IncomingMessage, response: ServerResponse, mock: Mock, images: Map<string, Buffer>): Promise<void> {
  const path = request.url ?? "/";
  const send = (status: number, type: string, body: string | Buffer): void => {
    const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
    response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": POLICY, "Set-Cookie": "csrftoken=token", ...isolation });
    response.end(body);
  };
  const file = FILES[path];
  const image = images.get(path);
  if (path === BASE) return send(200, "text/html", PAGE);
  if (file) return send(200, file[1], readFileSync(file[0]));
  if (image) {
    mock.imageRequests.set(path, (mock.imageRequests.get(path) ?? 0) + 1);
    return mock.brokenImages.has(path) ? send(500, "text/plain", "broken") : send(200, "image/png", image);
  }
  const body = await readBody(request);
  const fault = request.method === "PUT" ? mock.study.faults.shift() : undefined;
  if (fault === 0) return void response.destroy();
  if (fault) return send(fault, "application/json", "{}");
  if (request.method !== "GET" && request.headers["x-csrftoken"] !== "token") return send(403, "application/json", "{}");
  const reply = mock.study.handle(request.method ?? "GET", path.slice(BASE.length), JSON.parse(body || "{}"), String(request.headers["x-tab"] ?? ""));
  send(reply.status, "application/json", reply.status === 204 ? "" : JSON.stringify(reply.body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
