/** Sessions for tests, in the form in which the server sends them. */
import type { ExampleTrial, ImageSource, Session, Task, TrialPlan } from "../src/protocol";

/** The places of a trial's images. */
export function placesOf(task: Task, references = 9): string[] {
  const numbered = (prefix: string): string[] => Array.from({ length: references }, (_, index) => `${prefix}_${index}`);
  if (task === "two_afc") return [...numbered("left"), ...numbered("right"), "query_upper", "query_lower"];
  return [...numbered("reference"), "base", "query_left", "query_right"];
}

export type SourceOf = (trial: string, place: string) => ImageSource;

export function makeTrial(task: Task, id: string, source: SourceOf, references = 9): TrialPlan {
  const images = Object.fromEntries(placesOf(task, references).map((place) => [place, source(id, place)]));
  return { id, images, answered: false };
}

export interface SessionOptions {
  task: Task;
  source: SourceOf;
  references?: number;
  practiceTrials?: number;
  mainTrials?: number;
  feedbackInMain?: boolean;
  answerLock?: number;
}

export function makeSession(options: SessionOptions): Session {
  const { task, source, references = 9, practiceTrials = 2, mainTrials = 3, feedbackInMain = true, answerLock = 0 } = options;
  const trials = (prefix: string, count: number): TrialPlan[] =>
    Array.from({ length: count }, (_, index) => makeTrial(task, `${prefix}-${index + 1}`, source, references));
  const example: ExampleTrial = { ...makeTrial(task, "example", source, references), correct: task === "two_afc" ? "upper" : "right" };
  const occlusion = task === "occlusion_choice";
  return {
    task,
    phase: "instructions",
    study_title: "Which image fits?",
    simulated: false,
    notice: "Demo scale: four units, synthetic images of 128 px.",
    presentation: {
      prompt: occlusion ? "Which of the two occluded images does the network favor?" : "Which center image matches the right examples better?",
      titles: occlusion ? { references: "Favorite Images", base: "Another Favorite Image" } : { left: "Left Examples", right: "Right Examples" },
      answer_lock: answerLock,
      feedback_delay: 50,
      feedback_duration: 100,
      feedback_in_main: feedbackInMain,
      running_count: feedbackInMain,
    },
    instructions: [
      { title: "Welcome", paragraphs: ["A network looks at images. We ask what it likes to see.", "This takes about ten minutes."], shows_example: false },
      { title: "What you will see", paragraphs: ["Choose an image, and say how sure you are, in one click."], shows_example: true },
    ],
    example,
    practice: { attempt: 1, trials: trials("practice", practiceTrials) },
    main: { trials: trials("main", mainTrials), correct_so_far: 0 },
    code: null,
  };
}
