/* Colours. Their values are in the style sheet, one for each theme; scripts resolve them by name. */
// @ts-check

const SERIES = 14;
/** @type {Partial<Record<string, [low: string, middle: string, high: string]>>} */
const PALETTES = {
  greenRed: ['green', 'yellow', 'red'],
  redGreen: ['red', 'yellow', 'green'],
  coldHot: ['blue', 'yellow', 'red'],
  greenBlue: ['green', 'turquoise', 'blue'],
  blueGreen: ['blue', 'turquoise', 'green'],
  whiteBlack: ['gray', 'gray', 'gray'],
  blackWhite: ['gray', 'gray', 'gray'],
};
/** @type {Partial<Record<string, string>>} */
const SAME = {
  greenDark: 'green',
  lightgreen: 'green',
  redBright: 'red',
  redDark: 'red',
  blueDark: 'blue',
  lightBlue: 'cyan',
  brown: 'yellow',
  grayBlue: 'gray',
  Blank: 'gray',
  none: 'gray',
};
const NAMED = new Set([
  'blue',
  'green',
  'red',
  'yellow',
  'orange',
  'purple',
  'gray',
  'turquoise',
  'magenta',
  'pink',
  'cyan',
]);

/**
 * The colours of bars, lines and areas, told apart by colour-blind people too; words and icons have their own.
 * @type {Partial<Record<string, number>>}
 */
const FILLS = {
  blue: 1,
  turquoise: 2,
  orange: 3,
  purple: 4,
  red: 5,
  yellow: 6,
  magenta: 7,
  cyan: 8,
  lightBlue: 8,
  gray: 9,
  green: 10,
  brown: 11,
  blueDark: 12,
  redDark: 13,
  pink: 14,
};

/** @type {Map<string, string>} */
const resolved = new Map();

/**
 * The custom property with a colour of a workbook, strong enough for words.
 * @param {string} name
 */
export function property(name) {
  const known = SAME[name] ?? name;
  return `--c-${NAMED.has(known) ? known : 'blue'}`;
}

/**
 * The custom property with the colour of a bar, a line or an area.
 * @param {string} name
 */
function fillOf(name) {
  return `--s-${placeOf(name)}`;
}

/** @param {string} name */
const placeOf = (name) => FILLS[name] ?? FILLS[SAME[name] ?? ''] ?? 1;

/**
 * A custom property's colour in the current theme, as rgb(); where the system has colours of its own, those of series
 * stay as they are.
 * @param {string} variable
 */
export function resolve(variable) {
  const known = resolved.get(variable);
  if (known !== undefined) return known;
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = `var(${variable})`;
  if (variable.startsWith('--s-')) probe.style.setProperty('forced-color-adjust', 'none');
  const { color } = getComputedStyle(probe);
  probe.remove();
  resolved.set(variable, color);
  return color;
}

/** Resolves all colours anew, after a change of theme. */
export function forgetColors() {
  resolved.clear();
}

/** Assigns the colours of a chart: one series keeps its colour as others come and go. */
export class SeriesColors {
  /** @type {Map<string, number>} */
  #assigned = new Map();
  /** @type {Set<number>} */
  #taken = new Set();

  /**
   * Keeps the colours that the workbook names for series of the chart from those that it names none for.
   * @param {(string | undefined)[]} wanted
   */
  reserve(wanted) {
    this.#taken = new Set(wanted.flatMap((name) => (name ? [placeOf(name)] : [])));
  }

  /**
   * @param {string} name  Of the series.
   * @param {string | undefined} wanted  By the workbook.
   */
  of(name, wanted) {
    if (wanted) return wanted.startsWith('#') ? wanted : resolve(fillOf(wanted));
    return resolve(`--s-${this.place(name)}`);
  }

  /**
   * The number of the colour of a series that the workbook names none for.
   * @param {string} name
   */
  place(name) {
    const known = this.#assigned.get(name);
    if (known !== undefined && !this.#taken.has(known)) return known;
    const used = new Set([...this.#assigned.values(), ...this.#taken]);
    const places = Array.from({ length: SERIES }, (_, i) => i + 1);
    const place = places.find((each) => !used.has(each)) ?? (this.#assigned.size % SERIES) + 1;
    this.#assigned.set(name, place);
    return place;
  }
}

/**
 * A heat map's background: `share` from 0 to 1 along a palette. Pale enough for the text on it in both
 * themes.
 * @param {string} palette
 * @param {number} share
 */
export function heat(palette, share) {
  const stops = PALETTES[palette];
  if (!stops)
    return `color-mix(in srgb, var(${property(palette)}) ${Math.round(4 + 32 * share)}%, transparent)`;
  const [from, to] = share < 0.5 ? [stops[0], stops[1]] : [stops[1], stops[2]];
  const within = Math.round((share < 0.5 ? share * 2 : share * 2 - 1) * 100);
  const shade = palette.includes('hite')
    ? Math.round(6 + 26 * (palette === 'whiteBlack' ? share : 1 - share))
    : 30;
  const hue = `color-mix(in srgb, var(${property(to)}) ${within}%, var(${property(from)}))`;
  return `color-mix(in srgb, ${hue} ${shade}%, transparent)`;
}

/**
 * The strong colour of a palette, for bars and sparks.
 * @param {string} [palette]
 */
export function accent(palette = 'blue') {
  return `var(${fillOf(PALETTES[palette]?.[2] ?? palette)})`;
}
