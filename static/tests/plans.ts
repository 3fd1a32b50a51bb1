/** Sessions for tests, in the form in which the server sends them. */
import type { Block, Form, ImageSource, MainTrial, Presentation, Session, Task, TrialPlan } from "../src/protocol";

/** How many references each group has: of a 2-AFC left and right, of an occlusion trial the first of the two. */
export type ReferenceCounts = readonly [number, number];
export type SourceOf = (trial: string, place: string) => ImageSource;

/** The places of a trial's images. */
export function placesOf(task: Task, form: Form, [first, second]: ReferenceCounts): string[] {
  const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
  if (form === "rating") return [...numbered("left", 9), ...numbered("right", 9)];
  if (task === "two_afc") return [...numbered("left", first), ...numbered("right", second), "query_upper", "query_lower"];
  if (task === "domain_choice") return ["image"];
  return [...numbered("reference", first), "base", "query_left", "query_right"];
}

export interface SessionOptions {
  task: Task;
  source: SourceOf;
  references?: ReferenceCounts;
  practiceTrials?: number;
  /** In each block of choices. */
  mainTrials?: number;
  /** Blocks of choices. */
  blocks?: number;
  /** Trials of a block of ratings that comes first. */
  ratings?: number;
  blockScore?: boolean;
  feedbackInMain?: boolean;
  answerLock?: number;
  language?: string;
}

export function makeTrial(id: string, form: Form, { task, source, references = [9, 9] }: SessionOptions): TrialPlan {
  const images = Object.fromEntries(placesOf(task, form, references).map((place) => [place, source(id, place)]));
  return { id, form, images, answered: false };
}

/** Of every task the answer that the mock calls right. */
export const RIGHT = { two_afc: "upper", occlusion_choice: "right", domain_choice: "natural" } as const;
const LABELS = { natural: "Natural photo", rendition: "Rendition", ambiguous: "Ambiguous" };
const SENTENCES = { natural: "As a camera takes it.", rendition: "Made by hand or by a filter.", ambiguous: "Partly both." };

function makePresentation({ task, feedbackInMain = true, answerLock = 0, blockScore = false }: SessionOptions): Presentation {
  const occlusion = task === "occlusion_choice";
  return {
    prompt: occlusion ? "Which of the two occluded images does the network favor?" : "Which center image matches the right examples better?",
    titles: occlusion
      ? { references: "Favorite Images", base: "Another Favorite Image", left: "Artificial images", right: "Natural images" }
      : { left: "Left Examples", right: "Right Examples", ...(task === "domain_choice" && LABELS) },
    answers: task === "domain_choice" ? SENTENCES : {},
    answer_lock: answerLock,
    feedback_delay: 50,
    feedback_duration: 100,
    feedback_in_main: feedbackInMain,
    running_count: feedbackInMain,
    block_score: blockScore,
    rating_prompt: "How well do the left images explain the right ones?",
    rating_ends: ["not at all", "completely"],
  };
}

export function makeMain(options: SessionOptions): Session["main"] {
  const { mainTrials = 3, blocks: count = 1, ratings = 0, blockScore = false, feedbackInMain = true } = options;
  const presentation = makePresentation(options);
  const blocks: Block[] = [];
  const trials: MainTrial[] = [];
  const isDivided = ratings > 0 || count > 1;
  const addBlock = (form: Form, ids: string[]): void => {
    const title = form === "rating" ? "First a rating" : "A short rest";
    const page = isDivided ? { title, paragraphs: [`Block ${blocks.length + 1} comes next.`], shows_example: false } : null;
    trials.push(...ids.map((id) => ({ ...makeTrial(id, form, options), block: blocks.length })));
    blocks.push({ page, presentation, correct_so_far: blockScore ? 0 : null });
  };
  if (ratings > 0) addBlock("rating", Array.from({ length: ratings }, (_, index) => `rating-${index + 1}`));
  for (let block = 0; block < count; block += 1) {
    addBlock("choice", Array.from({ length: mainTrials }, (_, index) => `main-${block * mainTrials + index + 1}`));
  }
  return { blocks, trials, correct_so_far: feedbackInMain ? 0 : null };
}

export function makeSession(options: SessionOptions): Session {
  const { task, practiceTrials = 2, language = "en" } = options;
  const presentation = makePresentation(options);
  return {
    task,
    phase: "instructions",
    language,
    study_title: "Which image fits?",
    simulated: false,
    notice: "Demo scale: four units, synthetic images of 128 px.",
    thanks: "We will show the results on our page.\n\nTell nobody what you saw.",
    contact: "lab@example.org",
    instructions: [
      { title: "Welcome", paragraphs: ["A network looks at images. We ask what it likes to see.", "This takes about ten minutes."], shows_example: false },
      { title: "What you will see", paragraphs: ["Choose an image, and say how sure you are, in one click."], shows_example: true },
    ],
    example: { ...makeTrial("example", "choice", options), correct: RIGHT[task], presentation },
    practice: {
      attempt: 1,
      presentation,
      trials: Array.from({ length: practiceTrials }, (_, index) => makeTrial(`practice-${index + 1}`, "choice", options)),
    },
    main: makeMain(options),
    code: null,
  };
}
