/**
 * An agent that counts words: POST a text, get `{"words": 3, "counted_by": "words-1"}`.
 *
 * It tells the registry that it is there, whether it is busy, and when it leaves. Settings come from
 * the environment: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS.
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
/** A real agent would ask a model here; this one only takes its time. */
const WORK_MS = 300

let agent: AgentRegistryClient | undefined
let jobs = 0
let lastWord: Promise<void> = Promise.resolve()

/** Busy with at least one job, or ready for the next. */
function tellStatus(): void {
  // One word after the other, so that "ready" never overtakes the "busy" before it. Nobody waits for
  // them: an agent works on while the registry is away.
  lastWord = lastWord
    .then(() => agent?.setStatus(jobs > 0 ? 'busy' : 'ready'))
    .catch((error) => console.warn(`the registry did not hear my status: ${error.message}`))
}

async function work(request: IncomingMessage): Promise<object> {
  if (jobs++ === 0) tellStatus()
  try {
    const words = (await text(request)).split(/\s+/).filter(Boolean).length
    await pause(WORK_MS)
    return { words, counted_by: agentId }
  } finally {
    if (--jobs === 0) tellStatus()
  }
}

const server = createServer(async (request, response) => {
  try {
    const answer = JSON.stringify(await work(request))
    response.setHeader('content-type', 'application/json').end(answer)
  } catch {
    response.destroy() // whoever asked broke off in the middle of the text
  }
})

async function start(port: number): Promise<AgentRegistryClient> {
  // Listen first, then join: whoever is in the list can be called.
  await once(server.listen(port, host), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)

  // From here on the client beats for us, and registers again when the registry has forgotten us.
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

/** Leave first, then finish what is under way: nobody sends work to an agent that is going. */
async function stop(): Promise<void> {
  await agent?.close()
  await server[Symbol.asyncDispose]()
}

/** What `--check` does: one job from beginning to end, seen from outside. */
async function check(): Promise<void> {
  const self = await start(0)
  const seen = await self.get(agentId)
  assert(seen?.isAlive, 'after joining, the registry does not list the agent')
  // It is asked at the address that the registry gives to everybody.
  const answer = await fetch(seen.url, { method: 'POST', body: 'one two  three' })
  assert.deepEqual(await answer.json(), { words: 3, counted_by: agentId })
  await lastWord
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
