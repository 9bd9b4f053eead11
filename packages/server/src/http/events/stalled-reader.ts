/** A reader of the change feed that does not take what waits for it. */
export class StalledReader extends Error {
  override readonly name = 'StalledReader'

  constructor(waiting: number) {
    super(`the reader is too slow: ${waiting} bytes wait for it`)
  }
}
