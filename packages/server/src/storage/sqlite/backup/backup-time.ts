/** Formats a time for a file name, in UTC and in order: `20261121T093000Z`. */
export function fileTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
