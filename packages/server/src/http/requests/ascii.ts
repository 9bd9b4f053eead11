/** What neither a URL nor the name of a host contains. */
const OTHERS = /[^\x21-\x7e]/g

/**
 * Escapes what a client sent as part of a URL or as a host, for the log: Node reads each byte of it as a character, and
 * those from 0x80 to 0x9f control a terminal.
 */
export function asciiOf(text: string): string {
  return text.replaceAll(
    OTHERS,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
