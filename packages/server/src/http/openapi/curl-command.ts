import type { OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { EXAMPLE_AGENT_ID } from './example-agent.ts'
import { EXAMPLE_TOKEN_ID, EXAMPLES } from './operation-examples.ts'
import { EXAMPLE_WEBHOOK_ID } from './webhook-examples.ts'

/** The default origin of a registry. */
const ORIGIN = 'http://localhost:9000'

/** Returns an operation with its first example as a command line for a POSIX shell. */
export function curlCommand(operationId: OperationId): string {
  const { method, path } = OPERATIONS[operationId]
  const [example] = Object.values(EXAMPLES[operationId].request ?? {})
  const url = `${ORIGIN}${path}`
    .replace('{agent_id}', EXAMPLE_AGENT_ID)
    .replace('{token_id}', EXAMPLE_TOKEN_ID)
    .replace('{webhook_id}', EXAMPLE_WEBHOOK_ID)
  const command = ['curl', ...(method === 'GET' ? [] : ['-X', method]), url].join(' ')
  if (example === undefined) return command
  // No example contains a single quote.
  const body = `'${JSON.stringify(example.value, undefined, 2)}'`
  return `${command} \\\n  -H 'content-type: application/json' \\\n  -d ${body}`
}
