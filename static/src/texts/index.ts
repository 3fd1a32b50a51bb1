/** The words of the interface in the language that the document declares. What a study says itself comes from the server. */
import { de } from "./de";
import { en, type Texts } from "./en";

const LANGUAGES = new Map<string, Texts>([
  ["en", en],
  ["de", de],
]);
const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ps", "ur", "yi"]);

const primary = (language: string): string => language.toLowerCase().split("-")[0] ?? "";

/** Makes `language` (such as "de" or "de-AT") the document's, with its direction of writing. */
export function speak(language: string): void {
  const root = document.documentElement;
  if (root.lang === language && root.dir !== "") return;
  root.lang = language;
  root.dir = RIGHT_TO_LEFT.has(primary(language)) ? "rtl" : "ltr";
}

/** The words in the document's language; in English where it has none of ours. */
export function words(): Texts {
  return LANGUAGES.get(primary(document.documentElement.lang)) ?? en;
}
