import { OPERATIONS, type OperationId } from '../../operations/operations.ts'
import { EXAMPLE_AGENT_ID, EXAMPLES } from './operation-examples.ts'

/** Where a registry listens by default. */
const ORIGIN = 'http://localhost:9000'

/** Returns a call with the first of its examples, as a command line for a POSIX shell. */
export function curlCommand(operationId: OperationId): string {
  const { method, path } = OPERATIONS[operationId]
  const [example] = Object.values(EXAMPLES[operationId].request ?? {})
  const url = `${ORIGIN}${path.replace('{agent_id}', EXAMPLE_AGENT_ID)}`
  const command = ['curl', ...(method === 'GET' ? [] : ['-X', method]), url].join(' ')
  if (example === undefined) return command
  // No value of the examples holds a quote.
  const body = `'${JSON.stringify(example.value, undefined, 2)}'`
  return `${command} \\\n  -H 'content-type: application/json' \\\n  -d ${body}`
}
