/** Entry of the participant's page: puts the parts together on `<main id="unitscope" data-base="/p/<study>/">`. */
import { Api } from "./api";
import { element } from "./dom";
import { Driver } from "./driver";
import { Outbox } from "./outbox";
import { Preloader } from "./preload";

/** Says that answers wait, as long as the connection is in trouble. */
function createBanner(): { node: HTMLElement; update: (outbox: Outbox) => void } {
  const node = element("div", { class: "banner", attributes: { role: "status", "data-banner": "outbox" } });
  node.hidden = true;
  const update = ({ waiting, failures }: Outbox): void => {
    node.hidden = waiting === 0 || failures === 0;
    const answers = waiting === 1 ? "1 answer is" : `${waiting} answers are`;
    node.textContent = `${answers} waiting to be sent (saved on this computer). Keep this page open.`;
  };
  return { node, update };
}

async function start(main: HTMLElement): Promise<void> {
  const base = main.dataset.base ?? "/";
  const api = new Api(base);
  const banner = createBanner();
  const stage = element("div", { class: "stage" });
  main.replaceChildren(banner.node, stage);
  const outbox = await Outbox.open({
    name: `unitscope:${base}`,
    send: (trial, answer) => api.answer(trial, answer),
    sendOnLeave: (trial, answer) => api.answerOnLeave(trial, answer),
    onChange: banner.update,
  });
  window.addEventListener("beforeunload", (event) => {
    if (outbox.waiting > 0) event.preventDefault();
  });
  await new Driver({ api, outbox, preloader: new Preloader(), stage }).run();
}

const main = document.getElementById("unitscope");
if (main) void start(main);
