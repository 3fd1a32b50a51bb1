#!/usr/bin/env node
/**
 * Firefox as Playwright can drive it: starts the browser in FIREFOX with the arguments given, and passes its WebDriver BiDi on,
 * at RELAY_PORT if that is set, where others may join the session. Playwright asks for a color scheme by a command that Firefox 153
 * does not know; it is told that this was done.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const UNKNOWN = "emulation.setMediaFeaturesOverride";
const READY = /^WebDriver BiDi listening on (ws:.*)$/;

/** Who asked what, by the number that the command got on its way. */
const asked = new Map();
let count = 0;

const firefox = spawn(process.env.FIREFOX, process.argv.slice(2), { stdio: ["ignore", "inherit", "pipe"] });
firefox.on("exit", (code) => process.exit(code ?? 1));
for await (const line of createInterface({ input: firefox.stderr })) {
  const address = READY.exec(line)?.[1];
  console.error(address ? `WebDriver BiDi listening on ${await relayTo(address)}` : line);
}

/** Resolves with the address where drivers are listened to. */
async function relayTo(address) {
  const browser = new WebSocket(`${address}/session`);
  const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.RELAY_PORT ?? 0) });
  await Promise.all([once(browser, "open"), once(server, "listening")]);
  server.on("connection", (driver) => driver.on("message", (command) => ask(browser, driver, JSON.parse(command))));
  browser.on("message", (message) => tell(server.clients, JSON.parse(message)));
  return `ws://127.0.0.1:${server.address().port}`;
}

function ask(browser, driver, { id, method, params }) {
  if (method === UNKNOWN) {
    driver.send(JSON.stringify({ type: "success", id, result: {} }));
  } else {
    asked.set((count += 1), { driver, id });
    browser.send(JSON.stringify({ id: count, method, params }));
  }
}

/** Answers go to whoever asked, events to all. */
function tell(drivers, message) {
  const { driver, id } = asked.get(message.id) ?? {};
  asked.delete(message.id);
  const told = driver ? [driver] : drivers;
  for (const each of told) each.send(JSON.stringify(driver ? { ...message, id } : message));
}
