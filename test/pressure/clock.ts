/** Unix milliseconds of a clock that does not step, so that processes can compare them. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
