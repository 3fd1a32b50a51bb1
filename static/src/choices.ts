/** The possible answers of a trial: one button and one key each give choice and confidence together, or a label. */
import type { Choice, Confidence, Task } from "./protocol";

export interface Option {
  choice: Choice;
  /** The number printed on the button, which is the number stored; null for a label. */
  confidence: Confidence | null;
  /** The digit that presses it, in the order of the buttons on the screen. */
  key: string;
}

type Row = readonly [Choice, readonly (Confidence | null)[]];

/** Rows in reading order. In the occlusion task confidence grows outward, so the left row reads 3-2-1. */
const ROWS: Record<Task, readonly Row[]> = {
  two_afc: [
    ["upper", [1, 2, 3]],
    ["lower", [1, 2, 3]],
  ],
  occlusion_choice: [
    ["left", [3, 2, 1]],
    ["right", [1, 2, 3]],
  ],
  domain_choice: [
    ["natural", [null]],
    ["rendition", [null]],
    ["ambiguous", [null]],
  ],
};

export function optionsOf(task: Task): Option[] {
  const pairs = ROWS[task].flatMap(([choice, labels]) => labels.map((confidence) => ({ choice, confidence })));
  return pairs.map((pair, index) => ({ ...pair, key: String(index + 1) }));
}

/** The choice that was not made; null where there are several. */
export function otherChoice(task: Task, choice: Choice): Choice | null {
  const others = ROWS[task].map(([each]) => each).filter((each) => each !== choice);
  return others.length === 1 ? (others[0] ?? null) : null;
}

/**
 * The option that a key press means, if any. The physical key counts (`code`), since the digit row needs Shift on some
 * layouts; held keys and shortcuts are not answers.
 */
export function optionOfKey(options: readonly Option[], event: KeyboardEvent): Option | undefined {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1] ?? event.key;
  return options.find((option) => option.key === digit);
}
