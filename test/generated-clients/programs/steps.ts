export const [url = '', agentId = ''] = process.argv.slice(2)

/** Registration of the agent; `metadata` may be any JSON object. */
export const registration = {
  agent_id: agentId,
  agent_name: 'Researcher',
  host: '10.0.0.7',
  port: 8000,
  metadata: { region: 'eu-1', gpu: { count: 2 } },
}

/** Metadata of all agents by id: two others exist, without metadata and with a string. */
export const allMetadata = [null, registration.metadata, '{"a":1}']

/** Throws unless two values are equal as JSON. */
export function expectSame(actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value))
  if (is !== should) throw new Error(`${is} is not ${should}`)
}

export function done(step: string): void {
  console.log(step)
}
