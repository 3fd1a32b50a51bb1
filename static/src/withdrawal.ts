/** Withdrawing from the study: asked for in a modal dialog, told to the server only when it is confirmed. */
import { button, element } from "./dom";
import type { Withdrawal } from "./protocol";
import { words } from "./texts";

/** Resolves with the server's word on the withdrawal, or with null when the person thinks better of it. */
export async function askToWithdraw(withdraw: () => Promise<Withdrawal>): Promise<Withdrawal | null> {
  const texts = words().withdrawal;
  const stay = button(texts.stay, "button secondary");
  const confirm = button(texts.confirm, "button danger");
  const problem = element("p", { class: "problem", attributes: { role: "alert" } });
  const title = element("h2", { text: texts.ask, attributes: { id: "withdrawal-title" } });
  const explanation = element("p", { text: texts.consequences, attributes: { id: "withdrawal-text" } });
  const attributes = { "aria-labelledby": title.id, "aria-describedby": explanation.id, "data-dialog": "withdrawal" };
  const buttons = element("div", { class: "page-buttons" }, [stay, confirm]);
  const dialog = element("dialog", { attributes }, [title, explanation, problem, buttons]);
  document.body.append(dialog);
  dialog.showModal();
  // Enter, pressed too soon, must not withdraw.
  stay.focus();

  const answer = await new Promise<Withdrawal | null>((resolve) => {
    stay.addEventListener("click", () => resolve(null));
    dialog.addEventListener("close", () => resolve(null));
    confirm.addEventListener("click", () => void send(withdraw, confirm, problem).then((told) => told && resolve(told)));
  });
  // Closing gives the focus back to where it was.
  dialog.close();
  dialog.remove();
  return answer;
}

async function send(withdraw: () => Promise<Withdrawal>, confirm: HTMLButtonElement, problem: HTMLElement): Promise<Withdrawal | null> {
  if (confirm.getAttribute("aria-disabled") === "true") return null;
  confirm.setAttribute("aria-disabled", "true");
  problem.textContent = "";
  try {
    return await withdraw();
  } catch (error) {
    console.warn(error);
    problem.textContent = words().withdrawal.failed;
    confirm.removeAttribute("aria-disabled");
    return null;
  }
}
