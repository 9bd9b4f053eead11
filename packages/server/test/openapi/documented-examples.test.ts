import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import {
  AgentRegistryServer,
  OPERATIONS,
  type OperationId,
  openApiDocument,
} from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CURL, PATH_WITH_CURL } from '../../../../test/curl/curl-path.ts'
import { MINIMAL } from '../../src/http/openapi/example-agent.ts'
import { EXAMPLE_TOKEN_ID } from '../../src/http/openapi/operation-examples.ts'
import { EXAMPLE_RECEIVER, EXAMPLE_WEBHOOK_ID } from '../../src/http/openapi/webhook-examples.ts'
import { type TokenFileOnDisk, tokenFile } from '../access/support/token-file-on-disk.ts'
import { type OpenApiOperation, OpenApiReader } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))

/** Deregisters last, because the other examples show the agent; then it registers again, as an MCP server. */
const LAST: readonly OperationId[] = [
  'deregisterAgent',
  'mcpServers',
  'mcpServerVersions',
  'mcpServerVersion',
  'agentServerCard',
]
const IN_ORDER = (Object.keys(OPERATIONS) as OperationId[])
  .filter((id) => !LAST.includes(id))
  .concat(LAST)

/** Fields that differ between runs. */
const VARIABLE =
  /"(?:id|token|created_at|registered_at|updated_at|updatedAt|publishedAt|statusChangedAt|last_heartbeat|expires_at|since|at|checked_at|epoch|branch|position|secret|version|uptime_seconds)":(?:"[^"]*"|[\d.]+)/g
const fixed = (json: unknown) =>
  JSON.parse(JSON.stringify(json).replaceAll(VARIABLE, (found) => `${found.split(':', 1)}:0`))

const env = { ...process.env, PATH: PATH_WITH_CURL }

/** @throws Error if the status of the response is not 2xx, or there is no response */
async function run(command: string): Promise<string> {
  const options = `-sS --fail-with-body --max-time 10 -H 'Authorization: Bearer ${TOKEN}'`
  const strict = command
    .replace(/^curl/, `curl ${options}`)
    .replace(EXAMPLE_TOKEN_ID, tokenId)
    .replace(EXAMPLE_WEBHOOK_ID, webhookId)
    .replace(EXAMPLE_RECEIVER, receiverUrl)
  const { stdout } = await promisify(execFile)('sh', ['-c', strict], { env })
  return stdout.replaceAll(receiverUrl, EXAMPLE_RECEIVER)
}

const TOKEN = 'the-token-with-which-the-examples-are-sent'
/** Accepts no events. */
const receiver = createServer((_request, response) => response.writeHead(500).end())
let receiverUrl: string
let server: AgentRegistryServer
let file: TokenFileOnDisk
let url: string
beforeAll(async () => {
  file = await tokenFile(`alice admin * ${TOKEN}`)
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const options = { tokenFile: file.path, webhookNetworks: ['127.0.0.1'] }
  server = new AgentRegistryServer('memory:', options)
  url = await server.listen({ port: 0 })
})
afterAll(async () => {
  await server.close()
  receiver.close()
  await file[Symbol.asyncDispose]()
})

/** Registers the example agent as an MCP server. */
async function registerServer(): Promise<void> {
  const response = await fetch(`${url}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ ...MINIMAL, protocol: 'mcp' }),
  })
  expect(response.status).toBe(200)
}

/** The id of the token that an example has created. */
let tokenId = ''
/** The id of the webhook that an example has created. */
let webhookId = ''

function operation(
  operationId: string,
): OpenApiOperation & { 'x-codeSamples': { source: string }[] } {
  const found = reader.operations.find((each) => each.operationId === operationId)
  if (!found) throw new Error(`the document has no ${operationId}`)
  return Object.assign({ 'x-codeSamples': [] }, found)
}

describe(`the documented command line, run with ${CURL} against an initially empty registry, for`, () => {
  test.each(IN_ORDER)('%s returns the documented response', async (operationId) => {
    const { responses, ...rest } = operation(operationId)
    const [sample] = rest['x-codeSamples']
    const command = sample?.source.replace('http://localhost:9000', url) ?? ''
    expect(command).toContain(url)
    const response = (await run(command)).replaceAll(url, 'http://localhost:9000')
    if (operationId === 'deregisterAgent') await registerServer()
    if (operationId === 'createToken') tokenId = JSON.parse(response).id
    if (operationId === 'createWebhook') webhookId = JSON.parse(response).id
    const [[mediaType, content] = []] = Object.entries(responses['200']?.content ?? {})
    const example = Object.assign({ example: undefined }, content).example
    if (mediaType === 'text/plain') {
      for (const line of String(example).trim().split('\n')) expect(response).toContain(line)
    } else if (operationId === 'openApiDocument') {
      expect(JSON.parse(response)).toMatchObject({ openapi: '3.1.0', info: { title: 'Rollcall' } })
    } else {
      expect(fixed(JSON.parse(response))).toEqual(fixed(example))
    }
  })
})
