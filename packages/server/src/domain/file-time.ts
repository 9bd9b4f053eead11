/** Formats a time for a file name: UTC, in whole seconds, and sorted by time: `20261121T093000Z`. */
export function toFileTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** Parses what {@link toFileTime} returns. Returns Unix milliseconds, or undefined for any other text. */
export function fromFileTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const unixMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(unixMs) ? undefined : unixMs
}
