/** What went wrong, in words that say what to do about it. */
import { Refused, Unreachable } from "./api";
import { backoff } from "./backoff";
import { PreloadFailed } from "./preload";
import { words } from "./texts";

export interface Explanation {
  title: string;
  texts: string[];
  /** Milliseconds after which it is worth trying again by itself. */
  retryAfter?: number;
  /** The words before whom to write to, where trying again does not help. */
  contact?: string;
}

const CONFLICT = 409;

/** `failures` counts the troubles in a row, this one included; `safety` says where the answers are meanwhile. */
export function explanationOf(error: unknown, failures: number, safety: string): Explanation {
  const { trouble } = words();
  if (error instanceof Refused) return refusal(error, safety);
  if (error instanceof PreloadFailed) return { title: trouble.images, texts: [...trouble.imagesTexts, safety] };
  if (error instanceof Unreachable) {
    return { title: trouble.unreachable, texts: [...trouble.unreachableTexts, safety], retryAfter: backoff(failures + 2) };
  }
  console.error(error);
  return { title: trouble.unexpected, texts: [...trouble.unexpectedTexts, safety] };
}

function refusal(error: Refused, safety: string): Explanation {
  const { practice, thanks, trouble } = words();
  const server = trouble.server(error.message);
  if (error.gone) return { title: trouble.gone, texts: [...trouble.goneTexts, safety, server] };
  if (error.field === "practice") return { title: practice.over, texts: practice.overTexts, contact: thanks.contact };
  if (error.status === CONFLICT) return { title: trouble.refused, texts: [trouble.missing, server] };
  return { title: trouble.notTaken, texts: [...trouble.notTakenTexts, server] };
}
