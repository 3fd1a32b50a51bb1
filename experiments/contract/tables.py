"""The columns of a response, the same in the export, in the tables of analysis jobs and in the API's documentation."""

from collections.abc import Mapping

# Name and meaning, in the order of the export.
RESPONSE_COLUMNS: Mapping[str, str] = {
    "response_id": "Random id of the response",
    "study": "Short name of the study",
    "paper": "Slug of the paper whose design the study follows",
    "design_digest": "sha256 of the study's design: paper, units, conditions, settings",
    "session_id": "Random id of the session",
    "session_kind": "live, preview, pilot or bot; only live sessions are people",
    "session_state": "running or finished, when the table was made",
    "condition": "Condition of the session",
    "trial_id": "Random id of the trial",
    "trial_index": "Position of the trial among the session's main and catch trials, from 0; within its attempt for practice",
    "trial_kind": "practice, main or catch",
    "attempt": "Which attempt at practice, from 1; 0 elsewhere",
    "unit": "Address of the unit",
    "batch": "Batch of stimuli, from 0",
    "choice": "The chosen place: upper or lower, left or right",
    "correct_choice": "The place of the image that activates the unit more",
    "correct": "1 where choice and correct_choice agree, else 0",
    "confidence": "The label pressed: 1 low, 2, 3 high",
    "rt": "ms from the first painted frame of the decoded images to the input event",
    "input": "mouse, touch, pen or keyboard",
    "onset": "ms, performance timeline: the frame in which the images were first painted",
    "event_time": "ms, performance timeline: time stamp of the input event",
    "handler_time": "ms, performance timeline: when the page handled the event",
    "refresh_interval": "ms between frames, median measured during the trial",
    "dropped_frames": "Frames missing between onset and answer",
    "focus_losses": "How often the page was hidden or lost the focus during the trial",
    "viewport_width": "px",
    "viewport_height": "px",
    "served_at": "When the session's plan was first sent to the browser, UTC",
    "answered_at": "When the server stored the answer, UTC",
}
