/**
 * The card's options: what they may be, and how large each layout is.
 */

/** @typedef {"button" | "tile" | "full"} Layout */
/**
 * @typedef {object} Options
 * @property {string} [profile] Without one, the person's or the display's default.
 * @property {string} [display] This browser is that display; `ask`: a person chooses which one it is.
 * @property {string} [name] Without one, the profile's.
 * @property {Layout} layout
 * @property {boolean} captions Whether the layout `full` shows what is said.
 * @property {boolean} prefetch Whether a client secret is fetched as soon as someone is near.
 */

/** @type {readonly Layout[]} */
export const LAYOUTS = ["button", "tile", "full"];
export const DEFAULTS = Object.freeze({ layout: /** @type {Layout} */ ("button"), captions: true, prefetch: true });

/** What a new card gets from the card picker: what people expect of it first. */
export const NEW = Object.freeze({ ...DEFAULTS, layout: /** @type {Layout} */ ("full") });

/** In columns of twelve, and in rows of 56 px with gaps of 8; a tile grows with a message. */
const GRID = {
  button: { columns: 6, rows: 3, min_columns: 4, min_rows: 3 },
  tile: { columns: 6, rows: "auto", min_columns: 6 },
  full: { columns: 12, rows: 8, min_columns: 6, min_rows: 6 },
};
/** In units of 50 px, for dashboards of columns. */
const SIZES = { button: 4, tile: 1, full: 9 };

/** @param {Layout} layout */
export const gridOf = (layout) => ({ ...GRID[layout] });
/** @param {Layout} layout */
export const sizeOf = (layout) => SIZES[layout];

/**
 * @param {unknown} config As it stands in the dashboard.
 * @param {(key: string, values?: Record<string, string>) => string} text
 * @returns {Options}
 * @throws {Error} A sentence with the cure.
 */
export function readOptions(config, text) {
  if (typeof config !== "object" || config === null) throw new Error(text("not_options"));
  const given = /** @type {Record<string, unknown>} */ (config);
  const layout = /** @type {Layout} */ (given.layout || DEFAULTS.layout);
  if (!LAYOUTS.includes(layout)) {
    throw new Error(text("wrong_layout", { value: String(layout), layouts: LAYOUTS.join(", ") }));
  }
  return {
    layout,
    ...optional("profile", words(given, "profile", text)),
    ...optional("display", words(given, "display", text)),
    ...optional("name", words(given, "name", text)),
    captions: choice(given, "captions", text),
    prefetch: choice(given, "prefetch", text),
  };
}

/**
 * @param {Record<string, unknown>} given @param {string} option
 * @param {(key: string, values?: Record<string, string>) => string} text
 */
function words(given, option, text) {
  const value = given[option] ?? "";
  if (typeof value !== "string") throw new Error(text("not_words", { option, value: String(value) }));
  return value.trim();
}

/** @param {string} option @param {string} value */
const optional = (option, value) => (value ? { [option]: value } : {});

/**
 * @param {Record<string, unknown>} given @param {"captions" | "prefetch"} option
 * @param {(key: string, values?: Record<string, string>) => string} text
 */
function choice(given, option, text) {
  const value = given[option] ?? DEFAULTS[option];
  if (typeof value !== "boolean") throw new Error(text("not_choice", { option, value: String(value) }));
  return value;
}
