/**
 * An agent that counts words: POST a text, get `{"words": 3, "counted_by": "words-1"}`.
 *
 * It joins the registry, reports whether it is busy, and deregisters on exit. Settings come from the
 * environment: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import { closeOnSignals } from '@rollcall/client/node'

const isCheck = process.argv.includes('--check')
const agentId = process.env.AGENT_ID ?? (isCheck ? `words-check-${process.pid}` : 'words-1')
const host = process.env.AGENT_HOST ?? '127.0.0.1'
/** Stands in for the time that a model would take. */
const WORK_MS = 300

let agent: AgentRegistryClient | undefined
let jobs = 0
let lastReport: Promise<void> = Promise.resolve()

/** Reports `busy` with at least one job, else `ready`. */
function reportStatus(): void {
  // Reports are sequential, so that "ready" never overtakes the "busy" before it. No job waits for
  // them: the agent keeps working while the registry is unreachable.
  lastReport = lastReport
    .then(() => agent?.setStatus(jobs > 0 ? 'busy' : 'ready'))
    .catch((error) => console.warn(`the status was not reported: ${error.message}`))
}

async function work(request: IncomingMessage): Promise<object> {
  if (jobs++ === 0) reportStatus()
  try {
    const words = (await text(request)).split(/\s+/).filter(Boolean).length
    await pause(WORK_MS)
    return { words, counted_by: agentId }
  } finally {
    if (--jobs === 0) reportStatus()
  }
}

const server = createServer(async (request, response) => {
  try {
    const body = JSON.stringify(await work(request))
    response.setHeader('content-type', 'application/json').end(body)
  } catch {
    response.destroy() // the client disconnected before the end of the text
  }
})

async function start(port: number): Promise<AgentRegistryClient> {
  // Listen first, then join, so that every listed agent accepts calls.
  await once(server.listen(port, host), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)

  // From here on, the client sends heartbeats, and registers again if the registry lost the agent.
  agent = await AgentRegistryClient.join({
    agentId,
    agentName: 'Word counter',
    host,
    port: address.port,
    ttlSeconds: Number(process.env.AGENT_TTL_SECONDS ?? 60),
    capabilities: ['word-count'],
    metadata: { language: 'TypeScript' },
    joinTimeoutMs: isCheck ? 2000 : undefined,
  })
  return agent
}

/** Deregisters first, so that no new work arrives, then completes the requests in flight. */
async function stop(): Promise<void> {
  await agent?.close()
  await server[Symbol.asyncDispose]()
}

/** Implements `--check`: one complete job, observed from outside. */
async function check(): Promise<void> {
  const self = await start(0)
  const seen = await self.get(agentId)
  assert(seen?.isAlive, 'after joining, the registry does not list the agent')
  // Calls the URL that the registry returns to every client.
  const response = await fetch(seen.url, { method: 'POST', body: 'one two  three' })
  assert.deepEqual(await response.json(), { words: 3, counted_by: agentId })
  await lastReport
  const story = (await self.history(agentId))?.map(({ reason }) => reason).join('; ')
  assert.match(story ?? '', /status ready -> busy.*status busy -> ready/)
  await stop()
  assert.equal(await self.get(agentId), undefined, 'after leaving, the registry still lists it')
  console.log('ok: joined, was busy, counted 3 words, was ready again, left')
}

if (isCheck) {
  await check().catch((error) => {
    console.error(`failed: ${error.message}`)
    process.exit(1)
  })
} else {
  const { registryUrl } = await start(Number(process.env.AGENT_PORT ?? 8000))
  closeOnSignals({ close: stop })
  console.log(`${agentId} has joined ${registryUrl}; Ctrl-C to leave`)
}
