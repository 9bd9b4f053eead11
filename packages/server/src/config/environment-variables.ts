import { SETTINGS } from './settings.ts'

/** Names and values, as in `process.env`. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/** The variable that names the configuration file. */
const CONFIG_VARIABLE = 'ROLLCALL_CONFIG'
/** Variables of clients, which `serve` may find as well. */
const CLIENT_VARIABLES = [
  ...['ROLLCALL_TOKEN', 'ROLLCALL_TOKEN_FILE'],
  ...['ROLLCALL_CA_FILE', 'ROLLCALL_CERT_FILE', 'ROLLCALL_KEY_FILE'],
]
const KNOWN = [...SETTINGS.map(({ variable }) => variable), CONFIG_VARIABLE, ...CLIENT_VARIABLES]

const PREFIX = 'ROLLCALL_'

/** Maximum edit distance of a misspelled name; less for short names, which are easily similar. */
const MAX_DISTANCE = 2
const MAX_DISTANCE_OF_SHORT = 1
const SHORT_LENGTH = PREFIX.length + 5

/** Variables that Kubernetes sets in every pod if there is a service named `rollcall`. */
const SERVICE_LINK = /^ROLLCALL_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/

/**
 * Finds variables that look like a misspelled setting, such as `ROLLCALL_PROT`: they are rejected, as a
 * wrong flag is. Returns a sentence for each.
 */
export function misspelledVariables(environment: EnvironmentVariables): string[] {
  return unknownNames(environment).flatMap((name) => {
    const suggestion = nearest(name)
    return suggestion === undefined ? [] : [`${name} is not a setting: did you mean ${suggestion}?`]
  })
}

/**
 * Lists the variables that begin with `ROLLCALL_` but neither are settings of the server nor resemble
 * one. Other programs may read them, so they deserve a warning but not an error.
 */
export function unknownVariables(environment: EnvironmentVariables): string[] {
  return unknownNames(environment).filter((name) => nearest(name) === undefined)
}

function unknownNames(environment: EnvironmentVariables): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && environment[name] !== '')
    .filter((name) => !KNOWN.includes(name) && !SERVICE_LINK.test(name))
    .sort()
}

function nearest(name: string): string | undefined {
  const [best] = KNOWN.map((known) => ({ known, distance: distanceBetween(name, known) }))
    .filter(({ known, distance }) => distance <= maxDistanceTo(known))
    .sort((a, b) => a.distance - b.distance)
  return best?.known
}

function maxDistanceTo(known: string): number {
  return known.length > SHORT_LENGTH ? MAX_DISTANCE : MAX_DISTANCE_OF_SHORT
}

/** Counts the letters to insert, remove or replace, or neighbours to swap (Damerau, 1964). */
function distanceBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  const distance = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    rows[row] = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const ways = [
        distance(row - 1, column) + 1,
        distance(row, column - 1) + 1,
        distance(row - 1, column - 1) + (isSame ? 0 : 1),
        ...(isSwapped ? [distance(row - 2, column - 2) + 1] : []),
      ]
      rows[row]?.push(Math.min(...ways))
    }
  }
  return distance(a.length, b.length)
}
