import { autocorrelation, pooled, waveOf, type Likeness, type Sparse, type Wave } from "./autocorrelation.ts";
import { lessLevel } from "./less-level.ts";
import { median } from "./median.ts";
import { robustScale } from "./robust-scale.ts";

/** After how many places a series comes again. */
export interface FoundPeriod {
  readonly places: number;
  /** The autocorrelation at that lag and the two multiples after it: what share of the variance comes again. */
  readonly strength: number;
}

/** What is looked for. */
export interface PeriodOptions {
  /** Share of series of noise in which a period may be found. */
  readonly falseAlarms: number;
  /** Periods of the calendar, in places: taken where one nearby would do hardly better. */
  readonly usual: readonly number[];
}

/** A period is believed when it was seen so many times. */
const LEAST_CYCLES = 3;
/** Values are compared with those one period later, two, and three. */
const TIMES = 3;
/** So many periods are looked for, each in what the ones before leave. */
const MOST_PERIODS = 3;
/** Values count as no further off than so many standard deviations: from the whole series, and from the level around them. */
const FAR = { whole: 5, level: 3 };
/** The shortest period is taken that has at least this share of the best one's strength, or could have all of it but for noise: its multiples are as strong. */
const NEARLY = 0.75;
/** Two periods on values must be at least so much as alike as one period on. */
const LASTING = 0.5;
/** A period of the calendar is taken if it has this share of the best one nearby. */
const USUAL = 0.9;
/** A multiple of a period must have so much more strength, and each period so much beside longer ones: a square wave has overtones. */
const CLEARLY = 0.05;
/** A period of less, over its own level, is none, however sure. */
const LEAST_STRENGTH = 0.1;
/** Values up to the lag over this are neighbours. With 2 a year of months is not found in four of them, with 4 noise of neighbours has periods in 10 of 100 series. */
const NEAR = 3;
const ROUNDING = 1e-9;

/**
 * Finds what repeats. docs/signals.md says how, and how often it finds something in noise.
 * @param values by place, on a grid without holes
 * @returns the strongest first; none if nothing convinces
 */
export function findPeriods(values: Sparse, options: PeriodOptions): FoundPeriod[] {
  const straight = lessSlope(values);
  const rounding = ROUNDING * values.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  const bands = bandsOf(straight, rounding);
  const found: number[] = [];
  let rest = straight;
  while (found.length < MOST_PERIODS) {
    const peaks = peaksOf(found.length === 0 ? bands : bandsOf(rest, rounding), options);
    const places = bestOf(peaks, bands, options.usual);
    if (places === undefined || found.includes(places)) break;
    // Shorter ones that it is a multiple of go with it, and its multiple that is the best of all: strengths tell whether they are more.
    const best = Math.max(...peaks.map(({ value }) => value));
    const top = peaks.find(({ lag, value }) => lag % places === 0 && value >= best - CLEARLY);
    found.push(places, ...peaks.map(({ lag }) => lag).filter((lag) => lag < places && places % lag === 0), ...(top ? [top.lag] : []));
    rest = lessPeriod(rest, places);
  }
  return strengths(bands, [...new Set(found)]).slice(0, MOST_PERIODS);
}

/** All of them over the level that the longest one asks for, so that they can be compared. */
function strengths(bands: readonly Band[], found: readonly number[]): FoundPeriod[] {
  const band = bands.find(({ width }) => width >= Math.max(...found));
  if (!band) return [];
  const periods = found.map((places) => ({ places, strength: Math.max(0, Math.min(1, pooled(band.wave, places, TIMES).value)) }));
  // A multiple of a period has its strength too, and is one only if it has clearly more.
  const isMore = ({ places, strength }: FoundPeriod): boolean =>
    periods.every((other) => other.places >= places || places % other.places !== 0 || strength >= other.strength + CLEARLY);
  return periods
    .filter(
      (period) =>
        likeness(bands, period.places).value >= LEAST_STRENGTH &&
        period.strength >= CLEARLY &&
        autocorrelation(band.wave, period.places).value >= CLEARLY &&
        isMore(period),
    )
    .toSorted((a, b) => b.strength - a.strength);
}

/** Values less their level over a width, for the lags from half of it up to it. */
interface Band {
  readonly width: number;
  readonly wave: Wave;
}

/** Widths 2, 4, 8 … up to the longest period; none where all values are equal, give or take rounding. */
function bandsOf(values: Sparse, rounding: number): Band[] {
  const bands: Band[] = [];
  for (let width = 2; width < 2 * longest(values); width *= 2) {
    const above = lessLevel(values, width);
    // By the mean: where most values are equal, the median would be of what the level adds to them.
    const scale = meanScale(above.filter((value) => value !== undefined));
    if (scale > rounding) bands.push({ width, wave: waveOf(above, FAR.level * scale) });
  }
  return bands;
}

/** The standard deviation of normal values with this mean distance from 0. */
function meanScale(values: readonly number[]): number {
  return (values.reduce((total, value) => total + Math.abs(value), 0) / Math.max(1, values.length)) * Math.sqrt(Math.PI / 2);
}

function longest(values: ArrayLike<unknown>): number {
  return Math.floor(values.length / LEAST_CYCLES);
}

function likeness(bands: readonly Band[], lag: number): Likeness {
  const band = bands.find(({ width }) => width >= lag);
  return band ? pooled(band.wave, lag, TIMES) : { value: 0, pairs: 0 };
}

/** Whether a likeness of so many pairs, at a lag, is beyond noise. */
type Test = (likeness: Likeness, lag: number) => boolean;

/**
 * Noise is to go beyond in no more than `falseAlarms` of series: half of it goes to the lags of the calendar, which are few, and half to all others (Bonferroni). Sums over three multiples of a lag lean to the
 * right, by a skewness of 6 / √pairs: the first term of Cornish and Fisher's expansion makes up for that.
 */
function noiseTest({ falseAlarms, usual }: PeriodOptions, lags: number): Test {
  const share = usual.length > 0 ? falseAlarms / 2 : falseAlarms;
  const [known, other] = [usual.length, lags].map((count) => normalQuantile(share / Math.max(1, count)));
  return ({ pairs, value }, lag) => {
    const z = (usual.includes(lag) ? known : other) ?? Infinity;
    return value * Math.sqrt(pairs) >= z + (z ** 2 - 1) / Math.sqrt(pairs);
  };
}

/** A lag that may be a period. */
interface Peak {
  readonly lag: number;
  readonly value: number;
  /** How far noise takes the value. */
  readonly doubt: number;
}

/** The lags that stand out from their neighbours and from noise, and that last. */
function peaksOf(bands: readonly Band[], options: PeriodOptions): Peak[] {
  const [first] = bands;
  if (!first) return [];
  const most = longest(first.wave.values);
  const alike = Array.from({ length: most + 2 }, (_, lag) => (lag === 0 ? { value: 1, pairs: 0 } : likeness(bands, lag)));
  const isBeyondNoise = noiseTest(options, most - 1);
  return bands.flatMap(({ wave, width }) => {
    const spread = spreadOf(wave, width);
    const lags = Array.from({ length: width / 2 }, (_, index) => width / 2 + 1 + index).filter((lag) => lag <= most);
    return lags.flatMap((lag) => {
      const { pairs, value } = alike[lag] ?? { pairs: 0, value: 0 };
      const around = Math.max(alike[lag - 1]?.value ?? 0, alike[lag + 1]?.value ?? 0);
      if (value < around * (options.usual.includes(lag) ? USUAL : 1)) return [];
      if (!isBeyondNoise({ pairs, value: value / Math.sqrt(spread(lag)) }, lag)) return [];
      // Each of them by itself: the third multiple of a third of a period is the period.
      const [once, twice] = [autocorrelation(wave, lag).value, autocorrelation(wave, 2 * lag).value];
      return once >= LASTING * value && twice >= LASTING * once ? [{ lag, value, doubt: 2 / Math.sqrt(pairs) }] : [];
    });
  });
}

/** The shortest strong one. */
function bestOf(peaks: readonly Peak[], bands: readonly Band[], usual: readonly number[]): number | undefined {
  const best = Math.max(...peaks.map(({ value }) => value));
  const shortest = peaks.find(({ doubt, value }) => value >= Math.min(NEARLY * best, best - doubt));
  return shortest && sharpen(bands, shortest.lag, usual);
}

/**
 * How much more than of white noise the autocorrelation strays if values resemble their neighbours: Bartlett's formula, 1 + 2 Σ r², over the lags up to a third of the one in question, as longer ones go with the level.
 * Taking the level away makes white noise resemble its neighbours: over the shortest widths, and for three multiples of the lag, that is 3.
 */
function spreadOf(wave: Wave, width: number): (lag: number) => number {
  const sums = [0];
  for (let lag = 1; lag <= width / NEAR; lag += 1) sums.push((sums[lag - 1] ?? 0) + autocorrelation(wave, lag).value ** 2);
  return (lag) => (lag <= 4 ? 3 : 1 + 2 * (sums[Math.floor(lag / NEAR)] ?? 0));
}

/** The lag nearby that is right for several periods on: one that is 1 off is 8 off after eight. */
function sharpen(bands: readonly Band[], lag: number, usual: readonly number[]): number {
  const band = bands.find(({ width }) => width >= lag);
  if (!band) return lag;
  const near = Math.max(1, Math.round(lag / 8));
  const least = Math.max(2, lag - near);
  const lags = Array.from({ length: lag + near - least + 1 }, (_, index) => least + index).filter(
    (each) => each <= longest(band.wave.values),
  );
  const values = lags.map((each) => pooled(band.wave, each, Math.min(8, Math.floor(band.wave.values.length / 2 / each))).value);
  const best = Math.max(...values);
  return lags.find((each, index) => usual.includes(each) && (values[index] ?? 0) >= USUAL * best) ?? lags[values.indexOf(best)] ?? lag;
}

/** Values less what is usual for their place in the period: the mean of what they are above their level, as a median would leave some of the period to be found again. */
function lessPeriod(values: Sparse, places: number): (number | undefined)[] {
  const byPhase = new Map<number, number[]>();
  for (const [index, value] of lessLevel(values, places).entries()) {
    if (value === undefined) continue;
    const phase = byPhase.get(index % places) ?? [];
    phase.push(value);
    byPhase.set(index % places, phase);
  }
  const usual = new Map([...byPhase].map(([phase, all]) => [phase, all.reduce((total, value) => total + value, 0) / all.length]));
  return values.map((value, index) => (value === undefined ? undefined : value - (usual.get(index % places) ?? 0)));
}

/** Values less a straight line through the medians of the first third and of the last (Tukey's resistant line), the far ones drawn near. */
function lessSlope(values: Sparse): (number | undefined)[] {
  const third = Math.floor(values.length / 3);
  const [early, late] = [middleOf(values.slice(0, third)), middleOf(values.slice(values.length - third))];
  const slope = early === undefined || late === undefined ? 0 : (late - early) / (values.length - third);
  const straight = values.map((value, index) => (value === undefined ? undefined : value - slope * index));
  const centre = middleOf(straight) ?? 0;
  const far = FAR.whole * robustScale(straight.filter((value) => value !== undefined));
  return straight.map((value) => (value === undefined ? undefined : Math.max(-far, Math.min(far, value - centre))));
}

/** What normal noise exceeds with a chance of no more than `chance`: the z at which Mills' bound on it, φ(z) / z, is that. */
function normalQuantile(chance: number): number {
  let z = 1;
  for (let step = 0; step < 50; step += 1) z = Math.sqrt(Math.max(1, -2 * Math.log(chance * z * Math.sqrt(2 * Math.PI))));
  return z;
}

function middleOf(values: Sparse): number | undefined {
  return median(values.filter((value) => value !== undefined));
}
