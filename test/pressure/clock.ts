/** Returns Unix milliseconds of a clock that does not step, comparable between processes. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
