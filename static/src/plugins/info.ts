/** The parameters and data that the plugins declare to jsPsych, each as precise as a methods section needs it. */
import { ParameterType } from "jspsych";

const trialParameters = {
  /** The trial's opaque id. */
  trial_id: { type: ParameterType.STRING, default: undefined },
  /** The trial's images by place, as URLs whose images are already decoded. */
  images: { type: ParameterType.OBJECT, default: undefined },
  /** The titles above the groups of images. */
  titles: { type: ParameterType.OBJECT, default: {} },
  /** The question above the images. */
  prompt: { type: ParameterType.STRING, default: undefined },
  /** The words beside the progress bar, such as "Trial 3 of 12". */
  progress_label: { type: ParameterType.STRING, default: "" },
  /** Trials already done, for the progress bar. */
  trials_done: { type: ParameterType.INT, default: 0 },
  /** Trials in all, for the progress bar. */
  trials_total: { type: ParameterType.INT, default: 1 },
  /** Correct answers before this trial, shown beside the progress bar; null hides the count. */
  correct_count: { type: ParameterType.INT, default: null },
  /** Milliseconds after onset during which buttons, keys and slider take no answer. */
  answer_lock: { type: ParameterType.INT, default: 0 },
  /** Called with the answer in the moment it is given; resolves with "correct", "incorrect", "none" or "pending". */
  on_answer: { type: ParameterType.FUNCTION, default: undefined },
} as const;

export const choiceParameters = {
  ...trialParameters,
  /** Least milliseconds between the answer and its feedback (without feedback: Continue). */
  feedback_delay: { type: ParameterType.INT, default: 350 },
  /** Milliseconds that the feedback stands before Continue appears. */
  feedback_duration: { type: ParameterType.INT, default: 1150 },
} as const;

export const labelParameters = {
  ...choiceParameters,
  /** What counts as each label, a sentence each, by label. */
  answers: { type: ParameterType.OBJECT, default: {} },
} as const;

export const ratingParameters = {
  ...trialParameters,
  /** The words at the left and the right end of the slider. */
  rating_ends: { type: ParameterType.OBJECT, default: ["", ""] },
} as const;

const timingData = {
  /** The trial's opaque id. */
  trial_id: { type: ParameterType.STRING },
  /** Reaction time in ms: `event_time` minus `onset`. It includes the answer lock and ends before any feedback. */
  rt: { type: ParameterType.FLOAT },
  /** What pressed the button: "mouse", "touch", "pen" or "keyboard". */
  input: { type: ParameterType.STRING },
  /** Timestamp (ms) of the animation frame in which all images, decoded beforehand, were first painted. */
  onset: { type: ParameterType.FLOAT },
  /** Timestamp (ms) of the animation frame after the onset. */
  second_frame: { type: ParameterType.FLOAT },
  /** Timestamp (ms) that the browser gave the input event: key down, or release of the mouse button or finger. */
  event_time: { type: ParameterType.FLOAT },
  /** `performance.now()` (ms) when our handler ran; minus `event_time` it is the delay inside the browser. */
  handler_time: { type: ParameterType.FLOAT },
  /** Median interval (ms) between animation frames from onset to answer; 0 where the browser's clock is too coarse. */
  refresh_interval: { type: ParameterType.FLOAT },
  /** Animation frames missed between onset and answer, relative to the median interval. */
  dropped_frames: { type: ParameterType.INT },
  /** How often window or tab lost the focus between onset and answer. */
  focus_losses: { type: ParameterType.INT },
  /** Inner width of the window in CSS pixels at the answer. */
  viewport_width: { type: ParameterType.INT },
  /** Inner height of the window in CSS pixels at the answer. */
  viewport_height: { type: ParameterType.INT },
  /** Whether the page was cross-origin isolated, which makes the browser's clock finer. */
  cross_origin_isolated: { type: ParameterType.BOOL },
} as const;

export const choiceData = {
  ...timingData,
  /** The image or label chosen; the same as `choice`, under jsPsych's name. */
  response: { type: ParameterType.STRING },
  /** The image chosen ("upper" or "lower", "left" or "right", as seen on the screen), or the label of the image shown. */
  choice: { type: ParameterType.STRING },
  /** The number printed on the pressed button: 1 (not sure) to 3 (very sure); absent for a label. */
  confidence: { type: ParameterType.INT },
  /** The feedback due: "correct", "incorrect", "none", or "pending" when the server had not answered in time. */
  verdict: { type: ParameterType.STRING },
} as const;

export const ratingData = {
  ...timingData,
  /** The same as `rating`, under jsPsych's name. */
  response: { type: ParameterType.INT },
  /** Where the slider stood when Confirm was pressed: -100 (left end) to 100 (right end). */
  rating: { type: ParameterType.INT },
} as const;
