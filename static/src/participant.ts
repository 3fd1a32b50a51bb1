/** Entry of the participant's page: puts the parts together on `<main id="unitscope" data-base="/p/<study>/">`. */
import { Api } from "./api";
import { digitKeySwitch } from "./digit_keys";
import { button, element } from "./dom";
import { Driver } from "./driver";
import { Outbox } from "./outbox";
import { Preloader } from "./preload";
import { words } from "./texts";

/** Says that answers wait, as long as the connection is in trouble. */
function createBanner(): { node: HTMLElement; update: (outbox: Outbox) => void } {
  const node = element("div", { class: "banner", attributes: { role: "status", "data-banner": "outbox" } });
  node.hidden = true;
  const update = ({ waiting, failures, atRisk }: Outbox): void => {
    const { banner, atRisk: warning } = words().waiting;
    node.hidden = waiting === 0 || failures === 0;
    node.textContent = atRisk ? `${banner(waiting)} ${warning}` : banner(waiting);
  };
  return { node, update };
}

/** What a person can do on every page while the session runs. */
function createFooter(withdraw: () => void): { node: HTMLElement; update: (isRunning: boolean) => void } {
  const node = element("footer", { class: "page-footer" });
  const update = (isRunning: boolean): void => {
    if (!isRunning) node.replaceChildren();
    if (!isRunning || node.childElementCount > 0) return;
    const leave = button(words().withdrawal.link, "link");
    leave.addEventListener("click", withdraw);
    node.replaceChildren(digitKeySwitch(), leave);
  };
  return { node, update };
}

async function start(main: HTMLElement): Promise<void> {
  const base = main.dataset.base ?? "/";
  const api = new Api(base);
  const banner = createBanner();
  const footer = createFooter(() => void driver.withdraw());
  const stage = element("div", { class: "stage" });
  main.replaceChildren(banner.node, stage, footer.node);
  const outbox = await Outbox.open({
    name: `unitscope:${base}`,
    send: (trial, answer) => api.answer(trial, answer),
    sendOnLeave: (trial, answer) => api.answerOnLeave(trial, answer),
    onChange: banner.update,
  });
  // The server tells a tab only at its next answer that another one goes on; tabs of one browser tell one another at once.
  const tabs = new BroadcastChannel(`unitscope:${base}`);
  const onSession = (isRunning: boolean): void => {
    footer.update(isRunning);
    tabs.postMessage("taken");
  };
  const driver = new Driver({ api, outbox, preloader: new Preloader(), stage, onSession });
  tabs.addEventListener("message", () => driver.leaveTurn());
  window.addEventListener("beforeunload", (event) => {
    if (outbox.waiting > 0) event.preventDefault();
  });
  // The back button may bring back a page that stood still while the session went on.
  window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  await driver.run();
}

const main = document.getElementById("unitscope");
if (main) void start(main);
