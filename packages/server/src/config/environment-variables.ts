import { SETTINGS } from './settings.ts'

/** Names and values, as `process.env` has them. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/** The variable that names the configuration file. */
const CONFIG_VARIABLE = 'ROLLCALL_CONFIG'
const KNOWN = [...SETTINGS.map(({ variable }) => variable), CONFIG_VARIABLE]

const PREFIX = 'ROLLCALL_'

/** Letters in which a misspelled name may differ from the right one; of a short one, which is soon met. */
const NEAR = 2
const NEAR_SHORT = 1
const SHORT = PREFIX.length + 5

/** What Kubernetes sets in every pod beside a service that is called `rollcall`. */
const SERVICE_LINK = /^ROLLCALL_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/

/**
 * Variables that look like one of ours with a slip of the pen, such as `ROLLCALL_PROT`: a wrong flag
 * is refused, too. Returns a sentence for each.
 */
export function misspelledVariables(environment: EnvironmentVariables): string[] {
  return unknownNames(environment).flatMap((name) => {
    const meant = nearest(name)
    return meant === undefined ? [] : [`${name} is not a setting: did you mean ${meant}?`]
  })
}

/**
 * Lists the variables that begin with `ROLLCALL_` and are none of the server's, nor like one of them.
 * Other programs may read them, so they are worth a remark and no refusal.
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
    .filter(({ known, distance }) => distance <= (known.length > SHORT ? NEAR : NEAR_SHORT))
    .sort((a, b) => a.distance - b.distance)
  return best?.known
}

/** Letters to insert, remove or replace, or neighbours to swap (Damerau, 1964). */
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
