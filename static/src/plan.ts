/** What of the server's plan is to be played next: which trials, how they look, and what stands beside the progress bar. */
import type { Session } from "./protocol";
import type { Series, SeriesTrial } from "./series";
import { words } from "./texts";

/** The trials of the current attempt at practice that are not yet answered. */
export function practiceSeries({ task, practice }: Session): Series {
  const { presentation, trials } = practice;
  const total = trials.length;
  const labeled = trials.map((plan, index) => ({ plan, label: words().trial.practice(index + 1, total), done: index }));
  return { task, presentation, trials: unanswered(labeled), total, givesFeedback: true, correct: null };
}

/** The trials of a block that are not yet answered. The bar goes over all blocks. */
export function blockSeries({ task, main }: Session, index: number): Series {
  const { blocks, trials, correct_so_far: correct } = main;
  const block = blocks[index];
  if (!block) throw new Error(`block ${index} is not described`);
  const { presentation } = block;
  const inBlock = trials.filter((trial) => trial.block === index);
  const label = (number: number): string =>
    blocks.length > 1
      ? words().trial.inBlock(index + 1, blocks.length, number, inBlock.length)
      : words().trial.main(number, inBlock.length);
  const labeled = inBlock.map((plan, place) => ({ plan, label: label(place + 1), done: trials.indexOf(plan) }));
  return {
    task,
    presentation,
    trials: unanswered(labeled),
    total: trials.length,
    givesFeedback: presentation.feedback_in_main,
    correct: presentation.running_count ? correct : null,
  };
}

function unanswered(trials: readonly SeriesTrial[]): SeriesTrial[] {
  return trials.filter(({ plan }) => !plan.answered);
}
