/** Tells the user one thing, on stderr: stdout belongs to the program that runs. */
export type Notify = (message: string) => void

/** Writes a notice as a line of its own, marked as ours. */
export const notify: Notify = (message) => {
  // One line each, whatever a foreign error message holds.
  process.stderr.write(`rollcall: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`)
}
