/** The words of the interface: complete in every language, and in the direction in which it is written. */
import { afterEach, expect, test } from "vitest";
import { speak, words } from "../src/texts";
import { de } from "../src/texts/de";
import { en } from "../src/texts/en";

afterEach(() => speak("en"));

/** Every text with its path; functions are called with numbers and words. */
function flat(texts: object, path = ""): [string, string][] {
  return Object.entries(texts).flatMap(([name, value]): [string, string][] => {
    const place = `${path}/${name}`;
    const said: unknown = typeof value === "function" ? value(3, 4, 5, 6) : value;
    return typeof said === "string" ? [[place, said]] : flat(said as object, place);
  });
}

test("every_language_says_everything_in_words_of_its_own", () => {
  const english = new Map(flat(en));
  const german = new Map(flat(de));

  expect([...german.keys()]).toEqual([...english.keys()]);
  for (const [place, text] of [...english, ...german]) expect(text.trim(), place).not.toBe("");
  const same = [...english].filter(([place, text]) => german.get(place) === text).map(([place]) => place);
  expect(same).toEqual([]);
});

test.each([
  ["en", "ltr", "Continue"],
  ["de", "ltr", "Weiter"],
  ["de-AT", "ltr", "Weiter"],
  ["ar", "rtl", "Continue"],
  ["he-IL", "rtl", "Continue"],
  ["constructor", "ltr", "Continue"],
])("speak_%s_sets_language_and_direction", (language, direction, word) => {
  speak(language);

  expect(document.documentElement.lang).toBe(language);
  expect(document.documentElement.dir).toBe(direction);
  expect(words().trial.goOn).toBe(word);
});

test("numbers_agree_with_their_nouns", () => {
  expect([en.waiting.banner(1), en.waiting.banner(2)].map((text) => text.split(" waiting")[0])).toEqual(["1 answer is", "2 answers are"]);
  expect([de.waiting.banner(1), de.waiting.banner(2)].map((text) => text.split(" auf")[0])).toEqual(["1 Antwort wartet", "2 Antworten warten"]);
});
