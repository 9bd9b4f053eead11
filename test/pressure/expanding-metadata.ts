import { LIMITS } from '@rollcall/protocol'

/**
 * Returns metadata of valid length whose searchable text is five hundred times as long: the path is
 * repeated for each element of the list. Its letters are among the slowest to convert to lower
 * case.
 *
 * @param seed distinguishes them from those of other agents
 */
export function expandingMetadata(seed: number | string): Record<string, unknown> {
  const path = `${seed}-`.padEnd(LIMITS.metadataCharacters / 2, 'ΠΑΘΟΣ.')
  const elements: number[] = []
  const metadata = { [path]: elements }
  // Two more characters for each: a digit and a comma.
  const free = LIMITS.metadataCharacters - JSON.stringify(metadata).length
  while (elements.length < free / 2) elements.push(elements.length % 10)
  return metadata
}
