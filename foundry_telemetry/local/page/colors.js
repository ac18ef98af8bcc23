/* Colours. Their values stand in the style sheet, one for each theme; scripts ask for them by name. */

const SERIES = 10;
const PALETTES = {
  greenRed: ['green', 'yellow', 'red'],
  redGreen: ['red', 'yellow', 'green'],
  coldHot: ['blue', 'yellow', 'red'],
  greenBlue: ['green', 'turquoise', 'blue'],
  blueGreen: ['blue', 'turquoise', 'green'],
  whiteBlack: ['gray', 'gray', 'gray'],
  blackWhite: ['gray', 'gray', 'gray'],
};
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

/** Large areas take the softer colours of the series; words and icons the strong ones. */
const FILLS = {
  blue: 1,
  turquoise: 2,
  orange: 3,
  purple: 4,
  red: 5,
  yellow: 6,
  magenta: 7,
  pink: 7,
  cyan: 8,
  gray: 9,
  green: 10,
};

const seen = new Map();

/** The custom property that holds a colour of a workbook, strong enough for words. */
export function property(name) {
  const known = SAME[name] ?? name;
  return `--c-${NAMED.has(known) ? known : 'blue'}`;
}

/** The custom property that holds the colour of a bar, a line or an area. */
function fillOf(name) {
  return `--s-${FILLS[SAME[name] ?? name] ?? 1}`;
}

/** A custom property's colour in the theme of now, as rgb(). */
export function resolve(variable) {
  if (!seen.has(variable)) {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${variable})`;
    seen.set(variable, getComputedStyle(probe).color);
    probe.remove();
  }
  return seen.get(variable);
}

/** Forgets what was asked, after a change of theme. */
export function forget() {
  seen.clear();
}

/** Hands out the colours of a chart: one series keeps its colour as others come and go. */
export class Wheel {
  #given = new Map();

  of(name, wanted) {
    if (wanted) return wanted.startsWith('#') ? wanted : resolve(fillOf(wanted));
    if (!this.#given.has(name)) this.#given.set(name, (this.#given.size % SERIES) + 1);
    return resolve(`--s-${this.#given.get(name)}`);
  }
}

/**
 * A heat map's background: `share` from 0 to 1 along a palette. Pale enough for the text on it in both
 * themes.
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

/** The strong colour of a palette, for bars and sparks. */
export function accent(palette) {
  return `var(${fillOf(PALETTES[palette]?.[2] ?? palette ?? 'blue')})`;
}
