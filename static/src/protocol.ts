/** The words that the participant's page and the server exchange, and the rules about them that both tasks share. */

export type Task = "two_afc" | "occlusion_choice";
export type Choice = "upper" | "lower" | "left" | "right";
export type Confidence = 1 | 2 | 3;
export type InputDevice = "mouse" | "touch" | "pen" | "keyboard";

/** One image of a trial. Names and order say nothing about the truth; `sha256` is of the file's bytes. */
export interface ImageSource {
  url: string;
  size: number;
  sha256: string;
}

export interface TrialPlan {
  id: string;
  /** By place: `left_0…8`, `right_0…8`, `query_upper`, `query_lower`; or `reference_0…8`, `base`, `query_left`, `query_right`. */
  images: Record<string, ImageSource>;
  answered: boolean;
}

export interface ExampleTrial extends TrialPlan {
  correct: Choice;
}

export interface Presentation {
  prompt: string;
  titles: Partial<Record<"left" | "right" | "references" | "base", string>>;
  /** Milliseconds after onset during which no answer is taken. */
  answer_lock: number;
  /** Milliseconds from the answer to the feedback, or to Continue where there is none. */
  feedback_delay: number;
  /** Milliseconds that the feedback stands before Continue appears. */
  feedback_duration: number;
  feedback_in_main: boolean;
  running_count: boolean;
}

export interface InstructionPage {
  title: string;
  paragraphs: string[];
  shows_example: boolean;
}

export interface Session {
  task: Task;
  phase: "instructions" | "practice" | "main" | "finished";
  study_title: string;
  simulated: boolean;
  notice: string;
  presentation: Presentation;
  instructions: InstructionPage[];
  example: ExampleTrial | null;
  practice: { attempt: number; trials: TrialPlan[] };
  main: { trials: TrialPlan[]; correct_so_far: number };
  code: string | null;
}

/** What a person did in one trial. All times are milliseconds on the page's own clock (`performance.timeOrigin`). */
export interface Answer {
  choice: Choice;
  /** The number printed on the button that was pressed. */
  confidence: Confidence;
  rt: number;
  input: InputDevice;
  onset: number;
  second_frame: number;
  event_time: number;
  handler_time: number;
  refresh_interval: number;
  dropped_frames: number;
  focus_losses: number;
  viewport_width: number;
  viewport_height: number;
  cross_origin_isolated: boolean;
}

/** The server's word that an answer is stored; `correct` is null where this kind of trial gives no feedback. */
export interface Receipt {
  saved: boolean;
  correct: boolean | null;
}

/** The images of a trial as URLs that can be shown at once, by place. */
export type ShownImages = Record<string, string>;
