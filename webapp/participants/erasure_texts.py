"""What the page that erases answers says, in English and German."""

from typing import TypedDict


class ErasureTexts(TypedDict):
    """The words of the page; `{}` stands for a number or a title."""

    title: str
    about: str
    label: str
    unknown: str
    show: str
    lost: str
    question: str
    study: str
    will_go: str
    will_stay: str
    answers: str
    notes: str
    consent: str
    ids: str
    known_elsewhere: str
    unpaid: str
    final: str
    erase: str
    changed_mind: str
    done_title: str
    done: str
    done_anonymized: str
    kept: str
    exported: str


ENGLISH: ErasureTexts = {
    "title": "Erase my answers",
    "about": "At the end of a study, and when you withdraw, you get an erasure code. Whoever has it can erase the answers.",
    "label": "Erasure code",
    "unknown": "There is nothing under this code. Check it for slips; perhaps the answers are erased already.",
    "show": "Show what will be erased",
    "lost": "If you have lost the code, write to the researcher who invited you.",
    "question": "Erase these answers?",
    "study": "Study: {}",
    "will_go": "This will be erased:",
    "will_stay": "Your answers stay in the study (their number: {}), but what leads from them to you will be erased:",
    "answers": "your answers with their times, and the trials that you were shown (their number: {})",
    "notes": "notes of what happened beside the answers, such as a reloaded page (their number: {})",
    "consent": "the record that you agreed to take part, and when",
    "ids": "the id by which we would know you again, and what a recruiter told us of you",
    "known_elsewhere": "that you took part in this study; in another study you stay known until you erase your answers there",
    "unpaid": "You have not been paid yet. Once this is erased, we cannot pay you any more.",
    "final": "Nobody can bring it back.",
    "erase": "Erase",
    "changed_mind": "If you have changed your mind, close this window: nothing has been erased.",
    "done_title": "Your answers are erased",
    "done": "All that belonged to them is gone.",
    "done_anonymized": "Your answers stay in the study, but nothing leads from them to you any more.",
    "kept": "We only keep the number of erased participations and what was paid, without knowing to whom.",
    "exported": "Researchers have made files of the answers before; they get a list of them, so that they take yours out.",
}
GERMAN: ErasureTexts = {
    "title": "Meine Antworten löschen",
    "about": "Am Ende einer Studie, und wenn Sie sich aus ihr zurückziehen, bekommen Sie einen Löschcode. Wer ihn hat, kann die "
    "Antworten löschen.",
    "label": "Löschcode",
    "unknown": "Unter diesem Code gibt es nichts. Prüfen Sie ihn auf Tippfehler; vielleicht sind die Antworten schon gelöscht.",
    "show": "Zeigen, was gelöscht wird",
    "lost": "Wenn Sie den Code verloren haben, schreiben Sie der Person, die Sie eingeladen hat.",
    "question": "Diese Antworten löschen?",
    "study": "Studie: {}",
    "will_go": "Das wird gelöscht:",
    "will_stay": "Ihre Antworten bleiben in der Studie (Anzahl: {}), aber was von ihnen zu Ihnen führt, wird gelöscht:",
    "answers": "Ihre Antworten mit ihren Zeiten und die Aufgaben, die Sie gesehen haben (Anzahl: {})",
    "notes": "Notizen, was neben den Antworten geschah, zum Beispiel eine neu geladene Seite (Anzahl: {})",
    "consent": "dass und wann Sie der Teilnahme zugestimmt haben",
    "ids": "die Kennung, an der wir Sie wiedererkennen würden, und was ein Vermittler uns über Sie gesagt hat",
    "known_elsewhere": "dass Sie an dieser Studie teilgenommen haben; in einer anderen bleiben Sie bekannt, bis Sie dort löschen",
    "unpaid": "Sie sind noch nicht bezahlt worden. Ist das hier gelöscht, können wir Sie nicht mehr bezahlen.",
    "final": "Niemand kann es zurückholen.",
    "erase": "Löschen",
    "changed_mind": "Wenn Sie es sich anders überlegt haben, schließen Sie dieses Fenster: Es wurde nichts gelöscht.",
    "done_title": "Ihre Antworten sind gelöscht",
    "done": "Alles, was zu ihnen gehörte, ist weg.",
    "done_anonymized": "Ihre Antworten bleiben in der Studie, aber nichts führt mehr von ihnen zu Ihnen.",
    "kept": "Wir behalten nur die Zahl der gelöschten Teilnahmen und was gezahlt wurde, ohne zu wissen, an wen.",
    "exported": "Aus den Antworten sind schon Dateien gemacht worden; die Forschenden bekommen eine Liste davon, damit sie Ihre "
    "herausnehmen.",
}


def erasure_texts(language: str) -> ErasureTexts:
    """The words in a language, English where we do not have it."""
    return GERMAN if language == "de" else ENGLISH
