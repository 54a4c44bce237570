/** One figure over time. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** The most that it may rise, per hour. */
  readonly bound: number;
  /** Seconds since the start, and the figure then. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export interface Slope {
  /** Per hour. */
  readonly perHour: number;
  /** The standard error of the slope, per hour. */
  readonly error: number;
}

/** Fits a line to points by least squares. */
function fitSlope(points: Series['points']): Slope {
  const count = points.length;
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / count;
  const [middle, average] = [mean(([at]) => at), mean(([, value]) => value)];
  const spread = count * mean(([at]) => (at - middle) ** 2);
  const slope = (count * mean(([at, value]) => (at - middle) * (value - average))) / spread;
  const rest = points.reduce((sum, [at, value]) => sum + (value - average - slope * (at - middle)) ** 2, 0);
  return { perHour: slope * 3600, error: Math.sqrt(rest / Math.max(1, count - 2) / spread) * 3600 };
}

/**
 * The slope of the second half, when caches are full and code is compiled; and whether the figure rises: by more than
 * its bound, and by more than chance explains (two standard errors).
 */
export function judge({ points, bound }: Series): Slope & { readonly rises: boolean } {
  const slope = fitSlope(points.slice(Math.floor(points.length / 2)));
  return { ...slope, rises: slope.perHour > bound && slope.perHour > 2 * slope.error };
}
