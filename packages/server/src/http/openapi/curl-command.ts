import type { OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { EXAMPLE_AGENT_ID } from './example-agent.ts'
import { EXAMPLE_TOKEN_ID, EXAMPLES } from './operation-examples.ts'
import { EXAMPLE_WEBHOOK_ID } from './webhook-examples.ts'

/** The default origin of a registry. */
const ORIGIN = 'http://localhost:9000'

/** The values of parameters in a path. */
const PATH_VALUES: Readonly<Record<string, string>> = {
  '{agent_id}': EXAMPLE_AGENT_ID,
  '{token_id}': EXAMPLE_TOKEN_ID,
  '{webhook_id}': EXAMPLE_WEBHOOK_ID,
  '{identifier}': `urn:air:example.com:agent:${EXAMPLE_AGENT_ID}`,
  '{server_name}': `localhost.rollcall%2F${EXAMPLE_AGENT_ID}`,
  '{version}': 'latest',
}

function examplePath(path: string): string {
  return path.replaceAll(/\{\w+\}/g, (name) => PATH_VALUES[name] ?? name)
}

/** Returns an operation with its first example as a command line for a POSIX shell. */
export function curlCommand(operationId: OperationId): string {
  const { method, path } = OPERATIONS[operationId]
  const [example] = Object.values(EXAMPLES[operationId].request ?? {})
  const url = ORIGIN + examplePath(path)
  const command = ['curl', ...(method === 'GET' ? [] : ['-X', method]), url].join(' ')
  if (example === undefined) return command
  // No example contains a single quote.
  const body = `'${JSON.stringify(example.value, undefined, 2)}'`
  return `${command} \\\n  -H 'content-type: application/json' \\\n  -d ${body}`
}
