import { OPERATIONS } from '@rollcall/server'
import {
  CALLERS,
  type Caller,
  NEEDED,
  OPERATION_IDS,
  outcomeOf,
  PATTERN,
  streamAfterRevocation,
  TARGETS,
  type Target,
  WAYS,
  type Way,
} from '../packages/server/test/access/support/security-matrix.ts'
import { anchor, code, table } from './http-reference/schema-words.ts'

/** Returns the parts of the page, as Markdown. */
export function securityMatrixPage(): string[] {
  const routes = WAYS.slice(0, OPERATION_IDS.length)
  const others = WAYS.slice(OPERATION_IDS.length)
  return [
    'Source: `packages/server/test/access/support/security-matrix.ts`. `operation-matrix.test.ts` beside it tries every cell ' +
      'against a running registry, and fails for an operation without a row.',
    'Who may call what, in a registry with [access control](guides/security.md). In one without, any caller may do ' +
      `everything. A token with the scope \`agent\` has the pattern \`${PATTERN}\` here: *inside* and *outside* are calls about ` +
      'an agent that it covers, and one that it does not. *none* is a caller without a token if such callers may do ' +
      'nothing (`--anonymous none`), *anonymous reader* if they may read. Revoked and expired tokens were those of an admin.',
    '200: done. 401: the caller is not known, or must say who it is. 403: it is known, and may not.',
    '## Operations',
    outcomes(['operation', 'needs'], routes, ({ operationId }) => {
      const call = callOf(operationId)
      return [`[${code(call)}](http.md#${anchor(call)})`, NEEDED[operationId]]
    }),
    '## Ways',
    'The same holds on every way to the registry. A batch of heartbeats is not refused as a whole: it renews what it may, ' +
      'and lists the others as `forbidden`.',
    outcomes(['way'], others, ({ name }) => [name]),
    '## A stream when its token is revoked',
    table(CALLERS, [CALLERS.map((caller) => streamAfterRevocation(caller) ?? 'none opens')]),
    'It ends within a second, on every node, with the event `closing`. The same holds when the token expires, or is ' +
      'removed from the token file.',
  ]
}

interface Column {
  readonly caller: Caller
  readonly target: Target
  readonly title: string
}

/** One for each caller; several if it matters for one whom a call is about. */
const COLUMNS: readonly Column[] = CALLERS.flatMap((caller): Column[] => {
  const differs = WAYS.some(
    (way) => new Set(TARGETS.map((target) => outcomeOf(way, caller, target))).size > 1,
  )
  if (differs) {
    return TARGETS.map((target) => ({ caller, target, title: `${caller}, ${target.name}` }))
  }
  return TARGETS.slice(0, 1).map((target) => ({ caller, target, title: caller }))
})

/** The outcome of some ways in every column. */
function outcomes(
  titles: readonly string[],
  ways: readonly Way[],
  headOf: (way: Way) => readonly string[],
): string {
  const rows = ways.map((way) => [
    ...headOf(way),
    ...COLUMNS.map(({ caller, target }) => String(outcomeOf(way, caller, target))),
  ])
  return table([...titles, ...COLUMNS.map(({ title }) => title)], rows)
}

function callOf(operationId: Way['operationId']): string {
  const { method, path } = OPERATIONS[operationId]
  return `${method} ${path}`
}
