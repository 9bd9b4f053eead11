import { OPERATIONS } from '@rollcall/server'
import {
  CALLERS,
  type Caller,
  NEEDED,
  OPERATION_IDS,
  outcomeOf,
  PATTERN,
  REVOCABLE_CALLERS,
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
    'Source: `packages/server/test/access/support/security-matrix.ts`. `test/http/security-matrix.test.ts` tries every cell ' +
      'against running registries, on SQLite and on PostgreSQL, and fails for an operation without a row.',
    'Who may call what, in a registry with [access control](guides/security.md). In one without, any caller may do ' +
      `everything. A token with the scope \`agent\` has the pattern \`${PATTERN}\` here: *inside* is a call about an agent that ` +
      "it covers and that belongs to it or to nobody, *another's* about one that it covers and that belongs to another " +
      'principal, *outside* about one that it does not cover. *none* is a caller without a token if such callers may do ' +
      'nothing (`--anonymous none`), *anonymous reader* if they may read. *limited read* is a token that sees only the ' +
      'agents of the same pattern (`--reads`), so lists are without the others. Revoked and expired tokens were those of ' +
      'an admin. *jwt* and *certificate* are callers with a JSON Web Token or a client certificate for which a rule says ' +
      'the same as for the token of an agent.',
    '200: done. 401: the caller is not known, or must say who it is. 403: it is known, and may not. 404: it sees no ' +
      'such agent.',
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
    table(REVOCABLE_CALLERS, [
      REVOCABLE_CALLERS.map((caller) => streamAfterRevocation(caller) ?? 'none opens'),
    ]),
    'It ends within a second, on every node, with the event `closing`. The same holds when the token expires, or is ' +
      'removed from the token file, and when the JSON Web Token or the certificate of its caller expires.',
  ]
}

interface Column {
  readonly caller: Caller
  readonly target: Target
  readonly title: string
}

/** One for each caller; several if it matters for one whom a call is about. */
const COLUMNS: readonly Column[] = CALLERS.flatMap((caller): Column[] => {
  const outcomesFor = (target: Target) => WAYS.map((way) => outcomeOf(way, caller, target)).join()
  const alike = [...Map.groupBy(TARGETS, outcomesFor).values()]
  return alike.flatMap((targets) => {
    const names = targets.map(({ name }) => name).join(' or ')
    const title = alike.length > 1 ? `${caller}, ${names}` : caller
    return targets.slice(0, 1).map((target) => ({ caller, target, title }))
  })
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
