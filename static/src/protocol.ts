/** The words that the participant's page and the server exchange, exactly as the server sends them, and nothing beside. */

export type Task = "two_afc" | "occlusion_choice" | "domain_choice";
/** Where an image that can be chosen stands. */
export type Place = "upper" | "lower" | "left" | "right";
/** What an image can be called. */
export type Label = "natural" | "rendition" | "ambiguous";
export type Choice = Place | Label;
export type Confidence = 1 | 2 | 3;
export type InputDevice = "mouse" | "touch" | "pen" | "keyboard";
/** How a trial is answered: by one of the buttons, or by a slider. */
export type Form = "choice" | "rating";
/** Where the session stands. The last three end it; `paused` is the study's doing and passes. */
export type Phase = "instructions" | "practice" | "main" | "paused" | "finished" | "returned" | "withdrawn";

/** One image of a trial. Names and order say nothing about the truth; `sha256` is of the file's bytes. */
export interface ImageSource {
  url: string;
  size: number;
  sha256: string;
}

export interface TrialPlan {
  id: string;
  form: Form;
  answered: boolean;
  /**
   * By place: `left_0…`, `right_0…`, `query_upper`, `query_lower`; or `reference_0…`, `base`, `query_left`, `query_right`;
   * or `image`, which is labelled; or, for a rating, `left_0…` and `right_0…` alone. Any group of references may be absent.
   */
  images: Record<string, ImageSource>;
}

export interface MainTrial extends TrialPlan {
  /** Its block's index in `main.blocks`. */
  block: number;
}

export interface ExampleTrial extends TrialPlan {
  correct: Choice;
  presentation: Presentation;
}

export interface Presentation {
  prompt: string;
  titles: Titles;
  /** Milliseconds after onset during which no answer is taken. */
  answer_lock: number;
  /** Milliseconds from the answer to the feedback, or to Continue where there is none. */
  feedback_delay: number;
  /** Milliseconds that the feedback stands before Continue appears. */
  feedback_duration: number;
  feedback_in_main: boolean;
  running_count: boolean;
  block_score: boolean;
  /** The question of rating trials. */
  rating_prompt: string;
  /** The words at the left and the right end of the slider. */
  rating_ends: [string, string];
  /** What counts as each label, a sentence each; empty where images are chosen. */
  answers: Sentences;
}

export type Sentences = Partial<Record<Label, string>>;

/** The headings above groups of images, and the words of the labels. */
export type Titles = Partial<Record<"left" | "right" | "references" | "base" | Label, string>>;

export interface InstructionPage {
  title: string;
  paragraphs: string[];
  shows_example: boolean;
}

export interface Block {
  /** What is shown before it; null where trials are not in blocks. */
  page: InstructionPage | null;
  presentation: Presentation;
  /** How many of its trials were right so far; null where people are not told. */
  correct_so_far: number | null;
}

export interface Session {
  task: Task;
  phase: Phase;
  language: string;
  study_title: string;
  simulated: boolean;
  notice: string;
  thanks: string;
  contact: string;
  instructions: InstructionPage[];
  example: ExampleTrial;
  practice: { attempt: number; presentation: Presentation; trials: TrialPlan[] };
  main: { blocks: Block[]; trials: MainTrial[]; correct_so_far: number | null };
  code: string | null;
  /** Where a finished person hands in, if a recruiter sent them. */
  url?: string | null;
}

/** The evidence of an answer's timing. All times are milliseconds on the page's own clock (`performance.timeOrigin`). */
export interface Timing {
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

export interface ChoiceAnswer extends Timing {
  choice: Choice;
  /** The number printed on the button that was pressed; absent where buttons are labels. */
  confidence?: Confidence;
}

export interface RatingAnswer extends Timing {
  /** From -100, the slider's left end, to 100, its right end. */
  rating: number;
}

export type Answer = ChoiceAnswer | RatingAnswer;

/** The server's word that an answer is stored; `correct` is null where this kind of trial gives no feedback. */
export interface Receipt {
  saved: boolean;
  correct: boolean | null;
  /** Another tab goes on with the session. */
  elsewhere: boolean;
}

/** The end, or more to do: without a code, trials were laid down to be asked again. */
export interface Finish {
  code: string | null;
  url?: string | null;
  /** The same each time. */
  erasure_code?: string | null;
}

export interface Withdrawal {
  withdrawn: boolean;
  erasure_code?: string | null;
}

/** The images of a trial as URLs that can be shown at once, by place. */
export type ShownImages = Record<string, string>;
