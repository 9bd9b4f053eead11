/** A reader of the change feed does not keep up. */
export class StalledReaderError extends Error {
  override readonly name = 'StalledReaderError'

  constructor(unsentBytes: number) {
    super(`the reader is too slow: ${unsentBytes} bytes are unsent`)
  }
}
