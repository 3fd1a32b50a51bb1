/** Waiting between attempts: exponential with jitter, so that many browsers do not come back at the same moment. */

const FIRST = 500;
const LONGEST = 15_000;

/** Milliseconds before attempt number `attempt` + 1; between half and all of 500 ms doubled at each failure, at most 15 s. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** (attempt - 1));
  return ceiling * (0.5 + 0.5 * random());
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
