#!/usr/bin/env node
/**
 * Firefox as Playwright can drive it: starts the browser in FIREFOX with the arguments given, and passes its WebDriver BiDi on.
 * Playwright asks each page for a color scheme by a command that Firefox 153 does not know; it is told that this was done.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const UNKNOWN = "emulation.setMediaFeaturesOverride";
const READY = /^WebDriver BiDi listening on (ws:.*)$/;

const firefox = spawn(process.env.FIREFOX, process.argv.slice(2), { stdio: ["ignore", "inherit", "pipe"] });
firefox.on("exit", (code) => process.exit(code ?? 1));
for await (const line of createInterface({ input: firefox.stderr })) {
  const address = READY.exec(line)?.[1];
  console.error(address ? `WebDriver BiDi listening on ${await relayTo(address)}` : line);
}

/** Resolves with the address where drivers are listened to. */
async function relayTo(address) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (driver) => connect(driver, new WebSocket(`${address}/session`)));
  await new Promise((resolve) => server.once("listening", resolve));
  return `ws://127.0.0.1:${server.address().port}`;
}

function connect(driver, browser) {
  const opened = new Promise((resolve) => browser.once("open", resolve));
  driver.on("message", async (command) => {
    const { id, method } = JSON.parse(command);
    await opened;
    if (method === UNKNOWN) driver.send(JSON.stringify({ type: "success", id, result: {} }));
    else browser.send(command.toString());
  });
  browser.on("message", (message) => driver.send(message.toString()));
  browser.on("close", () => driver.close());
  driver.on("close", () => browser.close());
}
