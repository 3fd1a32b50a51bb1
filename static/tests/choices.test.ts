/** The map from button and key to the stored answer, for all tasks. */
import { expect, test } from "vitest";
import { optionOfKey, optionsOf, otherChoice } from "../src/choices";
import { buildDomainChoice } from "../src/plugins/domain_choice";
import { buildOcclusionChoice } from "../src/plugins/occlusion_choice";
import { buildTwoAfc } from "../src/plugins/two_afc";
import type { Scene } from "../src/scene";

const key = (code: string, init: KeyboardEventInit = {}): KeyboardEvent => new KeyboardEvent("keydown", { code, ...init });

test.each([
  ["two_afc", ["upper 1", "upper 2", "upper 3", "lower 1", "lower 2", "lower 3"]],
  ["occlusion_choice", ["left 3", "left 2", "left 1", "right 1", "right 2", "right 3"]],
] as const)("optionsOf_%s_gives_the_labels_in_the_order_of_the_keys", (task, expected) => {
  const options = optionsOf(task);

  expect(options.map(({ choice, confidence }) => `${choice} ${confidence}`)).toEqual(expected);
  expect(options.map((option) => option.key)).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test.each([buildTwoAfc, buildOcclusionChoice])("scene_%#_prints_on_each_button_what_it_stores", (build) => {
  const scene: Scene = build({}, {});

  for (const { option, node } of scene.buttons) {
    expect(node.textContent).toBe(String(option.confidence));
    expect(node.dataset.key).toBe(option.key);
    expect(node.dataset.choice).toBe(option.choice);
    expect(node.getAttribute("aria-label")?.toLowerCase()).toContain(`${option.choice} image, confidence ${option.confidence} `);
  }
  expect(scene.buttons).toHaveLength(6);
});

test("optionOfKey_takes_digit_row_and_number_pad_on_any_layout", () => {
  const options = optionsOf("occlusion_choice");

  expect(optionOfKey(options, key("Digit1", { key: "&" }))).toMatchObject({ choice: "left", confidence: 3 });
  expect(optionOfKey(options, key("Numpad6"))).toMatchObject({ choice: "right", confidence: 3 });
  expect(optionOfKey(options, key("", { key: "4" }))).toMatchObject({ choice: "right", confidence: 1 });
});

test("optionOfKey_ignores_other_keys_held_keys_and_shortcuts", () => {
  const options = optionsOf("two_afc");

  expect(optionOfKey(options, key("Digit7"))).toBeUndefined();
  expect(optionOfKey(options, key("KeyA", { key: "a" }))).toBeUndefined();
  expect(optionOfKey(options, key("Digit1", { repeat: true }))).toBeUndefined();
  expect(optionOfKey(options, key("Digit1", { ctrlKey: true }))).toBeUndefined();
});

test("optionsOf_labels_gives_a_key_each_and_no_confidence", () => {
  const options = optionsOf("domain_choice");

  expect(options.map(({ choice, confidence, key: digit }) => [choice, confidence, digit])).toEqual([
    ["natural", null, "1"],
    ["rendition", null, "2"],
    ["ambiguous", null, "3"],
  ]);
  expect(optionOfKey(options, key("Digit4"))).toBeUndefined();
});

test("label_buttons_say_word_and_sentence_and_all_stand_for_the_one_image", () => {
  const titles = { natural: "Photo", rendition: "<b>Drawing</b>", ambiguous: "Both" };
  const answers = { natural: "By a camera.", rendition: "By hand.", ambiguous: "Half way." };

  const scene = buildDomainChoice({ image: "blob:1" }, titles, answers);

  expect(scene.buttons.map(({ node }) => [...node.children].map(({ textContent }) => textContent))).toEqual([
    ["Photo", "By a camera."],
    ["<b>Drawing</b>", "By hand."],
    ["Both", "Half way."],
  ]);
  expect(scene.buttons.map(({ node }) => [node.dataset.choice, node.dataset.confidence, node.dataset.key])).toEqual([
    ["natural", undefined, "1"],
    ["rendition", undefined, "2"],
    ["ambiguous", undefined, "3"],
  ]);
  expect(new Set(Object.values(scene.figures)).size).toBe(1);
  expect([...scene.root.querySelectorAll("img")].map(({ src }) => src)).toEqual(["blob:1"]);
});

test("otherChoice_is_the_one_not_made_and_none_of_several", () => {
  expect(otherChoice("domain_choice", "natural")).toBeNull();
  expect([otherChoice("two_afc", "upper"), otherChoice("two_afc", "lower")]).toEqual(["lower", "upper"]);
  expect([otherChoice("occlusion_choice", "left"), otherChoice("occlusion_choice", "right")]).toEqual(["right", "left"]);
});

test("references_fill_a_square_grid_in_index_order_and_none_leave_no_title", () => {
  const images = Object.fromEntries([2, 0, 1, 3].map((index) => [`reference_${index}`, `blob:${index}`]));

  const shown = buildOcclusionChoice(images, { references: "Favorite Images" }).root.querySelector(".references");
  const empty = buildOcclusionChoice({}, { references: "Favorite Images" }).root.querySelector(".references");

  expect([...(shown?.querySelectorAll("img") ?? [])].map(({ src }) => src)).toEqual(["blob:0", "blob:1", "blob:2", "blob:3"]);
  expect(shown?.querySelector<HTMLElement>(".references-grid")?.style.getPropertyValue("--columns")).toBe("2");
  expect(empty).toBeNull();
});

test.each([
  [9, 9, "6", "3"],
  [0, 9, "3", "3"],
  [1, 1, "2", "1"],
  [0, 1, "1", "1"],
  [0, 0, "0", "0"],
])("two_afc_with_%i_and_%i_references_shows_no_empty_side", (left, right, across, down) => {
  const numbered = (side: string, count: number) => Array.from({ length: count }, (_, index) => [`${side}_${index}`, `blob:${side}${index}`]);
  const images = Object.fromEntries([...numbered("left", left), ...numbered("right", right)]);

  const { root } = buildTwoAfc(images, { left: "Left", right: "Right" });

  expect(root.dataset.references).toBe(across);
  expect(root.style.getPropertyValue("--down")).toBe(String(Math.max(1, Number(down))));
  expect([...root.querySelectorAll(".group-title")].map(({ textContent }) => textContent)).toEqual(
    [...(left > 0 ? ["Left"] : []), ...(right > 0 ? ["Right"] : [])],
  );
});

test("scenes_stay_left_to_right_where_people_write_from_right_to_left", () => {
  document.documentElement.dir = "rtl";

  const { root } = buildTwoAfc({ right_0: "blob:0" }, { right: "Right" });
  document.documentElement.dir = "ltr";

  expect(root.dir).toBe("ltr");
  expect(root.querySelector<HTMLElement>(".group-title")?.dir).toBe("rtl");
});

test("titles_are_never_read_as_markup", () => {
  const scene = buildTwoAfc({ left_0: "blob:0" }, { left: "<img src=x>" });

  expect(scene.root.querySelector(".group-title")?.textContent).toBe("<img src=x>");
});
